"""The main job by API, through the gateway only: what `make demo` plays."""

import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from deploy.demo.citizen import Citizen
from deploy.demo.story import play
from tests.support.journey import Journey
from tests.support.onebox import ROOT, Onebox

GUANGAN = ROOT / "../shared/data/service-items-guangan/bszl-data.json"


@pytest.fixture
def citizen(onebox: Onebox) -> Iterator[Citizen]:
    citizen = Citizen(onebox.demo)
    yield citizen
    citizen.close()


def test_the_story_is_played_from_the_search_to_the_delivery(onebox: Onebox) -> None:
    steps = list(play(onebox.demo))
    assert len(steps) == 13
    shown = " ".join(step.shown for step in steps)
    assert "出生登记" in shown
    assert "draft → submit → accept → decide → deliver" in shown
    assert "case_submitted → case_accepted → case_decided → case_delivered" in shown
    for fact in ("submitted", "accepted", "decided", "delivered"):
        assert f"tongban.cases.case_{fact}.v1" in shown


def test_the_same_key_gives_one_case_and_the_same_answer(onebox: Onebox, citizen: Citizen) -> None:
    journey = Journey(onebox)
    journey.walk(stop_after=1)
    before = journey.cases()
    body = {"item": onebox.demo["item"], "form": {}, "status": "draft"}
    citizen.log_in(onebox.demo["accounts"]["citizen"], citizen.register_app())
    first = citizen.post("/api/cases/v1/cases", body, expect=201, key="the-same")
    again = citizen.post("/api/cases/v1/cases", body, expect=201, key="the-same")
    assert first == again
    assert journey.cases() == before + 1
    journey.close()


def test_a_stranger_sees_nothing_of_the_case(onebox: Onebox, citizen: Citizen) -> None:
    journey = Journey(onebox)
    journey.walk(stop_after=1)
    citizen.log_in(onebox.demo["accounts"]["elder"], citizen.register_app())
    headers = {"Authorization": f"Bearer {citizen.token}"}
    for part in ("", "/history", "/clock"):
        address = f"{onebox.base}/api/cases/v1/cases/{journey.number}{part}"
        assert citizen.http.get(address, headers=headers).status_code in (403, 404)
    journey.close()


def test_the_person_sees_who_read_what(onebox: Onebox, citizen: Citizen) -> None:
    list(play(onebox.demo))
    citizen.log_in(onebox.demo["accounts"]["citizen"], citizen.register_app())
    reads = citizen.get("/api/identity/v1/me/access-log")["items"]
    assert {read["client"] for read in reads} >= {"exchange"}
    assert all(read["purpose"] and read["basis"] for read in reads)


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c"])
def test_a_bad_token_is_a_clear_401(onebox: Onebox, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = httpx.get(f"{onebox.base}/api/cases/v1/cases", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Bearer" in answer.headers["www-authenticate"]


def test_an_oversized_body_is_a_clear_413(onebox: Onebox, citizen: Citizen) -> None:
    citizen.log_in(onebox.demo["accounts"]["citizen"], citizen.register_app())
    answer = httpx.post(
        f"{onebox.base}/api/cases/v1/cases",
        content=b"x" * (3 * 1024 * 1024),
        headers={"Authorization": f"Bearer {citizen.token}", "Content-Type": "application/json"},
    )
    assert answer.status_code == 413
    assert answer.json()["remedy"]


@pytest.mark.skipif(
    not GUANGAN.exists(), reason="the public list of 广安区 is not beside the checkout"
)
def test_a_districts_list_is_imported_while_everything_runs(onebox: Onebox) -> None:
    environment = onebox.service_environment()
    command = [sys.executable, "-m", "services.catalogue", "import", str(GUANGAN)]
    mapping = ["--mapping", "deploy/examples/guangan.toml"]
    done = subprocess.run(
        [*command, *mapping], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "1135" in done.stdout
    found = httpx.get(
        f"{onebox.base}/api/catalogue/v1/items", params={"q": "社保卡挂失", "region": "511602"}
    ).json()["items"]
    assert "社会保障卡" in found[0]["name"]
    assert found[0]["status"] == "listed"
    assert found[0]["link"].startswith("http")
    mine = httpx.get(f"{onebox.base}/api/catalogue/v1/items", params={"q": "孩子刚出生要上户口"})
    assert "出生" in mine.json()["items"][0]["name"]


def test_the_joined_api_document_names_every_service(onebox: Onebox) -> None:
    document = httpx.get(f"{onebox.base}/api/openapi.json").json()
    services = {path.split("/")[2] for path in document["paths"] if path.startswith("/api/")}
    assert services >= {"identity", "catalogue", "cases", "exchange"}
    assert httpx.get(f"{onebox.base}/api/docs").status_code == 200


def test_what_is_told_of_the_load_is_for_operators_only(onebox: Onebox) -> None:
    assert httpx.get(f"{onebox.base}/healthz").status_code == 200
    assert httpx.get(f"{onebox.base}/readyz").status_code == 200
    assert httpx.get(f"{onebox.base}/metrics").status_code == 401
