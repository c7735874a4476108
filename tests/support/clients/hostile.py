"""An upstream provider of the tests, which lies as it is told to."""

import asyncio
import base64
import hashlib
import secrets
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from shared.clock import now
from tests.support.tokens import Issuer, new_key

CLIENT = "tongban"
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


class Hostile:
    """What it tells; each part may be changed by a test."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.key = new_key()
        self.published: list[ECKey] = [self.key]
        self.person: dict[str, Any] = {"sub": "up-1", "name": "周新"}
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.answer: dict[str, str | None] = {}
        self.asked: dict[str, dict[str, str]] = {}
        self.fetched = 0
        self.seen: dict[str, str] = {}

    def metadata_now(self) -> dict[str, Any]:
        """Its discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }

    def id_token(self, nonce: str, access_token: str) -> str:
        """Signed by its key, with whatever a test has changed."""
        moment = int(now().timestamp())
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        content = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": moment,
            "exp": moment + 300,
            "nonce": nonce,
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            **self.person,
            **self.claims,
        }
        return self.sign({name: value for name, value in content.items() if value is not None})

    def logout_token(self, **changes: Any) -> str:
        """A logout token of the person, or what a test makes of it."""
        moment = int(now().timestamp())
        content = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": moment,
            "exp": moment + 120,
            "jti": secrets.token_urlsafe(8),
            "sub": self.person["sub"],
            "events": {LOGOUT: {}},
        } | changes
        kept = {name: value for name, value in content.items() if value is not None}
        return self.sign(kept, typ="logout+jwt")

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """With the protected header that a test asks for."""
        protected = {"alg": "ES256", "kid": self.key.kid, **header, **self.header}
        return Issuer.sign(protected, claims, self.key)

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self.seen = asked
        code = secrets.token_urlsafe(8)
        self.asked[code] = asked
        told = {"code": code, "state": asked["state"], "iss": self.issuer, **self.answer}
        kept = {name: value for name, value in told.items() if value is not None}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(kept)}", 303)

    async def _token(self, request: Request) -> Response:
        async with request.form() as form:
            asked = self.asked.pop(str(form["code"]), None)
            verifier = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != challenge:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {
                "access_token": "of-the-upstream",
                "token_type": "Bearer",
                "id_token": self.id_token(asked["nonce"], "of-the-upstream"),
            }
        )

    async def _jwks(self, _request: Request) -> Response:
        self.fetched += 1
        return JSONResponse({"keys": [key.as_dict(private=False) for key in self.published]})

    async def _discovery(self, _request: Request) -> Response:
        return JSONResponse(self.metadata_now())

    def app(self) -> Starlette:
        """Its endpoints."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/jwks", self._jwks),
            ]
        )


@asynccontextmanager
async def hostile() -> AsyncGenerator[Hostile]:
    """Serve it on a port of its own."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        provider = Hostile(f"http://127.0.0.1:{listening.getsockname()[1]}")
        config = uvicorn.Config(provider.app(), lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield provider
        finally:
            server.should_exit = True
            await running
