"""A kiosk shows a code, and a person lets it in from a phone (RFC 8628)."""

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from services.identity.domain.clients import DEVICE_CODE, REFRESH_TOKEN, Client
from services.identity.domain.device_codes import ALPHABET, typed
from shared import clock
from tests.support.dpop import Holder
from tests.support.identity import ISSUER, Browser, World, claims, later

KIOSK = Client(
    id="kiosk",
    name="政务大厅自助机",
    auth_method="none",
    grant_types=frozenset({DEVICE_CODE, REFRESH_TOKEN}),
    scopes=frozenset({"openid", "profile", "cases.apply", "identity.self"}),
)


@pytest.fixture
async def kiosk(world: World) -> World:
    await world.register(KIOSK)
    return world


async def _start(world: World, **changes: Any) -> dict[str, Any]:
    answer = await _started(world, **changes)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def _started(world: World, **changes: Any) -> httpx.Response:
    form = {"client_id": "kiosk", "scope": "openid cases.apply identity.self"} | changes
    async with world.http() as http:
        return await http.post("/identity/device_authorization", data=form)


async def _poll(world: World, device_code: str, **options: Any) -> httpx.Response:
    form = {"grant_type": DEVICE_CODE, "device_code": device_code, "client_id": "kiosk"}
    return await world.token(form, **options)


async def _question(browser: Browser, uri: str, code: str | None = None) -> httpx.Response:
    parts = urlsplit(uri)
    page = await browser.http.get(f"{parts.path}?{parts.query}")
    shown = page.text.split('name="user_code" value="')[1].split('"')[0]
    return await browser.submit(page, user_code=code or shown)


async def _confirm(browser: Browser, who: str, told: dict[str, Any]) -> httpx.Response:
    question = await _question(browser, told["verification_uri_complete"])
    assert "政务大厅自助机" in question.text
    assert told["user_code"] in question.text
    assert "都是骗局" in question.text
    login = await browser.submit(question, yes="1")
    return await browser.submit(login, username=who, password="correct horse battery")


async def test_a_person_lets_a_kiosk_in(kiosk: World, browser: Browser) -> None:
    told = await _start(kiosk)
    assert (told["expires_in"], told["interval"]) == (600, 5)
    assert told["verification_uri"] == f"{ISSUER}/device"
    assert typed(told["user_code"]) is not None
    waiting = await _poll(kiosk, told["device_code"])
    assert (waiting.status_code, waiting.json()["error"]) == (400, "authorization_pending")
    done = await _confirm(browser, "citizen", told)
    assert "设备已登录" in done.text
    issued = (await _poll(kiosk, told["device_code"])).json()
    said = claims(issued["access_token"])
    assert (said["sub"], said["client_id"]) == (kiosk.person("citizen"), "kiosk")
    assert {"refresh_token", "id_token"} <= issued.keys()
    again = await _poll(kiosk, told["device_code"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


async def test_for_whom_is_chosen_on_the_phone(kiosk: World, browser: Browser) -> None:
    told = await _start(kiosk)
    page = await _confirm(browser, "owner", told)
    delegation = page.text.split('value="dlg_')[1].split('"')[0]
    await browser.submit(page, **{"for": f"dlg_{delegation}"})
    issued = (await _poll(kiosk, told["device_code"])).json()
    said = claims(issued["access_token"])
    assert said["on_behalf_of"]["id"] == kiosk.seeded.organisations["restaurant"]


async def test_who_is_logged_in_confirms_only(kiosk: World, browser: Browser) -> None:
    await browser.tokens("citizen")
    told = await _start(kiosk)
    done = await browser.submit(
        await _question(browser, told["verification_uri_complete"]), yes="1"
    )
    assert "设备已登录" in done.text
    assert (await _poll(kiosk, told["device_code"])).status_code == 200


async def test_who_refuses_or_turns_back_ends_it(kiosk: World, browser: Browser) -> None:
    told = await _start(kiosk)
    question = await _question(browser, told["verification_uri_complete"])
    assert "设备没有登录" in (await browser.submit(question, no="1")).text
    assert (await _poll(kiosk, told["device_code"])).json()["error"] == "access_denied"
    told = await _start(kiosk)
    question = await _question(browser, told["verification_uri_complete"])
    login = await browser.submit(question, yes="1")
    away = login.text.split("cancel/")[1].split('"')[0]
    ended = await browser.follow(await browser.http.get(f"/identity/cancel/{away}"))
    assert "设备没有登录" in ended.text
    assert (await _poll(kiosk, told["device_code"])).json()["error"] == "access_denied"


async def test_a_device_that_asks_too_often_is_told_to_slow_down(kiosk: World) -> None:
    code = (await _start(kiosk))["device_code"]
    errors = [(await _poll(kiosk, code)).json()["error"] for _ in range(2)]
    with clock.at(later(seconds=6)):
        errors.append((await _poll(kiosk, code)).json()["error"])
    with clock.at(later(seconds=30)):
        errors.append((await _poll(kiosk, code)).json()["error"])
    assert errors == ["authorization_pending", "slow_down", "slow_down", "authorization_pending"]


async def test_codes_live_for_ten_minutes(kiosk: World, browser: Browser) -> None:
    told = await _start(kiosk)
    with clock.at(later(minutes=11)):
        assert (await _poll(kiosk, told["device_code"])).json()["error"] == "expired_token"
        page = await _question(browser, told["verification_uri_complete"])
        assert page.status_code == 400


async def test_a_code_may_be_typed_in_any_way(kiosk: World, browser: Browser) -> None:
    told = await _start(kiosk)
    for text in (told["user_code"].lower(), told["user_code"].replace("-", " ")):
        page = await _question(browser, told["verification_uri"], text)
        assert "政务大厅自助机" in page.text


async def test_guessing_user_codes_is_slowed(kiosk: World, browser: Browser) -> None:
    page = await browser.http.get("/identity/device")
    statuses = []
    for number in range(60):
        guess = "".join(ALPHABET[(number + place) % len(ALPHABET)] for place in range(8))
        statuses.append((await browser.submit(page, user_code=guess)).status_code)
        if statuses[-1] == 429:
            break
    assert statuses[0] == 400
    assert statuses[-1] == 429


async def test_an_answer_cannot_be_forged_from_elsewhere(kiosk: World, browser: Browser) -> None:
    told = await _start(kiosk)
    for token in ("", "made-up"):
        answer = await browser.http.post(
            f"/identity/device/{told['user_code']}", data={"token": token, "yes": "1"}
        )
        assert answer.status_code == 400
    answer = await browser.http.get("/identity/device/done", params={"code": "made-up"})
    assert answer.status_code == 400
    assert (await _poll(kiosk, told["device_code"])).json()["error"] == "authorization_pending"


async def test_the_devices_code_is_its_clients_alone(kiosk: World) -> None:
    told = await _start(kiosk)
    await kiosk.register(
        Client(
            id="other",
            name="other",
            auth_method="none",
            grant_types=KIOSK.grant_types,
            scopes=KIOSK.scopes,
        )
    )
    form = {"grant_type": DEVICE_CODE, "device_code": told["device_code"], "client_id": "other"}
    assert (await kiosk.token(form)).json()["error"] == "invalid_grant"


async def test_only_who_is_registered_for_it_may_begin(kiosk: World) -> None:
    for changes, error in (
        ({"scope": "cases.read"}, "invalid_scope"),
        ({"scope": ""}, "invalid_request"),
        ({"client_id": "nobody"}, "invalid_client"),
    ):
        assert (await _started(kiosk, **changes)).json()["error"] == error
    refused = await _started(kiosk, client_id="", **kiosk.proof("portal"))
    assert refused.json()["error"] == "unauthorized_client"


async def test_a_kiosks_tokens_may_be_bound_to_its_key(kiosk: World, browser: Browser) -> None:
    told, holder = await _start(kiosk), Holder()
    await _confirm(browser, "citizen", told)
    answer = await _poll(kiosk, told["device_code"], headers={"DPoP": holder.proof()})
    said = claims(answer.json()["access_token"])
    assert said["cnf"] == {"jkt": holder.thumbprint}
