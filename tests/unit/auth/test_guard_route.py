from collections.abc import AsyncGenerator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from shared.auth import (
    CurrentSubject,
    InvalidAccessToken,
    InvalidToken,
    Reason,
    Subject,
    Verifier,
    authenticate,
    permit,
    requires,
    requires_any,
)
from shared.web.handlers import install_problems
from tests.support.tokens import Issuer, new_key

app = FastAPI()
install_problems(app, "http://localhost:8000")


@app.get("/me")
async def me(subject: CurrentSubject, request: Request) -> bool:
    return request.state.subject is subject


@app.post("/cases")
async def apply(subject: Annotated[Subject, requires("cases.apply")]) -> str:
    return subject.sub


@app.get("/both")
async def both(subject: Annotated[Subject, requires("cases.apply", "cases.handle")]) -> str:
    return subject.sub


@app.get("/either")
async def either(subject: Annotated[Subject, requires_any("cases.apply", "cases.handle")]) -> str:
    return subject.sub


async def lean(request: Request) -> Response:
    subject = await authenticate(request)
    permit(subject, "cases.apply")
    return PlainTextResponse(subject.sub)


app.add_route("/lean", lean)


@pytest.fixture
async def caller(verifier: Verifier) -> AsyncGenerator[httpx.AsyncClient]:
    app.state.verifier = verifier
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://cases") as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_good_token_opens_the_door(
    caller: httpx.AsyncClient, issuer: Issuer, scheme: str
) -> None:
    answer = await caller.get("/me", headers={"Authorization": f"{scheme} {issuer.token()}"})
    assert (answer.status_code, answer.json()) == (200, True)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic eDp5"}, {"Cookie": "token=x"}])
async def test_without_a_token_the_way_to_log_in_is_told(
    caller: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await caller.get("/me", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="tongban"'


async def test_a_token_in_the_query_is_not_looked_at(
    caller: httpx.AsyncClient, issuer: Issuer
) -> None:
    answer = await caller.get("/me", params={"access_token": issuer.token()})
    assert answer.status_code == 401


@pytest.mark.parametrize("changes", [{"aud": "elsewhere"}, {"exp": 1}, {"sub": 5}])
async def test_a_bad_token_is_answered_with_what_is_wrong(
    caller: httpx.AsyncClient, issuer: Issuer, changes: dict[str, Any]
) -> None:
    answer = await caller.get("/me", headers=bearer(issuer.token(**changes)))
    assert answer.status_code == 401
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith('Bearer realm="tongban", error="invalid_token", error_description=')
    assert answer.json()["type"] == "http://localhost:8000/problems/invalid-token"


async def test_the_reason_is_told_in_both_languages(
    caller: httpx.AsyncClient, issuer: Issuer
) -> None:
    headers = bearer(issuer.token(exp=1, iat=0))
    chinese = (await caller.get("/me", headers=headers)).json()
    english = (await caller.get("/me", headers={**headers, "Accept-Language": "en"})).json()
    assert (chinese["reason"], chinese["detail"]) == ("expired", "访问令牌已过期。")
    assert english["detail"] == "the token has expired"


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_problem(reason: Reason) -> None:
    problem = InvalidAccessToken(InvalidToken(reason, "why"))
    assert problem.extensions == {"reason": reason.value}


async def test_two_authorization_headers_are_refused(
    caller: httpx.AsyncClient, issuer: Issuer
) -> None:
    header = ("Authorization", f"Bearer {issuer.token()}")
    answer = await caller.get("/me", headers=[header, header])
    assert answer.status_code == 401
    assert "several" in answer.headers["www-authenticate"]


async def test_an_unknown_key_is_401_while_the_issuer_is_away(
    caller: httpx.AsyncClient, issuer: Issuer
) -> None:
    await caller.get("/me", headers=bearer(issuer.token()))
    issuer.down = True
    answer = await caller.get("/me", headers=bearer(issuer.token(key=new_key())))
    assert answer.status_code == 401


async def test_without_any_key_the_caller_is_asked_to_come_again(
    caller: httpx.AsyncClient, issuer: Issuer
) -> None:
    issuer.down = True
    answer = await caller.get("/me", headers=bearer(issuer.token()))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


@pytest.mark.parametrize(
    ("method", "path", "scope", "status"),
    [
        ("POST", "/cases", "cases.apply", 200),
        ("POST", "/cases", "cases.applyx cases", 403),
        ("POST", "/cases", None, 403),
        ("GET", "/both", "cases.apply cases.handle", 200),
        ("GET", "/both", "cases.apply", 403),
        ("GET", "/either", "cases.handle", 200),
        ("GET", "/either", "cases.read", 403),
        ("GET", "/lean", "cases.apply", 200),
        ("GET", "/lean", "cases.read", 403),
    ],
)
async def test_scopes_open_doors(
    caller: httpx.AsyncClient, issuer: Issuer, method: str, path: str, scope: str, status: int
) -> None:
    answer = await caller.request(method, path, headers=bearer(issuer.token(scope=scope)))
    assert answer.status_code == status


async def test_a_missing_scope_is_named(caller: httpx.AsyncClient, issuer: Issuer) -> None:
    answer = await caller.get("/both", headers=bearer(issuer.token(scope="cases.apply")))
    assert answer.headers["www-authenticate"] == (
        'Bearer realm="tongban", error="insufficient_scope", scope="cases.apply cases.handle"'
    )
    assert answer.json()["type"].endswith("/insufficient-scope")
    assert answer.json()["scope"] == "cases.apply cases.handle"


def test_the_document_tells_how_to_log_in_and_which_scope_is_needed() -> None:
    document = app.openapi()
    schemes = document["components"]["securitySchemes"]
    assert schemes["oidc"]["openIdConnectUrl"] == "/identity/.well-known/openid-configuration"
    assert (schemes["bearer"]["scheme"], schemes["bearer"]["bearerFormat"]) == ("bearer", "JWT")
    assert document["paths"]["/cases"]["post"]["security"] == [
        {"oidc": ["cases.apply"]},
        {"bearer": ["cases.apply"]},
    ]
