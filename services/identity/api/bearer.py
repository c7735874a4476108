"""A bearer token in the Authorization header, and nowhere else (RFC 6750)."""

from starlette.requests import Request

from services.identity.domain.oauth import InvalidRequest, InvalidToken


def bearer_token(request: Request) -> str:
    """The token; a token in the query or in the body is never looked at."""
    given = request.headers.getlist("authorization")
    if len(given) > 1:
        raise InvalidRequest("send one Authorization header, not several")
    scheme, _, token = (given[0] if given else "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken("send an access token as a bearer token")
    return token.strip()
