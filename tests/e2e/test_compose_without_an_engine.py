"""docker-compose.yml brings a place up: its commands, settings, secrets and order, as processes."""

from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import httpx
import pytest

from tests.support import composed as composing
from tests.support.composed import SERVICES, Composed, asked, composed
from tests.support.kafka import require_kafka


@pytest.fixture(scope="module")
def place() -> Iterator[Composed]:
    require_kafka()
    reason = composing.missing()
    if reason is not None:
        pytest.skip(reason)
    folder = Path(mkdtemp(prefix="tongban-composed-"))
    try:
        with composed(folder) as made:
            yield made
    finally:
        rmtree(folder, ignore_errors=True)


def test_the_gateway_finds_every_service_ready(place: Composed) -> None:
    told = asked(place.base, "/readyz").json()
    assert told["upstreams"] == dict.fromkeys(SERVICES, "ready")


def test_the_portal_opens_and_the_login_is_known_under_the_public_address(place: Composed) -> None:
    assert asked(place.base, "/").status_code == 200
    found = asked(place.base, "/identity/.well-known/openid-configuration").json()
    assert found["issuer"] == f"{place.base}/identity"


def test_prometheus_gets_in_with_the_secret_that_was_made_for_it(place: Composed) -> None:
    secret = (place.secrets / "prometheus_client").read_text().strip()
    answer = httpx.post(
        f"{place.base}/identity/token",
        auth=("prometheus", secret),
        data={"grant_type": "client_credentials", "scope": "ops.read"},
        timeout=30,
    )
    token = answer.json()["access_token"]
    assert "gateway_upstream_busy" in asked(place.base, "/metrics", token).text
    assert asked(place.base, "/metrics").status_code == 401


def test_a_service_has_no_key_and_no_secret_of_another(place: Composed) -> None:
    for name in SERVICES:
        keys = {file.name.partition(".")[0] for file in (place.folder / "keys" / name).iterdir()}
        assert keys == {name}
        secrets = place.file["services"][name]["secrets"]
        assert secrets == [f"{name}_database"]


def test_a_started_place_is_set_up_again_without_harm(place: Composed) -> None:
    place.provide_databases()
    assert "is there, stays" in place.run_job("cases-setup")
    assert "nothing new" in place.run_job("clients")
    assert asked(place.base, "/readyz").json()["upstreams"]["cases"] == "ready"
