"""Schema changes of identity, in order."""
