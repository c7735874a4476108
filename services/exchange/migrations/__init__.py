"""The schema of exchange, step by step."""
