"""A token in the Authorization header, and nowhere else (RFC 6750; RFC 9449, section 7)."""

from starlette.requests import Request

from services.identity.domain.oauth import InvalidRequest, InvalidToken
from shared.auth.possession import BEARER, DPOP


def bearer_token(request: Request) -> str:
    """A token that is bound to nothing; one in the query or in the body is never looked at."""
    scheme, token = presented_token(request)
    if scheme != BEARER:
        raise InvalidToken("send an access token as a bearer token")
    return token


def presented_token(request: Request) -> tuple[str, str]:
    """The scheme, `bearer` or `dpop`, and the token."""
    given = request.headers.getlist("authorization")
    if len(given) > 1:
        raise InvalidRequest("send one Authorization header, not several")
    scheme, _, token = (given[0] if given else "").partition(" ")
    if scheme.lower() not in (BEARER, DPOP) or not token.strip():
        raise InvalidToken("send an access token as a bearer token")
    return scheme.lower(), token.strip()
