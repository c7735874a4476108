"""Tokens with which one service calls another: for itself, or on behalf of who is asking.

TokenError
├── TokenRefused       the token endpoint said no: the configuration or the subject's token
└── TokenUnavailable   no usable answer came: try again later
"""

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import dataclass

import httpx
from joserfc.jwk import ECKey

from shared import clock
from shared.auth.assertions import Proof, client_secret, private_key_jwt
from shared.auth.bearer import BearerAuth

_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a type's name
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"

Form = dict[str, str]


class TokenError(Exception):
    """No token could be had."""


class TokenRefused(TokenError):
    """The token endpoint refused; `error` is its OAuth code."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}" if description else error)
        self.error = error


class TokenUnavailable(TokenError):
    """The token endpoint did not give a usable answer."""


@dataclass(frozen=True, slots=True)
class _Issued:
    token: str
    use_until: float


class ServiceTokens:
    """A client's tokens, kept until shortly before their end; one request however many ask."""

    def __init__(
        self,
        token_endpoint: str,
        client_id: str,
        credential: ECKey | str,
        http: httpx.AsyncClient,
        *,
        issuer: str | None = None,
        margin: float = 30.0,
        kept: int = 1000,
    ) -> None:
        """`credential`: a private key, or the client's secret; `issuer`: whom the proof names."""
        self._endpoint = token_endpoint
        self._http = http
        self._margin = margin
        self._kept = kept
        self._issued: OrderedDict[bytes, _Issued] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[str]] = {}
        self._prove: Proof = (
            client_secret(client_id, credential)
            if isinstance(credential, str)
            else private_key_jwt(client_id, credential, issuer or token_endpoint)
        )

    async def token(self, audience: str, scope: str = "") -> str:
        """A token for the service itself (client credentials)."""
        return await self._obtain(_own(audience, scope))

    async def on_behalf(self, subject_token: str, audience: str, scope: str = "") -> str:
        """A token for whom `subject_token` names, with this service in `act` (RFC 8693)."""
        return await self._obtain(_exchange(subject_token, audience, scope))

    def auth(self, audience: str, scope: str = "") -> BearerAuth:
        """For an httpx client whose every call is the service's own."""
        form = _own(audience, scope)
        return BearerAuth(lambda: self._obtain(form), lambda refused: self._forget(form, refused))

    def auth_on_behalf(self, subject_token: str, audience: str, scope: str = "") -> BearerAuth:
        """For httpx calls that are made for who is asking."""
        form = _exchange(subject_token, audience, scope)
        return BearerAuth(lambda: self._obtain(form), lambda refused: self._forget(form, refused))

    async def close(self) -> None:
        """End the requests under way; the httpx client belongs to its owner."""
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    async def _obtain(self, form: Form) -> str:
        key = _key(form)
        issued = self._issued.get(key)
        if issued is not None and clock.now().timestamp() < issued.use_until:
            self._issued.move_to_end(key)
            return issued.token
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._request(key, form))
            self._asking[key] = task
            task.add_done_callback(lambda done: self._answered(key, done))
        # One caller that gives up must not take the request away from the others.
        return await asyncio.shield(task)

    def _forget(self, form: Form, refused: str) -> None:
        # Of many calls that were refused with one token, only the first takes it away.
        issued = self._issued.get(_key(form))
        if issued is not None and issued.token == refused:
            del self._issued[_key(form)]

    def _answered(self, key: bytes, task: asyncio.Task[str]) -> None:
        del self._asking[key]
        if not task.cancelled():
            task.exception()  # seen, also when everybody who waited has gone

    async def _request(self, key: bytes, form: Form) -> str:
        asked_at = clock.now().timestamp()
        sent = dict(form)
        credentials = self._prove(sent)
        try:
            answer = await self._http.post(
                self._endpoint,
                data=sent,
                auth=credentials if credentials is not None else httpx.USE_CLIENT_DEFAULT,
                headers={"Accept": "application/json"},
            )
        except httpx.HTTPError as error:
            raise TokenUnavailable(f"the token endpoint: {type(error).__name__}") from error
        token, life = _read(answer)
        # A short-lived token is still worth half its life.
        self._issued[key] = _Issued(token, asked_at + max(life - self._margin, life / 2))
        if len(self._issued) > self._kept:
            self._issued.popitem(last=False)
        return token


def _own(audience: str, scope: str) -> Form:
    return _given(
        grant_type="client_credentials", audience=audience, resource=audience, scope=scope
    )


def _exchange(subject_token: str, audience: str, scope: str) -> Form:
    return _given(
        grant_type=_EXCHANGE,
        subject_token=subject_token,
        subject_token_type=_ACCESS_TOKEN,
        requested_token_type=_ACCESS_TOKEN,
        audience=audience,
        resource=audience,
        scope=scope,
    )


def _given(**fields: str) -> Form:
    return {name: value for name, value in fields.items() if value}


def _key(form: Form) -> bytes:
    """A digest, so that no subject's token lies in the cache."""
    return hashlib.sha256("\n".join(f"{k}={v}" for k, v in form.items()).encode()).digest()


def _read(answer: httpx.Response) -> tuple[str, float]:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise TokenUnavailable(f"the token endpoint answered {answer.status_code} without JSON")
    if 400 <= answer.status_code < 500:  # noqa: PLR2004 - the class of HTTP statuses
        raise TokenRefused(str(body.get("error", "error")), str(body.get("error_description", "")))
    token, life = body.get("access_token"), body.get("expires_in")
    if answer.is_error or not isinstance(token, str) or not isinstance(life, int | float):
        raise TokenUnavailable(f"the token endpoint answered {answer.status_code} without a token")
    return token, float(life)
