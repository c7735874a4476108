"""Clients that are known by a certificate, behind a real TLS front and the gateway (RFC 8705)."""

import base64
import shutil
import ssl
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.identity.domain.clients import CLIENT_CREDENTIALS, Client
from shared.auth.certificates import thumbprint, write_certificate
from tests.support.gateways import Stack, launch
from tests.support.identity import World, claims, running_identity
from tests.support.tls_front import Pair, issue, tls_front

MTLS = "https://mtls.example.org"
GRANT = {"grant_type": "client_credentials"}
MACHINE: dict[str, Any] = {
    "name": "卫健业务系统",
    "grant_types": frozenset({CLIENT_CREDENTIALS}),
    "own_scopes": frozenset({"identity.manage"}),
    "certificate_bound_access_tokens": True,
}


class Site:
    """Identity behind the gateway behind a proxy that asks for certificates."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.port = 0
        self.authority = issue(folder, "authority", authority=True)
        self.server = issue(folder, "localhost")
        self.known = issue(folder, "health.example.org", self.authority)
        self.other = issue(folder, "police.example.org", self.authority)
        self.own = issue(folder, "own.example.org")

    def client(self, shown: Pair | None) -> httpx.AsyncClient:
        """A client with this certificate."""
        context = ssl.create_default_context(cafile=str(self.server.file))
        context.check_hostname = False
        if shown is not None:
            context.load_cert_chain(shown.file)
        return httpx.AsyncClient(base_url=f"https://127.0.0.1:{self.port}", verify=context)

    async def post(self, path: str, shown: Pair | None, form: dict[str, Any]) -> httpx.Response:
        async with self.client(shown) as http:
            return await http.post(path, data=form)

    async def token(self, client: str, shown: Pair | None) -> httpx.Response:
        return await self.post("/identity/token", shown, {**GRANT, "client_id": client})


@pytest.fixture
async def site(seeded: Path, tmp_path: Path) -> AsyncGenerator[Site]:
    shutil.copytree(seeded, tmp_path, dirs_exist_ok=True)
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(running_identity(tmp_path, MTLS_BASE=MTLS))
        servers = Stack(tmp_path)
        stack.push_async_callback(servers.close)
        gateway = await launch(
            servers,
            {"identity": world.app},
            own_verifier=True,
            MTLS_BASE=MTLS,
            trusted_proxies="127.0.0.1/32",
        )
        site = Site(world, tmp_path)
        front = tls_front(site.server, [site.authority, site.own], gateway.port)
        site.port = await stack.enter_async_context(front)
        await _register(site)
        yield site


async def _register(site: Site) -> None:
    subject = {"tls_client_auth_subject_dn": site.known.certificate.subject.rfc4514_string()}
    der = base64.b64encode(site.own.der).decode()
    for client in (
        Client(id="by-subject", auth_method="tls_client_auth", tls_client_auth=subject, **MACHINE),
        Client(
            id="by-name",
            auth_method="tls_client_auth",
            tls_client_auth={"tls_client_auth_san_dns": "health.example.org"},
            **MACHINE,
        ),
        Client(
            id="by-itself",
            auth_method="self_signed_tls_client_auth",
            jwks={"keys": [{"kty": "EC", "x5c": [der]}]},
            **MACHINE,
        ),
    ):
        await site.world.register(client)


async def test_a_client_is_known_by_its_certificate_and_its_token_bound(site: Site) -> None:
    for client, shown in (
        ("by-subject", site.known),
        ("by-name", site.known),
        ("by-itself", site.own),
    ):
        answer = await site.token(client, shown)
        assert answer.status_code == 200, answer.text
        assert answer.json()["token_type"] == "Bearer"
        cnf = claims(answer.json()["access_token"])["cnf"]
        assert cnf == {"x5t#S256": thumbprint(shown.der)}


async def test_who_brings_another_certificate_or_none_is_refused(site: Site) -> None:
    for client, shown in (
        ("by-subject", site.other),
        ("by-subject", site.own),
        ("by-name", site.other),
        ("by-itself", site.known),
        ("by-subject", None),
        ("by-itself", None),
    ):
        answer = await site.token(client, shown)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a_client_cannot_say_for_itself_which_certificate_it_has(site: Site) -> None:
    forged = {"Client-Cert": write_certificate(site.known.der)}
    async with site.client(None) as http:
        answer = await http.post(
            "/identity/token", data={**GRANT, "client_id": "by-subject"}, headers=forged
        )
    assert answer.status_code == 401


async def test_a_token_is_good_with_its_certificate_only(site: Site) -> None:
    token = (await site.token("by-subject", site.known)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    path, told = "/api/identity/v1/people/psn_none", []
    for shown in (site.known, site.other, None):
        async with site.client(shown) as http:
            told.append(await http.get(path, headers=headers, params={"purpose": "test"}))
    assert told[0].status_code != 401, told[0].text
    for refused in told[1:]:
        assert refused.status_code == 401
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]


async def test_the_service_itself_looks_at_the_certificate_too(site: Site) -> None:
    token = (await site.token("by-subject", site.known)).json()["access_token"]
    told = []
    async with site.world.http() as http:
        for shown in (site.known, site.other):
            headers = {
                "Authorization": f"Bearer {token}",
                "Client-Cert": write_certificate(shown.der),
            }
            told.append(await http.get("/v1/people/psn_none?purpose=test", headers=headers))
    assert told[0].status_code != 401
    assert told[1].status_code == 401


async def test_the_metadata_name_the_addresses_with_certificates(site: Site) -> None:
    async with site.client(None) as http:
        told = (await http.get("/identity/.well-known/openid-configuration")).json()
    assert told["mtls_endpoint_aliases"]["token_endpoint"] == f"{MTLS}/identity/token"
    assert "tls_client_auth" in told["token_endpoint_auth_methods_supported"]
    assert told["tls_client_certificate_bound_access_tokens"] is True


async def test_a_client_registers_with_its_certificate(site: Site) -> None:
    der = base64.b64encode(site.own.der).decode()
    wanted = {
        "token_endpoint_auth_method": "self_signed_tls_client_auth",
        "grant_types": ["client_credentials"],
        "scope": "catalogue.read",
        "jwks": {"keys": [{"kty": "EC", "x5c": [der]}]},
        "tls_client_certificate_bound_access_tokens": True,
    }
    headers = {"Authorization": f"Bearer {site.world.registration_token}"}
    async with site.client(None) as http:
        made = await http.post("/identity/register", json=wanted, headers=headers)
    assert made.status_code == 201, made.text
    assert (await site.token(made.json()["client_id"], site.own)).status_code == 200


async def test_a_certificate_that_nobody_verified_tells_no_subject(site: Site) -> None:
    settings = site.world.provider.settings.model_copy(update={"any_certificate": True})
    object.__setattr__(site.world.provider, "settings", settings)
    assert (await site.token("by-subject", site.known)).status_code == 401
    assert (await site.token("by-itself", site.own)).status_code == 200


async def test_without_such_a_proxy_no_certificate_counts(world: World) -> None:
    pair_methods = {"tls_client_auth", "self_signed_tls_client_auth"}
    async with world.http() as http:
        told = (await http.get("/identity/.well-known/openid-configuration")).json()
    assert not pair_methods & set(told["token_endpoint_auth_methods_supported"])
    assert "mtls_endpoint_aliases" not in told
