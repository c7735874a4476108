"""One upstream is the only login for people: a second instance of our own is the upstream."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from services.identity.domain.upstreams import checked
from tests.support.clients.person import Person
from tests.support.clients.served import Served, served_identity
from tests.support.identity import PASSWORD, claims

BACK = "http://127.0.0.1:9/cb"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_identity(tmp_path_factory.mktemp("nation")) as served:
        yield served


@pytest.fixture(scope="module")
def city(nation: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """On a host name of its own, for cookies know no ports."""
    folder = tmp_path_factory.mktemp("city")
    with served_identity(folder, host="localhost", login_upstream="nation") as served:
        root = f"{served.issuer}/federation/nation"
        known = _register(
            nation,
            redirect_uris=[f"{root}/callback"],
            post_logout_redirect_uris=[f"{root}/left"],
            backchannel_logout_uri=f"{root}/logout",
        )
        served.run(_configure(served, nation, known))
        yield served


def _register(at: Served, **metadata: Any) -> dict[str, Any]:
    answer = httpx.post(
        f"{at.issuer}/register",
        json={"scope": "openid profile", **metadata},
        headers={"Authorization": f"Bearer {at.world.registration_token}"},
    )
    assert answer.status_code == 201, answer.text
    registered: dict[str, Any] = answer.json()
    return registered


async def _configure(city: Served, nation: Served, known: dict[str, Any]) -> None:
    provider = city.world.provider
    given = {
        "code": "nation",
        "issuer": nation.issuer,
        "client_id": known["client_id"],
        "auth_method": "client_secret_basic",
        "label_zh": "国家统一认证",
        "label_en": "National login",
        "scopes": ("openid", "profile"),
        "claims": {"name": "name"},
        "levels": {f"urn:tongban:acr:l{level}": level for level in range(1, 5)},
    }
    async with provider.db.write() as tx:
        upstream = checked(given, loopback_http=True)
        await provider.federation.configure(tx, upstream, known["client_secret"], by="test")


class Site:
    """A client of the city, and one person's browser in front of it."""

    def __init__(self, city: Served) -> None:
        self.city = city
        self.known = _register(
            city, redirect_uris=[BACK], post_logout_redirect_uris=["http://127.0.0.1:9/bye"]
        )
        self.person = Person()
        self.person.http.event_hooks = {"response": [self._stop]}
        self.seen: list[httpx.URL] = []
        self.arrived: dict[str, str] = {}

    def _stop(self, answer: httpx.Response) -> None:
        self.seen.append(answer.url)
        location = httpx.URL(answer.headers.get("location", ""))
        if location.port == 9:
            self.arrived = dict(location.params) | {"at": location.path}
            answer.headers["location"] = f"{self.city.issuer}/logged-out"

    def begin(self, **more: str) -> httpx.Response:
        """Our client's authorization request."""
        self.arrived, self.seen = {}, []
        asked = {
            "response_type": "code",
            "client_id": self.known["client_id"],
            "redirect_uri": BACK,
            "scope": "openid profile",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method": "S256",
            **more,
        }
        return self.person.open(str(httpx.URL(f"{self.city.issuer}/authorize", params=asked)))

    def log_in(self, **more: str) -> None:
        """At the upstream, where the first page is."""
        page = self.begin(**more)
        self.person.submit(page, username="citizen", password=PASSWORD)

    def tokens(self) -> dict[str, Any]:
        """For the code that arrived."""
        answer = httpx.post(
            f"{self.city.issuer}/token",
            data={
                "grant_type": "authorization_code",
                "code": self.arrived["code"],
                "redirect_uri": BACK,
                "code_verifier": VERIFIER,
            },
            auth=(self.known["client_id"], self.known["client_secret"]),
        )
        assert answer.status_code == 200, answer.text
        issued: dict[str, Any] = answer.json()
        return issued


@pytest.fixture
def site(city: Served) -> Iterator[Site]:
    made = Site(city)
    yield made
    made.person.close()


def test_nobody_sees_our_login_page(nation: Served, city: Served, site: Site) -> None:
    page = site.begin()
    assert str(page.url).startswith(f"{nation.issuer}/login/")
    site.person.submit(page, username="citizen", password=PASSWORD)
    told = claims(site.tokens()["id_token"])
    assert told["amr"] == ["pwd"]
    assert told["iss"] == city.issuer
    assert told["sub"] != nation.world.person("citizen")


def test_a_silent_request_is_answered_by_the_upstreams_login(site: Site) -> None:
    site.begin(prompt="none")
    assert site.arrived["error"] == "login_required"
    site.log_in()
    site.person.http.cookies.delete("tongban_login", domain="localhost.local")
    site.begin(prompt="none")
    assert "code" in site.arrived


def test_a_fresh_login_is_asked_of_the_upstream(nation: Served, site: Site) -> None:
    site.log_in()
    again = site.begin(prompt="login")
    assert str(again.url).startswith(f"{nation.issuer}/login/")
    site.person.submit(again, username="citizen", password=PASSWORD)
    assert "code" in site.arrived


def test_a_password_of_ours_lets_nobody_in_but_staff(city: Served, site: Site) -> None:
    """Whoever posts to the login page that nobody sees is refused; the desk still has it."""
    provider = city.world.provider
    for username, status in (("citizen", 400), ("officer", 303)):
        with httpx.Client(base_url=city.base, timeout=15) as browser:
            interaction = city.run(provider.authorize.enter(f"{city.issuer}/account", None))
            browser.cookies.set("tongban_login_form", "b" * 22, domain="localhost.local")
            token = provider.derived.value("form", "b" * 22, "login", interaction)
            answer = browser.post(
                f"/identity/login/{interaction}",
                data={"token": token, "username": username, "password": PASSWORD},
            )
            assert answer.status_code == status, answer.text


def test_nobody_opens_an_account_of_ours(city: Served) -> None:
    body = {"login_name": "somebody", "phone": "19900000077", "password": PASSWORD * 2}
    answer = httpx.post(f"{city.base}/v1/people", json=body)
    assert answer.status_code == 409
    assert "上级" in answer.text


def test_logging_out_here_logs_out_there(nation: Served, site: Site) -> None:
    site.log_in()
    hint = site.tokens()["id_token"]
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": "http://127.0.0.1:9/bye"}
    site.arrived = {}
    site.person.open(str(httpx.URL(f"{site.city.issuer}/end_session", params=asked)))
    assert site.arrived == {"at": "/bye"}
    assert str(site.begin().url).startswith(f"{nation.issuer}/login/")
