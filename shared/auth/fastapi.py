"""Authentication of a request, for FastAPI dependencies and for plain Starlette routes.

    HTTPException
    ├── Unauthenticated     401, or 503 while no signing key could be fetched
    └── InsufficientScope   403

Each carries the challenge of RFC 6750; the web layer renders them like every other error.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Security
from fastapi.security import HTTPBearer, OpenIdConnect, SecurityScopes
from starlette.exceptions import HTTPException
from starlette.requests import Request

from shared.auth.errors import InvalidToken, KeysUnavailable, Reason
from shared.auth.subject import Subject
from shared.auth.verifier import Verifier

_REALM = 'Bearer realm="tongban"'

_oidc = OpenIdConnect(
    scheme_name="oidc",
    openIdConnectUrl="/identity/.well-known/openid-configuration",
    description="Log in with OpenID Connect (code + PKCE), or as a system (client credentials).",
    auto_error=False,
)
_bearer = HTTPBearer(
    scheme_name="bearer",
    bearerFormat="JWT",
    description="An access token (at+jwt, ES256) whose audience is this API.",
    auto_error=False,
)


class Unauthenticated(HTTPException):
    """The request brings no token that holds; `reason` is None when it brings none at all."""

    def __init__(self, refusal: InvalidToken | None = None) -> None:
        self.reason: Reason | None = refusal.reason if refusal else None
        if isinstance(refusal, KeysUnavailable):
            super().__init__(503, refusal.detail, {"Retry-After": "2"})
            return
        detail = refusal.detail if refusal else "send an access token as a bearer token"
        error = f', error="invalid_token", error_description="{detail}"' if refusal else ""
        super().__init__(401, detail, {"WWW-Authenticate": _REALM + error})


class InsufficientScope(HTTPException):
    """The token holds, and does not open this door."""

    def __init__(self, needed: str) -> None:
        self.needed = needed
        challenge = f'{_REALM}, error="insufficient_scope", scope="{needed}"'
        super().__init__(
            403, f"insufficient_scope: needs {needed}", {"WWW-Authenticate": challenge}
        )


async def authenticate(request: Request) -> Subject:
    """The subject of the request's bearer token, which `app.state.verifier` must accept."""
    verifier: Verifier = request.app.state.verifier
    try:
        subject = await verifier.verify(_token(request))
    except InvalidToken as refusal:
        raise Unauthenticated(refusal) from refusal
    request.state.subject = subject
    return subject


def permit(subject: Subject, *scopes: str) -> None:
    """Raise InsufficientScope unless the token has all these scopes."""
    if not subject.scopes.issuperset(scopes):
        raise InsufficientScope(" ".join(scopes))


async def current_subject(
    request: Request,
    scopes: SecurityScopes,
    _by_login: Annotated[str | None, Depends(_oidc)],
    _by_bearer: Annotated[Any, Depends(_bearer)],
) -> Subject:
    """Who is asking; the two schemes only tell the OpenAPI document how to log in."""
    subject = await authenticate(request)
    permit(subject, *scopes.scopes)
    return subject


CurrentSubject = Annotated[Subject, Depends(current_subject)]


def requires(*scopes: str) -> Any:
    """`Annotated[Subject, requires("cases.apply")]`: a subject whose token has all these scopes."""
    return Security(current_subject, scopes=list(scopes))


def requires_any(*scopes: str) -> Any:
    """`Annotated[Subject, requires_any(…)]`: one of these scopes is enough."""
    return Depends(_any_of(frozenset(scopes)))


def _any_of(scopes: frozenset[str]) -> Callable[[Subject], Awaitable[Subject]]:
    async def subject_with_one(subject: CurrentSubject) -> Subject:
        if subject.scopes.isdisjoint(scopes):
            raise InsufficientScope(" ".join(sorted(scopes)))
        return subject

    return subject_with_one


def _token(request: Request) -> str:
    given = request.headers.getlist("authorization")
    if not given:
        raise Unauthenticated
    if len(given) > 1:
        raise InvalidToken(Reason.MALFORMED, "send one Authorization header, not several")
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated
    return token.strip()
