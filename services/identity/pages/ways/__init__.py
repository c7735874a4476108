"""The ways to log in, one file per way; each adds itself to the login page."""
