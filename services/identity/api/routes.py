"""The addresses of the protocol: plain Starlette routes, for they are the hot ones."""

from starlette.routing import Route

from services.identity.api.answers import Endpoint, answering
from services.identity.api.authorization import authorization, cancel, resume
from services.identity.api.device_authorization import device_authorization
from services.identity.api.discovery import discovery
from services.identity.api.end_session import end_session
from services.identity.api.federation import logout_told
from services.identity.api.introspection import introspection
from services.identity.api.jwks import jwks
from services.identity.api.pushed_authorization import pushed_authorization
from services.identity.api.registration import registration
from services.identity.api.revocation import revocation
from services.identity.api.token import token
from services.identity.api.userinfo import userinfo


def hot_endpoints() -> dict[str, Endpoint]:
    """What machines call all the time."""
    return {
        "/identity/token": answering(token),
        "/identity/introspect": answering(introspection),
        "/identity/revoke": answering(revocation),
    }


def protocol_routes() -> list[Route]:
    """Discovery says where each of them is."""
    return [
        *(Route(path, endpoint, methods=["POST"]) for path, endpoint in hot_endpoints().items()),
        Route("/identity/device_authorization", answering(device_authorization), methods=["POST"]),
        Route("/identity/userinfo", answering(userinfo), methods=["GET", "POST"]),
        Route("/identity/jwks", jwks, methods=["GET"]),
        Route("/identity/register", answering(registration), methods=["POST"]),
        Route("/identity/authorize", authorization, methods=["GET", "POST"]),
        Route("/identity/authorize/{id}", resume, methods=["GET"]),
        Route("/identity/cancel/{id}", cancel, methods=["GET"]),
        Route("/identity/par", answering(pushed_authorization), methods=["POST"]),
        Route("/identity/end_session", end_session, methods=["GET", "POST"]),
        Route("/identity/federation/{code}/logout", answering(logout_told), methods=["POST"]),
        Route("/identity/.well-known/openid-configuration", discovery, methods=["GET"]),
        Route("/.well-known/oauth-authorization-server/identity", discovery, methods=["GET"]),
    ]
