"""Tokens for calls between services, from a real token endpoint that checks what it gets."""

import asyncio
import base64
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared import clock
from shared.auth import ServiceTokens, TokenRefused, TokenUnavailable, keys

ENDPOINT = "http://identity/identity/token"
CASES = "http://localhost:8000/api/cases"


class Provider:
    """A token endpoint that hands out numbered tokens, and an API that wants the newest."""

    def __init__(self) -> None:
        self.key = keys.generate()
        self.forms: list[dict[str, Any]] = []
        self.basics: list[str | None] = []
        self.life: Any = 300
        self.failure: Response | None = None
        self.accepted: str | None = None
        self.calls = 0
        self.app = Starlette(
            routes=[
                Route("/identity/token", self.token, methods=["POST"]),
                Route("/api", self.api, methods=["GET", "POST"]),
            ]
        )

    async def token(self, request: Request) -> Response:
        self.forms.append(dict(await request.form()))
        self.basics.append(request.headers.get("authorization"))
        await asyncio.sleep(0)
        if self.failure is not None:
            return self.failure
        token = f"token-{len(self.forms)}"
        return JSONResponse({"access_token": token, "expires_in": self.life})

    async def api(self, request: Request) -> Response:
        self.calls += 1
        body = await request.body()
        good = request.headers.get("authorization") == f"Bearer {self.accepted}"
        return PlainTextResponse(body, 200 if good else 401)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def http(provider: Provider) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(provider.app)) as client:
        yield client


@pytest.fixture
def tokens(provider: Provider, http: httpx.AsyncClient) -> ServiceTokens:
    return ServiceTokens(ENDPOINT, "portal", provider.key, http)


async def test_a_service_proves_itself_with_its_key(
    provider: Provider, tokens: ServiceTokens
) -> None:
    assert await tokens.token(CASES, "cases.read") == "token-1"
    (form,) = provider.forms
    assert form["grant_type"] == "client_credentials"
    assert (form["audience"], form["resource"], form["scope"]) == (CASES, CASES, "cases.read")
    assert form["client_assertion_type"].endswith("client-assertion-type:jwt-bearer")
    claims = jwt.decode(form["client_assertion"], provider.key, algorithms=["ES256"]).claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("portal", "portal", ENDPOINT)
    assert claims["exp"] - claims["iat"] == 60


async def test_each_assertion_is_used_once(provider: Provider, tokens: ServiceTokens) -> None:
    await tokens.token(CASES)
    await tokens.token("http://localhost:8000/api/exchange")
    ids = [
        jwt.decode(form["client_assertion"], provider.key, algorithms=["ES256"]).claims["jti"]
        for form in provider.forms
    ]
    assert len(set(ids)) == 2


async def test_the_issuer_may_be_the_one_addressed(
    provider: Provider, http: httpx.AsyncClient
) -> None:
    tokens = ServiceTokens(ENDPOINT, "portal", provider.key, http, issuer="http://issuer")
    await tokens.token(CASES)
    assertion = provider.forms[0]["client_assertion"]
    assert (
        jwt.decode(assertion, provider.key, algorithms=["ES256"]).claims["aud"] == "http://issuer"
    )


async def test_a_secret_goes_into_the_header_encoded(
    provider: Provider, http: httpx.AsyncClient
) -> None:
    await ServiceTokens(ENDPOINT, "a b", "s:é", http).token(CASES)
    assert "client_assertion" not in provider.forms[0]
    sent = (provider.basics[0] or "").removeprefix("Basic ")
    assert base64.b64decode(sent) == b"a+b:s%3A%C3%A9"


async def test_many_who_ask_at_once_cause_one_request(
    provider: Provider, tokens: ServiceTokens
) -> None:
    got = await asyncio.gather(*(tokens.token(CASES) for _ in range(100)))
    assert set(got) == {"token-1"}
    assert len(provider.forms) == 1


async def test_a_token_is_kept_until_shortly_before_its_end(
    provider: Provider, tokens: ServiceTokens
) -> None:
    start = clock.now()
    with clock.at(start):
        await tokens.token(CASES)
    with clock.at(start + timedelta(seconds=269)):
        assert await tokens.token(CASES) == "token-1"
    with clock.at(start + timedelta(seconds=271)):
        assert await tokens.token(CASES) == "token-2"


async def test_a_very_short_token_is_used_for_half_its_life(
    provider: Provider, tokens: ServiceTokens
) -> None:
    provider.life = 10
    start = clock.now()
    with clock.at(start):
        await tokens.token(CASES)
        assert await tokens.token(CASES) == "token-1"
    with clock.at(start + timedelta(seconds=5)):
        assert await tokens.token(CASES) == "token-2"


async def test_other_audiences_and_scopes_are_other_tokens(tokens: ServiceTokens) -> None:
    first = await tokens.token(CASES, "cases.read")
    assert await tokens.token(CASES, "cases.handle") != first
    assert await tokens.token("http://localhost:8000/api/exchange", "cases.read") != first


async def test_on_behalf_of_a_person_the_token_is_exchanged(
    provider: Provider, tokens: ServiceTokens
) -> None:
    assert await tokens.on_behalf("theirs", CASES, "cases.apply") == "token-1"
    assert await tokens.on_behalf("theirs", CASES, "cases.apply") == "token-1"
    assert await tokens.on_behalf("another's", CASES, "cases.apply") == "token-2"
    form = provider.forms[0]
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange"
    assert form["subject_token"] == "theirs"
    assert form["subject_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
    assert (form["audience"], form["scope"]) == (CASES, "cases.apply")


async def test_the_number_of_kept_tokens_is_bounded(
    provider: Provider, http: httpx.AsyncClient
) -> None:
    tokens = ServiceTokens(ENDPOINT, "portal", provider.key, http, kept=2)
    for subject in ("a", "b", "c", "a"):
        await tokens.on_behalf(subject, CASES)
    assert len(provider.forms) == 4


async def test_a_refusal_is_told_and_not_kept(provider: Provider, tokens: ServiceTokens) -> None:
    provider.failure = JSONResponse(
        {"error": "invalid_scope", "error_description": "not yours"}, 400
    )
    with pytest.raises(TokenRefused, match="invalid_scope: not yours") as refusal:
        await tokens.token(CASES)
    assert refusal.value.error == "invalid_scope"
    provider.failure = None
    assert await tokens.token(CASES) == "token-2"


@pytest.mark.parametrize(
    "failure",
    [
        PlainTextResponse("<html>", 502),
        PlainTextResponse("<html>", 200),
        JSONResponse({"access_token": 5, "expires_in": 300}),
        JSONResponse({"access_token": "x"}),
        JSONResponse({"access_token": "x", "expires_in": 300}, 500),
        JSONResponse(["x"]),
    ],
)
async def test_an_answer_that_is_none_means_try_again(
    provider: Provider, tokens: ServiceTokens, failure: Response
) -> None:
    provider.failure = failure
    with pytest.raises(TokenUnavailable, match="token endpoint"):
        await tokens.token(CASES)


async def test_an_endpoint_that_is_away_means_try_again() -> None:
    async with httpx.AsyncClient(timeout=1) as client:
        tokens = ServiceTokens("http://127.0.0.1:9/token", "portal", "secret", client)
        with pytest.raises(TokenUnavailable, match="ConnectError"):
            await tokens.token(CASES)


async def test_a_client_of_a_service_sends_the_token(
    provider: Provider, tokens: ServiceTokens, http: httpx.AsyncClient
) -> None:
    provider.accepted = "token-1"
    assert (await http.get("http://cases/api", auth=tokens.auth(CASES))).status_code == 200
    provider.accepted = "token-2"
    behalf = tokens.auth_on_behalf("theirs", CASES)
    assert (await http.get("http://cases/api", auth=behalf)).status_code == 200


async def test_a_refused_token_is_replaced_once(
    provider: Provider, tokens: ServiceTokens, http: httpx.AsyncClient
) -> None:
    await tokens.token(CASES)
    provider.accepted = "token-2"
    calls = [http.post("http://cases/api", json=1, auth=tokens.auth(CASES)) for _ in range(20)]
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.text for answer in answers} == {"1"}
    assert len(provider.forms) == 2


async def test_a_lasting_refusal_is_passed_on(
    provider: Provider, tokens: ServiceTokens, http: httpx.AsyncClient
) -> None:
    answer = await http.get("http://cases/api", auth=tokens.auth(CASES))
    assert (answer.status_code, provider.calls) == (401, 2)


async def test_a_streamed_body_is_not_sent_twice(
    provider: Provider, tokens: ServiceTokens, http: httpx.AsyncClient
) -> None:
    async def body() -> AsyncGenerator[bytes]:
        yield b"x"

    answer = await http.post("http://cases/api", content=body(), auth=tokens.auth(CASES))
    assert (answer.status_code, provider.calls) == (401, 1)


async def test_one_who_gives_up_does_not_end_the_request_of_the_others(
    provider: Provider, tokens: ServiceTokens
) -> None:
    first = asyncio.create_task(tokens.token(CASES))
    second = asyncio.create_task(tokens.token(CASES))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "token-1"


async def test_closing_ends_the_requests_under_way(tokens: ServiceTokens) -> None:
    asking = asyncio.create_task(tokens.token(CASES))
    await asyncio.sleep(0)
    await tokens.close()
    with pytest.raises(asyncio.CancelledError):
        await asking
