"""A system of others that registers itself and logs people in: what the provider calls a client."""

from typing import Any

import httpx

from tests.support.identity import PASSWORD, Browser, World, returned

SITE = "https://app.example"
BACK = f"{SITE}/cb"


class RelyingParty:
    """A third-party client with a secret, and a person's browser in front of it."""

    def __init__(self, world: World, browser: Browser, registered: dict[str, Any]) -> None:
        self.world = world
        self.browser = browser
        self.registered = registered

    @classmethod
    async def register(cls, world: World, browser: Browser, **metadata: Any) -> "RelyingParty":
        """By dynamic registration, as others do it."""
        content = {
            "redirect_uris": [BACK],
            "client_name": "邻里团购",
            "grant_types": ["authorization_code", "refresh_token"],
            **metadata,
        }
        async with world.http() as http:
            answer = await http.post(
                "/identity/register",
                json=content,
                headers={"Authorization": f"Bearer {world.registration_token}"},
            )
        assert answer.status_code == 201, answer.text
        return cls(world, browser, answer.json())

    @property
    def id(self) -> str:
        """Its client_id."""
        return str(self.registered["client_id"])

    @property
    def secret(self) -> tuple[str, str]:
        """Its credentials for HTTP Basic."""
        return self.id, str(self.registered["client_secret"])

    def request(self, **changes: Any) -> dict[str, Any]:
        """What differs from the portal's authorization request."""
        uri = self.registered["redirect_uris"][0]
        return {"client_id": self.id, "redirect_uri": uri, "scope": "openid profile", **changes}

    async def authorize(self, **changes: Any) -> httpx.Response:
        """To the first page, or out of the provider."""
        return await self.browser.authorize(**self.request(**changes))

    async def log_in(self, who: str = "citizen", **changes: Any) -> httpx.Response:
        """To whatever follows the password."""
        page = await self.authorize(**changes)
        if page.is_redirect or "/login/" not in page.url.path:
            return page
        return await self.browser.submit(page, username=who, password=PASSWORD)

    async def allowed(self, who: str = "citizen", **changes: Any) -> httpx.Response:
        """The same, and the person agrees where he is asked."""
        page = await self.log_in(who, **changes)
        if not page.is_redirect and "/consent/" in page.url.path:
            page = await self.browser.submit(page)
        return page

    async def tokens(self, who: str = "citizen", **changes: Any) -> dict[str, Any]:
        """The tokens of somebody who logged in and agreed."""
        code = returned(await self.allowed(who, **changes))["code"]
        answer = await self.redeem(code)
        assert answer.status_code == 200, answer.text
        issued: dict[str, Any] = answer.json()
        return issued

    async def redeem(self, code: str, **changes: Any) -> httpx.Response:
        """Its token request."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.registered["redirect_uris"][0],
            "code_verifier": self.browser.pkce.verifier,
            **changes,
        }
        return await self.world.token(form, auth=self.secret)

    async def userinfo(self, access_token: str) -> dict[str, Any]:
        """What userinfo tells it."""
        async with self.world.http() as http:
            answer = await http.get(
                "/identity/userinfo", headers={"Authorization": f"Bearer {access_token}"}
            )
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def push(self, **changes: Any) -> httpx.Response:
        """A pushed authorization request."""
        asked = self.browser.request(**self.request(**changes))
        async with self.world.http() as http:
            return await http.post("/identity/par", data=asked, auth=self.secret)
