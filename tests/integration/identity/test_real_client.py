"""A client that others wrote (Authlib), over real HTTP against a real server."""

import asyncio
import re
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from authlib.integrations.httpx_client import (  # type: ignore[import-untyped]
    AsyncOAuth2Client,
)
from authlib.oauth2.rfc7523 import PrivateKeyJWT  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.support.identity import PASSWORD, World, claims, running_identity


@pytest.fixture
async def served(tmp_path: Path) -> AsyncGenerator[World]:
    """Identity on a port of its own, so that every address in its metadata can be reached."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with running_identity(tmp_path, PUBLIC_BASE=base) as world, _serving(world, taken):
            yield world


@pytest.fixture
async def metadata(served: World) -> dict[str, Any]:
    async with httpx.AsyncClient() as http:
        address = f"{served.provider.settings.issuer}/.well-known/openid-configuration"
        found: dict[str, Any] = (await http.get(address)).json()
    return found


async def test_it_registers_logs_in_refreshes_and_reads_userinfo(
    served: World, metadata: dict[str, Any]
) -> None:
    callback = "http://127.0.0.1:1/cb"
    async with httpx.AsyncClient() as http:
        registered = await http.post(
            metadata["registration_endpoint"],
            json={
                "redirect_uris": [callback],
                "grant_types": ["authorization_code", "refresh_token"],
            },
            headers={"Authorization": f"Bearer {served.registration_token}"},
        )
    known = registered.json()
    async with AsyncOAuth2Client(
        known["client_id"],
        known["client_secret"],
        scope="openid profile",
        redirect_uri=callback,
        code_challenge_method="S256",
        token_endpoint=metadata["token_endpoint"],
    ) as client:
        verifier = "v" * 64
        address, state = client.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=verifier, nonce="n-1"
        )
        back = await _log_in(address)
        assert parse_qs(urlsplit(back).query)["state"] == [state]
        assert parse_qs(urlsplit(back).query)["iss"] == [metadata["issuer"]]
        token = await client.fetch_token(authorization_response=back, code_verifier=verifier)
        await _check_id_token(token["id_token"], metadata, known["client_id"])
        told = (await client.get(metadata["userinfo_endpoint"])).json()
        assert told == {"sub": claims(token["id_token"])["sub"], "name": "张**"}
        assert told["sub"] != served.person("citizen")
        renewed = await client.refresh_token(metadata["token_endpoint"])
        assert renewed["refresh_token"] != token["refresh_token"]
        assert (await client.get(metadata["userinfo_endpoint"])).status_code == 200


async def test_a_service_authenticates_with_its_key(
    served: World, metadata: dict[str, Any]
) -> None:
    key = served.keys["cases"]
    async with AsyncOAuth2Client(
        "cases",
        key,
        token_endpoint_auth_method=PrivateKeyJWT(
            metadata["token_endpoint"], headers={"kid": key.kid}, alg="ES256"
        ),
    ) as client:
        token = await client.fetch_token(
            metadata["token_endpoint"], grant_type="client_credentials"
        )
    assert claims(token["access_token"])["sub"] == "cases"


async def test_a_department_authenticates_with_its_secret(
    served: World, metadata: dict[str, Any]
) -> None:
    async with AsyncOAuth2Client("department", served.department_secret) as client:
        token = await client.fetch_token(
            metadata["token_endpoint"], grant_type="client_credentials", scope="events.read"
        )
        assert token["scope"] == "events.read"
        told = await client.introspect_token(
            metadata["introspection_endpoint"], token=token["access_token"]
        )
        assert told.json()["active"] is True


@asynccontextmanager
async def _serving(world: World, taken: socket.socket) -> AsyncGenerator[None]:
    config = uvicorn.Config(world.app, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[taken]))
    try:
        yield
    finally:
        server.should_exit = True
        await running


async def _log_in(address: str) -> str:
    """A browser without scripts, up to the redirect that leaves the provider."""
    async with httpx.AsyncClient(follow_redirects=True) as browser:
        page = await browser.get(address)
        inside = str(page.url.copy_with(path="/identity", query=None))
        form = {"token": _form_token(page), "username": "citizen", "password": PASSWORD}
        answer = await browser.post(page.url, data=form, follow_redirects=False)
        while (on := answer.headers.get("location", "inside")).startswith((inside, "inside")):
            if answer.has_redirect_location:
                answer = await browser.get(on, follow_redirects=False)
                continue
            form = {"token": _form_token(answer)}  # the page that asks for consent
            answer = await browser.post(answer.url, data=form, follow_redirects=False)
    return str(answer.headers["location"])


def _form_token(page: httpx.Response) -> str:
    token = re.search(r'name="token" value="(\w+)"', page.text)
    assert token is not None, page.text
    return token[1]


async def _check_id_token(token: str, metadata: dict[str, Any], client: str) -> None:
    async with httpx.AsyncClient() as http:
        keys = KeySet.import_key_set((await http.get(metadata["jwks_uri"])).json())
    said = jwt.decode(token, keys, algorithms=["ES256"]).claims
    assert (said["iss"], said["aud"], said["nonce"]) == (metadata["issuer"], client, "n-1")
