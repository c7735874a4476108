"""Authorization responses: always with `iss` (RFC 9207), against mix-up."""

from urllib.parse import urlencode

from services.identity.domain.oauth import OAuthError


def success_location(redirect_uri: str, code: str, state: str | None, issuer: str) -> str:
    """Where the browser goes with the code."""
    return _with(redirect_uri, {"code": code, "state": state, "iss": issuer})


def error_location(redirect_uri: str, error: OAuthError, state: str | None, issuer: str) -> str:
    """Where the browser goes with the error: only ever a registered URI."""
    told = {"error": error.error, "error_description": error.description}
    return _with(redirect_uri, {**told, "state": state, "iss": issuer})


def _with(uri: str, parameters: dict[str, str | None]) -> str:
    """Parameters that the URI already has are kept."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(given)}"
