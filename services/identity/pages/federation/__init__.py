"""Logging in by an upstream provider: the pages on the way there and back."""
