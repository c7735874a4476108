"""Apache's mod_auth_openidc and npm's openid-client log people in: once for both, out of both."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.support.clients.apache import apache, place, require_apache
from tests.support.clients.node import node
from tests.support.clients.person import Person
from tests.support.clients.served import Served, served_identity
from tests.support.identity import claims

GRANTS = ["authorization_code", "refresh_token"]


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_identity(tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.fixture(scope="module")
def parties() -> Iterator[str]:
    """The address below which each client of npm's openid-client lies."""
    with node("openid_client.mjs") as base:
        yield base


@pytest.fixture(scope="module")
def party(identity: Served, parties: str) -> Callable[..., str]:
    """Registers a client by itself (RFC 7591), and gives its address."""

    def register(name: str, auth: str = "client_secret_basic", **metadata: Any) -> str:
        asked = {
            "name": name,
            "issuer": identity.issuer,
            "token": identity.world.registration_token,
            "auth": auth,
            "metadata": {"grant_types": GRANTS, **metadata},
        }
        answer = httpx.post(f"{parties}/register", json=asked, timeout=15)
        assert answer.status_code == 200, answer.text
        return f"{parties}/{name}"

    return register


@pytest.fixture(scope="module")
def door(identity: Served) -> Iterator[str]:
    """Apache, in front of a page for those who are logged in."""
    require_apache()
    base = place()
    with _apache(identity, base):
        yield base


@contextmanager
def _apache(identity: Served, base: str, **options: str) -> Iterator[None]:
    registered = httpx.post(
        f"{identity.issuer}/register",
        json={
            "client_name": "Apache",
            "redirect_uris": [f"{base}/closed/back"],
            "post_logout_redirect_uris": [f"{base}/open.html"],
            "backchannel_logout_uri": f"{base}/closed/back?logout=backchannel",
        },
        headers={"Authorization": f"Bearer {identity.world.registration_token}"},
    )
    assert registered.status_code == 201, registered.text
    known = {name: registered.json()[name] for name in ("client_id", "client_secret")}
    with apache(base, issuer=identity.issuer, **known, **options):
        yield


@pytest.fixture
def person() -> Iterator[Person]:
    browser = Person()
    yield browser
    browser.close()


@pytest.mark.parametrize("auth", ["client_secret_basic", "private_key_jwt"])
def test_openid_client_logs_somebody_in(
    identity: Served, party: Callable[..., str], person: Person, auth: str
) -> None:
    site = party(auth.replace("_", "-"), auth)
    arrived = person.log_in(f"{site}/login")
    assert arrived.url == f"{site}/me", arrived.text
    assert arrived.json()["sub"].startswith("pws_")
    assert person.open(f"{site}/userinfo").json()["name"] == "张**"


def test_openid_client_refreshes_introspects_and_revokes(
    party: Callable[..., str], person: Person
) -> None:
    site = party("tokens")
    person.log_in(f"{site}/login")
    assert person.open(f"{site}/refresh").json()["rotated"] is True
    assert person.open(f"{site}/introspect").json()["active"] is True
    assert person.open(f"{site}/revoke").json() == {}
    assert person.open(f"{site}/introspect").json() == {"active": False}
    assert person.open(f"{site}/refresh").json()["oauth"] == "invalid_grant"


@pytest.mark.parametrize("auth", ["client_secret_basic", "private_key_jwt"])
def test_openid_client_gets_a_token_for_itself(party: Callable[..., str], auth: str) -> None:
    site = party(f"own-{auth[:6]}", auth, grant_types=["client_credentials"], redirect_uris=[])
    answer = httpx.get(f"{site}/client-credentials", params={"scope": "catalogue.read"})
    assert answer.json()["scope"] == "catalogue.read", answer.text
    assert claims(answer.json()["access_token"])["sub"].startswith("cli_")


def test_openid_client_is_told_what_was_refused(party: Callable[..., str], person: Person) -> None:
    site = party("refused")
    answer = person.open(f"{site}/login?prompt=none")
    assert answer.json()["oauth"] == "login_required", answer.text


def test_apache_opens_its_door_after_a_login(identity: Served, door: str, person: Person) -> None:
    arrived = person.log_in(f"{door}/closed/page.html")
    assert (arrived.status_code, arrived.text) == (200, "behind the door")
    assert arrived.headers["person"].startswith("pws_")
    assert arrived.headers["level"] == "urn:tongban:acr:l3"


def test_who_is_logged_in_at_one_is_logged_in_at_the_other(
    party: Callable[..., str], door: str, person: Person
) -> None:
    site = party("second")
    person.log_in(f"{door}/closed/page.html")
    arrived = person.open(f"{site}/login")
    assert arrived.url == f"{site}/me", arrived.text
    assert arrived.json()["sub"] == person.open(f"{door}/closed/page.html").headers["person"]


def test_who_logs_out_at_one_is_out_at_the_other(
    party: Callable[..., str], door: str, person: Person
) -> None:
    """By back-channel logout: neither of them sees the browser."""
    site = party("told")
    person.log_in(f"{site}/login")
    assert person.open(f"{door}/closed/page.html").text == "behind the door"
    person.open(f"{site}/logout")
    _until(lambda: 'name="password"' in person.open(f"{door}/closed/page.html").text)
    person.log_in(f"{door}/closed/page.html")
    assert person.open(f"{site}/login").url == f"{site}/me"
    person.open(f"{door}/closed/back?logout={door}/open.html")
    _until(lambda: person.open(f"{site}/me").status_code == 401)


def _until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until, "the other client was not told of the logout"
        time.sleep(0.05)


def test_after_logging_out_at_one_the_next_login_asks(
    party: Callable[..., str], door: str, person: Person
) -> None:
    site = party("left")
    person.log_in(f"{site}/login")
    gone = person.open(f"{site}/logout")
    assert gone.json() == {"out": True, "state": "left"}
    assert 'name="password"' in person.open(f"{door}/closed/page.html").text


def test_apache_logs_out_at_the_provider_too(
    party: Callable[..., str], door: str, person: Person
) -> None:
    site = party("after-apache")
    person.log_in(f"{door}/closed/page.html")
    gone = person.open(f"{door}/closed/back?logout={door}/open.html")
    assert gone.text == "before the door"
    assert 'name="password"' in person.open(f"{site}/login").text
