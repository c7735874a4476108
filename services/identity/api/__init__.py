"""HTTP in: one file per endpoint of the protocol, and the API under /v1."""
