"""Identity as black-box tests use it: a seeded provider, browsers, clients and their proofs."""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from fastapi import FastAPI
from joserfc.jwk import ECKey

from services.identity.app import create_app
from services.identity.commands.provider import Provider
from services.identity.commands.seed import DemoSystem, Plan, SeedResult, seed
from services.identity.domain.clients import Client
from services.identity.settings import Settings
from shared.auth import keys as key_files
from shared.auth.assertions import assertion
from shared.clock import now
from tests.support.tokens import Issuer

BASE = "http://localhost:8000"
ISSUER = f"{BASE}/identity"
CALLBACK = f"{BASE}/auth/callback"
PASSWORD = "correct horse battery"
DEPARTMENT = "11990102MB2906957H"
REGION = "990102000000"
PEOPLE: dict[str, Any] = {
    "people": [
        {
            "key": key,
            "username": key,
            "name": name,
            "id_number": number,
            "phone": phone,
            "email": f"{key}@example.org",
            "level": 3,
        }
        for key, name, number, phone in (
            ("citizen", "张若溪", "990102199603140423", "19900000001"),
            ("owner", "陈国栋", "990102197902180514", "19900000004"),
            ("agent", "林启航", "990102199106050339", "19900000003"),
            ("officer", "江涛", "990102198703020918", "19900000032"),
            ("security", "曹磊", "990102198401300316", "19900000036"),
        )
    ],
    "organisations": [
        {
            "key": "restaurant",
            "name": "云州市湖光小馆餐饮有限公司",
            "code": "91990102MA6K21QX5W",
            "legal_representative": "owner",
        }
    ],
    "delegations": [
        {
            "organisation": "restaurant",
            "agent": "agent",
            "items": ["11990100MB3196686T3002014001003"],
            "until": "2099-12-31",
        }
    ],
    "staff": [
        {
            "key": "officer",
            "department": DEPARTMENT,
            "region": REGION,
            "positions": ["户籍民警"],
            "roles": ["officer"],
        },
        {
            "key": "security",
            "department": DEPARTMENT,
            "region": REGION,
            "positions": [],
            "roles": ["security_administrator"],
        },
    ],
}

_FORM = re.compile(r'<form method="post" action="([^"]+)"(.*?)</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


class Pkce:
    """A verifier and its challenge."""

    def __init__(self) -> None:
        self.verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        self.challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class World:
    """A running identity with its people and clients."""

    def __init__(self, app: FastAPI, keys: Mapping[str, Any], seeded: SeedResult) -> None:
        self.app = app
        self.keys = keys
        self.seeded = seeded
        self.department_secret = "s" * 40
        self.registration_token = "initial-token-of-the-tests"
        self.provider: Provider = app.state.provider
        self.messages_file = Path((self.provider.settings.messages_url or "").removeprefix("file:"))

    def person(self, key: str) -> str:
        """The id of one of the people."""
        return self.seeded.people[key]

    def http(self, **options: Any) -> httpx.AsyncClient:
        """A client of its own, with a cookie jar of its own."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=BASE, **options)

    def proof(self, client: str, **changes: Any) -> dict[str, str]:
        """The form fields by which a client proves itself with its key."""
        signed = changes.pop("assertion", None) or assertion(client, self.keys[client], ISSUER)
        return {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": signed,
        }

    async def token(self, form: Mapping[str, Any], **options: Any) -> httpx.Response:
        """A token request."""
        async with self.http() as http:
            return await http.post("/identity/token", data=dict(form), **options)

    async def own_token(self, client: str, **form: Any) -> str:
        """A token of a service for itself."""
        asked = {"grant_type": "client_credentials", **self.proof(client), **form}
        answer = await self.token(asked)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def messages(self, *, notices: bool = False) -> list[dict[str, Any]]:
        """What was sent by SMS and e-mail so far, oldest first: notices, or all the rest."""
        if not self.messages_file.exists():
            return []
        sent = map(json.loads, self.messages_file.read_text("utf-8").splitlines())
        return [one for one in sent if (one["template"] == "security_notice") == notices]

    async def register(self, client: Client) -> None:
        """Register a client as an administrator would."""
        await self.provider.registration.register(client, "test")


class Browser:
    """A person's browser: cookies, pages and forms, no script."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.http = world.http(follow_redirects=False)
        self.pkce = Pkce()

    def request(self, **changes: Any) -> dict[str, str]:
        """The parameters of the portal's authorization request; None leaves one out."""
        asked: dict[str, Any] = {
            "response_type": "code",
            "client_id": "portal",
            "redirect_uri": CALLBACK,
            "scope": "openid profile cases.apply cases.read identity.self",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": self.pkce.challenge,
            "code_challenge_method": "S256",
        } | changes
        return {name: value for name, value in asked.items() if value is not None}

    async def authorize(self, **changes: Any) -> httpx.Response:
        """Follow the authorization request to its first page, or out of the provider."""
        answer = await self.http.get("/identity/authorize", params=self.request(**changes))
        return await self.follow(answer)

    async def follow(self, answer: httpx.Response) -> httpx.Response:
        """Follow redirects inside the provider; stop at those that leave it."""
        while answer.is_redirect and answer.headers["location"].startswith(f"{ISSUER}/"):
            answer = await self.http.get(answer.headers["location"])
        return answer

    async def submit(
        self, page: httpx.Response, form: str = "", /, **fields: str
    ) -> httpx.Response:
        """Send a form of a page with these fields typed: the first whose address ends so."""
        action, hidden = form_of(page, form)
        return await self.follow(await self.http.post(action, data={**hidden, **fields}))

    async def log_in(self, who: str, password: str = PASSWORD, **changes: Any) -> httpx.Response:
        """From the request to whatever follows the password."""
        page = await self.authorize(**changes)
        if page.is_redirect:
            return page
        return await self.submit(page, username=who, password=password)

    async def account(self, path: str, who: str = "citizen") -> httpx.Response:
        """A page of the account, after logging in for it where that is asked."""
        page = await self.follow(await self.http.get(f"/identity/account{path}"))
        if "/login/" in page.url.path:
            page = await self.submit(page, username=who, password=PASSWORD)
        return page

    async def code(self, who: str, **changes: Any) -> str:
        """A code for somebody who logs in and acts for himself."""
        answer = await self.log_in(who, **changes)
        if answer.status_code == 200:
            answer = await self.submit(answer, **{"for": "myself"})
        return returned(answer)["code"]

    def redemption(self, code: str, **changes: Any) -> dict[str, str]:
        """The portal's token request for a code."""
        form: dict[str, Any] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.pkce.verifier,
            **self.world.proof("portal"),
        } | changes
        return {name: value for name, value in form.items() if value is not None}

    async def tokens(self, who: str, **changes: Any) -> dict[str, Any]:
        """The tokens of somebody who logged in."""
        answer = await self.world.token(self.redemption(await self.code(who, **changes)))
        assert answer.status_code == 200, answer.text
        issued: dict[str, Any] = answer.json()
        return issued

    async def close(self) -> None:
        """Forget everything."""
        await self.http.aclose()


def returned(answer: httpx.Response) -> dict[str, str]:
    """The parameters with which the browser was sent back to its client."""
    assert answer.is_redirect, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def form_of(page: httpx.Response, to: str = "") -> tuple[str, dict[str, str]]:
    """Address and hidden fields of the first form whose address ends with `to`."""
    for action, inside in _FORM.findall(page.text):
        if unescape(action).endswith(to):
            return unescape(action), {
                name: unescape(value) for name, value in _HIDDEN.findall(inside)
            }
    raise AssertionError(page.text)


def later(**by: float) -> datetime:
    """A moment after now, to hold the clock at."""
    return now() + timedelta(**by)


def claims(token: str) -> dict[str, Any]:
    """What a token says, unverified."""
    body = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


@cache
def client_keys() -> dict[str, ECKey]:
    """The keys of the platform's clients, the same in the whole run."""
    return {name: key_files.generate() for name in ("portal", "cases", "exchange", "catalogue")}


@asynccontextmanager
async def running_identity(
    folder: Path, database_url: str | None = None, **settings: Any
) -> AsyncGenerator[World]:
    """Identity with five people, one organisation and the platform's clients."""
    given = {
        "TONGBAN_ENVIRONMENT": "onebox",
        "PUBLIC_BASE": BASE,
        "EVENTS_URL": f"sqlite:///{folder}/events.db",
        "KEYS_FOLDER": folder / "keys",
        "messages_url": f"file:{folder}/messages.jsonl",
        "database_url": database_url or f"sqlite:///{folder}/identity.db",
        **settings,
    }
    app = create_app(Settings(**given))
    runtime, provider = app.state.runtime, app.state.provider
    await runtime.migrations.upgrade(runtime.db)
    keys = client_keys()
    async with app.router.lifespan_context(app):
        world = World(app, keys, SeedResult({}, {}, {}))
        world.seeded = await seed(
            provider,
            Plan(
                people=PEOPLE,
                passwords={one["key"]: PASSWORD for one in PEOPLE["people"]},
                client_keys={name: key.as_dict(private=False) for name, key in keys.items()},
                department=DemoSystem(
                    secret=world.department_secret, department=DEPARTMENT, region=REGION
                ),
                registration_token=world.registration_token,
            ),
        )
        yield world


def signed_assertion(world: World, client: str, **changes: Any) -> str:
    """An assertion with other claims; None takes a claim away."""
    moment = int(now().timestamp())
    content: dict[str, Any] = {
        "iss": client,
        "sub": client,
        "aud": ISSUER,
        "jti": secrets.token_urlsafe(12),
        "iat": moment,
        "exp": moment + 60,
    } | changes
    key = world.keys[client]
    kept = {name: value for name, value in content.items() if value is not None}
    return Issuer.sign({"alg": "ES256", "kid": key.kid}, kept, key)
