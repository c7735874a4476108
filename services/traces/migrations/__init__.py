"""The schema of traces, step by step."""
