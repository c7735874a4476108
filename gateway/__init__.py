"""The one door: every request from outside comes in here."""
