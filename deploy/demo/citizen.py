"""A citizen at the keyboard: logs in on the provider's own pages and uses the gateway's APIs."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx

from shared.ids import uuid7

SCOPE = "openid identity.self cases.apply cases.read exchange.query catalogue.read"
REDIRECT = "http://127.0.0.1:1/callback"
_PAGES = 12


class Stopped(Exception):
    """The story cannot go on; the message says what came instead of what was expected."""


class Citizen:
    """One person with a browser's cookies and, once logged in, a token."""

    def __init__(self, demo: dict[str, Any]) -> None:
        self._demo = demo
        self.base: str = demo["base"]
        self.http = httpx.Client(timeout=30, follow_redirects=False, trust_env=False)
        self.token = ""

    def close(self) -> None:
        """Let go of the connections."""
        self.http.close()

    def register_app(self) -> dict[str, Any]:
        """Register a client of one's own, as a vendor's developer would (RFC 7591)."""
        wanted = {
            "client_name": "demo",
            "redirect_uris": [REDIRECT],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "scope": SCOPE,
        }
        given = f"Bearer {self._demo['registration_token']}"
        endpoint = self._discovery()["registration_endpoint"]
        answer = self.http.post(endpoint, json=wanted, headers={"Authorization": given})
        app: dict[str, Any] = _json(answer, 201)
        return app

    def log_in(self, account: dict[str, str], app: dict[str, Any]) -> dict[str, Any]:
        """Authorization code flow with PKCE over the pages that a person sees."""
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        state = secrets.token_urlsafe(12)
        asked = {
            "response_type": "code",
            "client_id": app["client_id"],
            "redirect_uri": REDIRECT,
            "scope": SCOPE,
            "state": state,
            "nonce": secrets.token_urlsafe(12),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        found = self._discovery()
        code = self._walk(f"{found['authorization_endpoint']}?{urlencode(asked)}", account, state)
        answer = self.http.post(
            found["token_endpoint"],
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": REDIRECT,
                "code_verifier": verifier,
            },
            auth=(app["client_id"], app["client_secret"]),
        )
        tokens: dict[str, Any] = _json(answer, 200)
        self.token = tokens["access_token"]
        return tokens

    def get(self, path: str, **params: Any) -> Any:
        """Read through the gateway."""
        return _json(self.http.get(self.base + path, params=params, headers=self._headers()), 200)

    def post(
        self, path: str, body: dict[str, Any], *, expect: int = 200, key: str | None = None
    ) -> Any:
        """Change something through the gateway, with a key that makes a retry safe."""
        headers = self._headers() | {"Idempotency-Key": key or uuid7()}
        return _json(self.http.post(self.base + path, json=body, headers=headers), expect)

    def query(self, resource: str, person: str, item: str) -> httpx.Response:
        """Ask another department for the person's own data."""
        return self.http.post(
            f"{self.base}/api/exchange/v1/resources/{resource.replace('/', '.')}/query",
            json={"key": {"person": person}, "purpose": "prefill", "item": item},
            headers=self._headers(),
        )

    def _walk(self, address: str, account: dict[str, str], state: str) -> str:
        """Follow the provider's pages, filling its forms, until it sends the browser back."""
        answer = self.http.get(address)
        for _ in range(_PAGES):
            if answer.is_redirect:
                target = urljoin(str(answer.url), answer.headers["location"])
                if target.startswith(REDIRECT):
                    return _code(target, state)
                answer = self.http.get(target)
                continue
            form = Form.of(answer.text)
            filled = form.fields | {
                name: value for name, value in account.items() if name in form.fields
            }
            answer = self.http.post(urljoin(str(answer.url), form.action), data=filled)
        raise Stopped(f"the login did not end: {answer.status_code} at {answer.url}")

    def _discovery(self) -> dict[str, Any]:
        address = f"{self._demo['issuer']}/.well-known/openid-configuration"
        found: dict[str, Any] = _json(self.http.get(address), 200)
        return found

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


class Form(HTMLParser):
    """The first form of a page that posts: where to, and its fields with their values."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self._inside = False

    @classmethod
    def of(cls, page: str) -> "Form":
        """Read a page."""
        form = cls()
        form.feed(page)
        if form.action is None:
            raise Stopped(f"there is no form on this page: {page[:300]}")
        return form

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the fields of the first posting form."""
        given = dict(attrs)
        if tag == "form" and self.action is None and (given.get("method") or "").lower() == "post":
            self.action, self._inside = given.get("action") or "", True
        if self._inside and tag == "input" and given.get("name"):
            self._add(given)

    def handle_endtag(self, tag: str) -> None:
        """Stop at the form's end."""
        if tag == "form":
            self._inside = False

    def _add(self, given: dict[str, str | None]) -> None:
        choice = given.get("type") in ("radio", "checkbox")
        if not choice or "checked" in given:
            self.fields[str(given["name"])] = given.get("value") or ""


def _code(target: str, state: str) -> str:
    answered = parse_qs(urlsplit(target).query)
    if answered.get("state") != [state] or "code" not in answered:
        raise Stopped(f"the provider answered {answered}")
    return answered["code"][0]


def _json(answer: httpx.Response, expect: int) -> Any:
    if answer.status_code != expect:
        told = answer.text[:800]
        raise Stopped(
            f"{answer.request.method} {answer.request.url.path} → {answer.status_code}: {told}"
        )
    return answer.json()
