"""One call through the gateway.

Trouble
├── Away        no usable answer: the service is down, slow, or keeps failing
└── Refused     the service answered with a problem: its status, slug and words are kept
    └── NotThere  404
TokenRefused    401: the login that the call was made with may be over
"""

from collections.abc import Callable, Mapping
from typing import Any

import httpx

Json = dict[str, Any]
MakeClient = Callable[[], httpx.AsyncClient]

_SERVER_ERROR = 500
_NOT_FOUND = 404


class Trouble(Exception):
    """The call did not give what was asked."""


class Away(Trouble):
    """No usable answer came."""


class Refused(Trouble):
    """The service said no, and why."""

    def __init__(self, status: int, problem: Json) -> None:
        super().__init__(f"{status} {problem.get('type', '')}")
        self.status = status
        self.problem = problem

    @property
    def slug(self) -> str:
        """The last part of the problem's type."""
        return str(self.problem.get("type", "")).rpartition("/")[2]

    @property
    def words(self) -> str:
        """What the service says to people."""
        return str(self.problem.get("detail") or self.problem.get("title") or "")

    @property
    def remedy(self) -> str:
        """What the service says can be done."""
        return str(self.problem.get("remedy") or "")


class TokenRefused(Exception):
    """The person's token was refused: no part is away, his login may be over."""


class NotThere(Refused):
    """There is no such thing, or the person may not know of it."""


class Service:
    """A service behind the gateway; its breaker is its own, so one that is down hides no other."""

    prefix = ""

    def __init__(self, make: MakeClient) -> None:
        self._http = make()

    async def ask(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        language: str = "zh",
        params: Mapping[str, str | int | None] | None = None,
        json: Any = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Json:
        """Call, and give the JSON object of the answer."""
        sent = {"Accept-Language": language, "Accept": "application/json"}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        sent |= {name: value for name, value in (headers or {}).items() if value}
        given = {name: value for name, value in (params or {}).items() if value not in (None, "")}
        try:
            return await send(
                self._http, method, f"/api/{self.prefix}/v1{path}", params=given, json=json,
                headers=sent,
            )  # fmt: skip
        except Refused as refused:
            if refused.status == httpx.codes.UNAUTHORIZED and token:
                raise TokenRefused(f"{path}: {refused}") from refused
            raise


async def send(http: httpx.AsyncClient, method: str, url: str, **request: Any) -> Json:
    """One request; its failures become Trouble."""
    try:
        answer = await http.request(method, url, **request)
    except (httpx.HTTPError, OSError) as error:
        raise Away(f"{url}: {error!r}") from error
    body = _object(answer)
    if answer.is_success and body is not None:
        return body
    if answer.is_success and answer.status_code == httpx.codes.NO_CONTENT:
        return {}
    if body is None or answer.status_code >= _SERVER_ERROR:
        raise _away(url, answer, body)
    kind = NotThere if answer.status_code == _NOT_FOUND else Refused
    raise kind(answer.status_code, body)


def _away(url: str, answer: httpx.Response, body: Json | None) -> Away:
    return Away(f"{url}: {answer.status_code} {(body or {}).get('type', '')}".strip())


def _object(answer: httpx.Response) -> Json | None:
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
