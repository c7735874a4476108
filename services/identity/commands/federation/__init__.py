"""Logging in by an upstream provider: the way there, the way back, and whose account it is."""
