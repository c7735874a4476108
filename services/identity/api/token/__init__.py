"""The token endpoint: one file per grant."""

from services.identity.api.token.endpoint import token

__all__ = ["token"]
