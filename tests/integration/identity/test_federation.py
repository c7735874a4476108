"""Logging in by an upstream that others wrote (npm oidc-provider), over real HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from services.identity.commands.secrets import digest
from services.identity.domain.clients import AUTHORIZATION_CODE, Client
from services.identity.domain.upstreams import checked
from tests.support.clients.having import free_port
from tests.support.clients.node import node
from tests.support.clients.person import Person
from tests.support.clients.served import Served, served_identity
from tests.support.identity import claims

SECRET = "upstream-secret-of-32-characters"
BACK = "http://127.0.0.1:9/cb"
# The citizen of the demo is known to the upstream too: by face, or only by two facts that match.
NUMBERS = {"citizen": "990102199603140423", "owner": "990102197902180514"}
PEOPLE: dict[str, dict[str, Any]] = {
    "up-citizen": {
        "name": "张若溪",
        "id_number": NUMBERS["citizen"],
        "acr": "face",
        "amr": ["face"],
    },
    "up-owner": {"name": "陈国栋", "id_number": NUMBERS["owner"], "acr": "two-facts", "amr": []},
    "up-new": {"name": "周新", "id_number": "990102198805050034", "acr": "face", "amr": ["face"]},
    "up-phone": {"name": "吴言", "phone": "19900000001", "acr": "phone", "amr": ["sms"]},
    "up-link": {"name": "林启航", "phone": "19900000003", "acr": "phone", "amr": ["sms"]},
    "up-own": {"name": "江涛", "acr": "phone", "amr": ["sms"]},
}
LEVELS = {"face": 4, "two-facts": 2, "phone": 1}


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_identity(tmp_path_factory.mktemp("federated")) as served:
        yield served


@pytest.fixture(scope="module")
def province(identity: Served) -> Iterator[str]:
    """Two clients at one upstream: one knows us by a secret, the other by the keys we publish."""

    def client(code: str, **more: Any) -> dict[str, Any]:
        root = f"{identity.issuer}/federation/{code}"
        return {
            "client_id": f"tongban-{code}",
            "redirect_uris": [f"{root}/callback"],
            "post_logout_redirect_uris": [f"{root}/left"],
            "backchannel_logout_uri": f"{root}/logout",
            "backchannel_logout_session_required": True,
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            **more,
        }

    clients = [
        client("province", client_secret=SECRET, id_token_signed_response_alg="RS256"),
        client(
            "nation",
            token_endpoint_auth_method="private_key_jwt",
            token_endpoint_auth_signing_alg="ES256",
            jwks_uri=f"{identity.issuer}/jwks",
            id_token_signed_response_alg="ES256",
        ),
    ]
    with node("oidc_provider.mjs", json.dumps({"clients": clients, "people": PEOPLE})) as issuer:
        identity.run(_configure(identity, "province", issuer, "client_secret_basic", SECRET))
        identity.run(_configure(identity, "nation", issuer, "private_key_jwt", None))
        yield issuer


async def _configure(
    identity: Served, code: str, issuer: str, method: str, secret: str | None, **changes: Any
) -> None:
    provider = identity.world.provider
    given = {
        "code": code,
        "issuer": issuer,
        "client_id": f"tongban-{code}",
        "auth_method": method,
        "label_zh": f"{code}统一认证",
        "label_en": f"{code} login",
        "scopes": ("openid", "person"),
        "claims": {"id_number": "id_number", "name": "name", "phone": "phone"},
        "levels": LEVELS,
        "trusted": True,
        **changes,
    }
    async with provider.db.write() as tx:
        upstream = checked(given, loopback_http=True)
        await provider.federation.configure(tx, upstream, secret, by="test")


@pytest.fixture
def person(province: str) -> Iterator[Person]:
    browser = Person()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def site(identity: Served) -> dict[str, str]:
    """A client of the platform, which knows people by their ids: its authorization request."""
    client = Client(
        id="site",
        name="site",
        auth_method="client_secret_basic",
        secret_hash=digest(SECRET),
        grant_types=frozenset({AUTHORIZATION_CODE}),
        redirect_uris=(BACK,),
        scopes=frozenset({"openid", "profile"}),
    )
    identity.run(identity.world.register(client))
    return {
        "response_type": "code",
        "client_id": "site",
        "client_secret": SECRET,
        "redirect_uri": BACK,
        "scope": "openid profile",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }


class Way:
    """One person's way through both providers, up to the redirect that leaves ours."""

    def __init__(self, identity: Served, person: Person, site: dict[str, str]) -> None:
        self.identity = identity
        self.person = person
        self.site = site
        person.http.event_hooks = {"response": [self._stop]}
        self.arrived: dict[str, str] | None = None

    def _stop(self, answer: httpx.Response) -> None:
        """Who is sent to the client has arrived; nobody listens there."""
        location = answer.headers.get("location", "")
        if location.startswith(BACK):
            self.arrived = dict(httpx.URL(location).params)
            answer.headers["location"] = f"{self.identity.issuer}/logged-out"

    def begin(self, **more: str) -> httpx.Response:
        """Our login page, or wherever the request leads."""
        asked = {n: v for n, v in self.site.items() if n != "client_secret"} | more
        return self.person.open(str(httpx.URL(f"{self.identity.issuer}/authorize", params=asked)))

    def press(self, page: httpx.Response, code: str = "province") -> httpx.Response:
        """The button of the upstream; its login page, or on when it knows the person already."""
        root = f"{self.identity.issuer}/federation/{code}/go/"
        found = page.text.partition(f'href="{root}')[2].partition('"')[0]
        assert found, page.text
        return self.person.open(f"{root}{found}")

    def log_in(self, who: str, code: str = "province", **more: str) -> httpx.Response:
        """Through the upstream as somebody of its people."""
        return self.person.submit(self.press(self.begin(**more), code), who=who)

    def told(self) -> dict[str, Any]:
        """The claims of the ID token that our client gets in the end."""
        assert self.arrived is not None
        answer = httpx.post(
            f"{self.identity.issuer}/token",
            data={
                "grant_type": "authorization_code",
                "code": self.arrived["code"],
                "redirect_uri": BACK,
                "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            },
            auth=(self.site["client_id"], self.site["client_secret"]),
        )
        assert answer.status_code == 200, answer.text
        return claims(answer.json()["id_token"]) | {"access_token": answer.json()["access_token"]}


@pytest.fixture
def way(identity: Served, person: Person, site: dict[str, str]) -> Way:
    return Way(identity, person, site)


@pytest.mark.parametrize("code", ["province", "nation"])
def test_a_number_verified_in_person_finds_the_existing_account(
    identity: Served, way: Way, code: str
) -> None:
    way.log_in("up-citizen", code)
    told = way.told()
    assert told["sub"] == identity.world.person("citizen")
    assert told["amr"] == ["face"]
    assert told["acr"] == "urn:tongban:acr:l3"  # the account's own level is the lower one


def test_two_facts_that_match_do_not_open_anothers_account(identity: Served, way: Way) -> None:
    question = way.log_in("up-owner")
    assert "第一次用" in question.text
    way.person.submit(question, account="new")
    told = way.told()
    assert told["sub"] != identity.world.person("owner")
    assert told["acr"] == "urn:tongban:acr:l1"


def test_who_is_new_gets_an_account_and_is_known_the_next_time(way: Way) -> None:
    way.person.submit(way.log_in("up-new"), account="new")
    first = way.told()
    assert first["acr"] == "urn:tongban:acr:l4"
    again = Way(way.identity, Person(), way.site)
    again.log_in("up-new")
    assert again.told()["sub"] == first["sub"]
    again.person.close()


def test_a_phone_number_finds_nobody(identity: Served, way: Way) -> None:
    way.person.submit(way.log_in("up-phone"), account="new")
    assert way.told()["sub"] != identity.world.person("citizen")


def test_logging_in_once_links_the_account_that_there_is(identity: Served, way: Way) -> None:
    page = way.person.submit(way.log_in("up-link"), account="mine")
    way.person.submit(page, username="agent", password="correct horse battery")
    assert way.told()["sub"] == identity.world.person("agent")
    again = Way(identity, Person(), way.site)
    again.log_in("up-link")
    assert again.told()["sub"] == identity.world.person("agent")
    again.person.close()


def test_who_cancels_there_keeps_his_way_back(way: Way) -> None:
    page = way.person.submit(way.press(way.begin()), who="")
    assert page.status_code == 400
    assert "取消了登录" in page.text
    assert "/cancel/" in page.text
    assert "换一种方式登录" in page.text
    english = way.person.open(f"{page.url}")  # the answer was used: it is over now
    assert english.status_code == 400


def test_a_logout_there_ends_the_login_here(identity: Served, way: Way, province: str) -> None:
    way.log_in("up-citizen")
    token = way.told()["access_token"]
    userinfo = f"{identity.issuer}/userinfo"
    bearer = {"Authorization": f"Bearer {token}"}
    assert httpx.get(userinfo, headers=bearer).status_code == 200
    form = way.person.open(f"{province}/session/end")
    way.person.submit(form)
    assert httpx.get(userinfo, headers=bearer).status_code == 401
    assert 'name="password"' in way.begin().text


def test_an_upstream_that_is_away_leaves_the_other_ways_open(identity: Served, way: Way) -> None:
    identity.run(
        _configure(identity, "gone", f"http://127.0.0.1:{free_port()}", "private_key_jwt", None)
    )
    page = way.press(way.begin(), "gone")
    assert page.status_code == 503
    assert "现在联系不上" in page.text
    local = way.begin()
    way.person.submit(local, username="citizen", password="correct horse battery")
    assert way.told()["sub"] == identity.world.person("citizen")
