"""What a login with help at a window opens: the matter at hand, and nothing of the account."""

from dataclasses import replace

from services.identity.domain.grants import AuthorizationRequest
from services.identity.domain.oauth import AccessDenied
from services.identity.domain.scopes import homes

_OPENED = frozenset(
    {"openid", "profile", "catalogue.read", "cases.apply", "cases.read", "exchange.query"}
)


def only_the_matter(request: AuthorizationRequest, base: str) -> AuthorizationRequest:
    """The request with those scopes alone; a desk is never opened."""
    if request.for_the_desk:
        raise AccessDenied("a login with help at a window is not for the desk")
    scopes = request.scopes & _OPENED
    kept = {f"{base}/api/{service}" for service in homes(scopes)}
    audience = tuple(one for one in request.audience if one in kept)
    return replace(request, scopes=scopes, audience=audience)
