"""Dynamic client registration: behind an initial access token, within what it allows."""

from typing import Any

import httpx

from shared.auth import keys as key_files
from tests.support.identity import World

WEB = {"redirect_uris": ["https://app.example/cb"], "client_name": "某系统"}


async def test_a_client_registers_and_its_secret_is_shown_once(world: World) -> None:
    answer = await _register(world, WEB | {"scope": "openid cases.read ops.read"})
    assert answer.status_code == 201
    told = answer.json()
    assert told["token_endpoint_auth_method"] == "client_secret_basic"
    assert len(told["client_secret"]) >= 43
    assert told["scope"] == "cases.read openid"
    assert told["client_secret_expires_at"] == 0
    assert answer.headers["cache-control"] == "no-store"


async def test_a_machine_registers_with_its_key(world: World) -> None:
    told = (
        await _register(
            world,
            {
                "grant_types": ["client_credentials"],
                "response_types": [],
                "token_endpoint_auth_method": "private_key_jwt",
                "jwks": {"keys": [key_files.generate().as_dict(private=False)]},
            },
        )
    ).json()
    assert told["scope"] == "catalogue.read"
    assert "client_secret" not in told


async def test_without_an_initial_access_token_nobody_registers(world: World) -> None:
    async with world.http() as http:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
            answer = await http.post("/identity/register", json=WEB, headers=headers)
            assert answer.status_code == 401
            assert "client_id" not in answer.json()


async def test_unsafe_redirect_uris_are_refused(world: World) -> None:
    for uri in (
        "http://app.example/cb",
        "https://app.example/cb#x",
        "https://app.example/cb#",
        "https://user@app.example/cb",
        "https://*.example/cb",
        "https://app.example/../cb",
        "https://app.example\\cb",
        "https:///cb",
        "https://app.example:99999/cb",
        "javascript:alert(1)",
        "app.example/cb",
        "",
        "https://app.example/cb\n",
        "https://应用.example/cb",
    ):
        answer = await _register(world, WEB | {"redirect_uris": [uri]})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri"), uri


async def test_rubbish_is_refused_with_its_name(world: World) -> None:
    good = key_files.generate().as_dict(private=False)
    cases: list[dict[str, Any]] = [
        {"redirect_uris": []},
        {"redirect_uris": "https://app.example/cb"},
        {"redirect_uris": ["https://app.example/cb"] * 30},
        {"grant_types": ["password"]},
        {"grant_types": ["implicit"]},
        {"grant_types": []},
        {"grant_types": ["urn:ietf:params:oauth:grant-type:token-exchange"]},
        {"response_types": ["token"]},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://evil.example/k"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [good | {"d": "AA"}]}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [good | {"x": "AA"}]}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "RSA"}]}},
        {"token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]},
        {"application_type": "toaster"},
        {"client_name": 7},
        {"scope": ["openid"]},
    ]
    for wrong in cases:
        answer = await _register(world, WEB | wrong)
        assert answer.status_code == 400, wrong
        assert answer.json()["error"] in ("invalid_client_metadata", "invalid_redirect_uri"), wrong


async def test_a_body_that_is_no_object_is_refused(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.registration_token}"}
    async with world.http() as http:
        for body in (b"", b"[]", b"{", b"\xff", b"[" * 50_000, b'{"a":' * 20_000):
            answer = await http.post("/identity/register", content=body, headers=headers)
            assert answer.status_code == 400


async def _register(world: World, metadata: dict[str, Any]) -> httpx.Response:
    async with world.http() as http:
        return await http.post(
            "/identity/register",
            json=metadata,
            headers={"Authorization": f"Bearer {world.registration_token}"},
        )
