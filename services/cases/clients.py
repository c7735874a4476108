"""What cases asks of others: item versions, who the applicant is, and authoritative values.

Unreachable     the other side gave no usable answer; the caller says what that means
├── NoSuchThing it answered that there is none
└── NotPermitted it answered that we may not
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

from shared.auth.service_tokens import ServiceTokens, TokenError

CATALOGUE_SECONDS = 3.0
IDENTITY_SECONDS = 1.0
EXCHANGE_SECONDS = 2.0
PERSON_FIELDS = ("name", "id_number", "phone")
_REFUSALS = frozenset({401, 403})


class Unreachable(Exception):
    """The other side gave no usable answer."""


class NoSuchThing(Unreachable):
    """The other side knows of no such thing."""


class NotPermitted(Unreachable):
    """The other side does not let us."""


class ItemSummary(BaseModel):
    """What we read of an item's present state."""

    code: str
    status: str
    version: int
    effective: date | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """Values of a department's source, and the call that gave them."""

    values: dict[str, Any]
    resource: str
    call: str
    as_of: str


class Catalogue:
    """The catalogue's public API."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def item(self, code: str) -> ItemSummary:
        """The item's present version and status; `code` is any of its codes."""
        answer = await _get(self._http, f"/v1/items/{code}", CATALOGUE_SECONDS)
        try:
            return ItemSummary.model_validate(answer)
        except ValidationError as error:
            raise Unreachable(f"the catalogue's answer is not understood: {error}") from error

    async def version(self, code: str, version: int) -> dict[str, Any]:
        """The text of one immutable version, with the name of its department."""
        path = f"/v1/items/{code}/versions/{version}"
        answer = await _get(self._http, path, CATALOGUE_SECONDS)
        item = answer.get("item")
        if not isinstance(item, dict):
            raise Unreachable("the catalogue's answer has no item")
        department = await self._department(str(item.get("department", "")))
        return {**item, "department": department}

    async def _department(self, code: str) -> dict[str, str]:
        try:
            answer = await _get(self._http, f"/v1/departments/{code}", CATALOGUE_SECONDS)
        except NoSuchThing:
            return {"code": code, "name": ""}
        return {"code": code, "name": str(answer.get("name", ""))}


class Identity:
    """Who a person or an organisation is, asked for a case and logged there."""

    def __init__(self, http: httpx.AsyncClient, auth: Callable[[], httpx.Auth | None]) -> None:
        """`auth` gives the service's own token."""
        self._http = http
        self._auth = auth

    async def party(self, kind: str, party_id: str, number: str) -> dict[str, Any]:
        """What identity knows of the applicant, for this case: flat, under the prefill's names."""
        if kind == "org":
            path = f"/v1/organisations/{party_id}"
            answer = await _get(self._http, path, IDENTITY_SECONDS, auth=self._auth())
            return {"org_name": answer.get("name"), "org_code": answer.get("code")}
        purpose = {"purpose": "case", "case": number}
        asked = httpx.QueryParams({**purpose, "fields": PERSON_FIELDS})
        path = f"/v1/people/{party_id}"
        answer = await _get(self._http, path, IDENTITY_SECONDS, asked, self._auth())
        fields = answer.get("fields")
        if not isinstance(fields, dict):
            raise Unreachable("identity's answer has no fields")
        return {name: fields.get(name) for name in PERSON_FIELDS}


class Exchange:
    """Authoritative values of other departments, asked on behalf of the applicant."""

    def __init__(
        self, http: httpx.AsyncClient, tokens: Callable[[], ServiceTokens], audience: str
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._audience = audience

    async def query(
        self, token: str, resource: str, *, key: Mapping[str, str], item: str, case: str,
        fields: list[str],
    ) -> Answered:  # fmt: skip
        """Ask a resource with a token that acts for the person of `token`."""
        asked = {"key": key, "purpose": "case", "case": case, "item": item, "fields": fields}
        try:
            acting = await self._tokens().on_behalf(token, self._audience, "exchange.query")
            answer = await self._http.post(
                f"/v1/resources/{resource.replace('/', '.')}/query",
                json=asked,
                headers={"Authorization": f"Bearer {acting}"},
                timeout=EXCHANGE_SECONDS,
            )
        except (httpx.HTTPError, TokenError) as error:
            raise Unreachable(f"exchange: {error!r}") from error
        body = _read(answer)
        try:
            source = body["source"]
            return Answered(dict(body["values"]), resource, source["call"], source["as_of"])
        except (KeyError, TypeError) as error:
            raise Unreachable(f"exchange's answer is not understood: {error!r}") from error


async def _get(
    http: httpx.AsyncClient,
    path: str,
    seconds: float,
    params: httpx.QueryParams | None = None,
    auth: httpx.Auth | None = None,
) -> dict[str, Any]:
    try:
        answer = await http.get(path, params=params, timeout=seconds, auth=auth)
    except (httpx.HTTPError, TokenError) as error:
        raise Unreachable(f"{path}: {error!r}") from error
    return _read(answer)


def _read(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise NoSuchThing(answer.text[:200])
    if answer.status_code in _REFUSALS:
        raise NotPermitted(answer.text[:200])
    if not answer.is_success:
        raise Unreachable(f"{answer.status_code}: {answer.text[:200]}")
    try:
        body = answer.json()
    except ValueError as error:
        raise Unreachable("the answer is not JSON") from error
    if not isinstance(body, dict):
        raise Unreachable("the answer is not a JSON object")
    return body
