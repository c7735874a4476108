"""The SQL of cases."""
