"""How clients prove who they are; each is registered for exactly one method."""

from services.identity.api.client_authentication.methods import authenticate_client

__all__ = ["authenticate_client"]
