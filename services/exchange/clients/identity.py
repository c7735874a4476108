"""Identity, asked for the number under which departments know a person or an organisation."""

from collections.abc import Callable

import httpx

from services.exchange.domain import Party
from shared.auth import ServiceTokens, TokenError

_SECONDS = 2.0
_SCOPE = "identity.manage"
_KEYS = {"person": ("people", "id_number"), "organisation": ("organisations", "code")}


class IdentityUnavailable(Exception):
    """Identity gave no usable answer; the message names no person."""


class Identity:
    """Identity's API for services, called with the service's own token."""

    def __init__(
        self, http: httpx.AsyncClient, tokens: Callable[[], ServiceTokens], audience: str
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._audience = audience

    async def key_of(self, party: Party, case: str | None) -> str | None:
        """The identity number, or the organisation's code; None when identity knows nobody."""
        folder, field = _KEYS[party.type]
        asked = {"purpose": "exchange", "fields": field} | ({"case": case} if case else {})
        try:
            answer = await self._http.get(
                f"/v1/{folder}/{party.id}",
                params=asked,
                auth=self._tokens().auth(self._audience, _SCOPE),
                timeout=_SECONDS,
            )
        except (httpx.HTTPError, TokenError) as error:
            raise IdentityUnavailable(type(error).__name__) from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return _read(answer, party, field)


def _read(answer: httpx.Response, party: Party, field: str) -> str | None:
    if not answer.is_success:
        raise IdentityUnavailable(f"it answered {answer.status_code}")
    try:
        body = answer.json()
    except ValueError as error:
        raise IdentityUnavailable("its answer is not JSON") from error
    # A person's fields are those that were asked for; an organisation's are public and plain.
    known = body.get("fields") if party.type == "person" and isinstance(body, dict) else body
    if not isinstance(known, dict) or field not in known:
        raise IdentityUnavailable(f"its answer has no {field}")
    value = known[field]
    if value is not None and not isinstance(value, str):
        raise IdentityUnavailable(f"its {field} is not text")
    return value or None
