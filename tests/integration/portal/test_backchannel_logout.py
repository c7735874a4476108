"""The provider tells the portal that a login has ended: the visit ends, and nothing else does."""

from typing import Any

import httpx
import pytest

from shared import clock
from tests.support.portal_gateway import BASE, PERSON, PortalGateway
from tests.support.tokens import Issuer, new_key

EVENT = "http://schemas.openid.net/event/backchannel-logout"


async def test_the_visit_of_an_ended_login_is_over(browser: Any, gateway: PortalGateway) -> None:
    await _log_in(browser, gateway, "ses_1")
    assert (await _told(browser, gateway)).status_code == 200
    assert (await browser.get("/me")).is_redirect
    assert "张若溪" not in (await browser.get("/")).text


async def test_the_visit_of_another_login_goes_on(browser: Any, gateway: PortalGateway) -> None:
    await _log_in(browser, gateway, "ses_2")
    assert (await _told(browser, gateway)).status_code == 200
    assert (await browser.get("/me")).status_code == 200


async def test_without_a_session_every_visit_of_the_person_ends(
    browser: Any, gateway: PortalGateway
) -> None:
    await _log_in(browser, gateway, "ses_2")
    await _told(browser, gateway, sid=None)
    assert (await browser.get("/me")).is_redirect


async def test_a_desk_that_logged_in_later_goes_on(browser: Any, gateway: PortalGateway) -> None:
    await _log_in(browser, gateway, "ses_1")
    gateway.changes = {"sid": "ses_2"}
    await browser.visit("/desk/login")
    await _told(browser, gateway)
    assert (await browser.get("/me")).is_redirect
    assert (await browser.get("/desk")).status_code == 200


async def test_telling_it_twice_does_no_harm(browser: Any, gateway: PortalGateway) -> None:
    await _log_in(browser, gateway, "ses_1")
    assert (await _told(browser, gateway)).status_code == 200
    assert (await _told(browser, gateway)).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["another"]},
        {"events": None},
        {"events": {}},
        {"events": {EVENT: True}},
        {"events": [EVENT]},
        {"nonce": "x"},
        {"iat": 1},
        {"iat": None},
        {"exp": 1},
        {"exp": "soon"},
        {"jti": None},
        {"sub": None, "sid": None},
    ],
)
async def test_a_token_that_does_not_fit_ends_nothing(
    browser: Any, gateway: PortalGateway, changes: dict[str, Any]
) -> None:
    await _log_in(browser, gateway, "ses_1")
    answer = await _told(browser, gateway, **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert (await browser.get("/me")).status_code == 200


async def test_a_forged_token_ends_nothing(browser: Any, gateway: PortalGateway) -> None:
    await _log_in(browser, gateway, "ses_1")
    good = _token(gateway)
    other = new_key()
    theirs = Issuer.sign({"alg": "ES256", "kid": gateway.issuer.key.kid}, _claims(), other)
    unsigned = f"eyJhbGciOiJub25lIn0.{good.split('.')[1]}."
    for token in (theirs, unsigned, good[:-6] + "AAAAAA", "x", "", "a.b.c", "é.é.é"):
        assert (await _post(browser, token)).status_code == 400, token
    assert (await browser.get("/me")).status_code == 200


async def test_an_id_token_ends_nothing(browser: Any, gateway: PortalGateway) -> None:
    await _log_in(browser, gateway, "ses_1")
    answer = await _told(browser, gateway, events=None, nonce="n")
    assert answer.status_code == 400
    assert (await browser.get("/me")).status_code == 200


async def test_without_the_providers_keys_it_is_asked_to_come_again(
    browser: Any, gateway: PortalGateway
) -> None:
    token = _token(gateway)
    gateway.down.add("identity")
    gateway.issuer.down = True
    assert (await _post(browser, token)).status_code == 503


async def _log_in(browser: Any, gateway: PortalGateway, session: str) -> None:
    gateway.changes = {"sid": session}
    assert (await browser.visit("/me")).status_code == 200


def _claims(**changes: Any) -> dict[str, Any]:
    moment = int(clock.now().timestamp())
    said = {
        "iss": f"{BASE}/identity",
        "aud": "portal",
        "sub": PERSON["id"],
        "sid": "ses_1",
        "iat": moment,
        "exp": moment + 120,
        "jti": "jti_1",
        "events": {EVENT: {}},
    } | changes
    return {name: value for name, value in said.items() if value is not None}


def _token(gateway: PortalGateway, **changes: Any) -> str:
    key = gateway.issuer.key
    return Issuer.sign(
        {"alg": "ES256", "typ": "logout+jwt", "kid": key.kid}, _claims(**changes), key
    )


async def _told(browser: Any, gateway: PortalGateway, **changes: Any) -> httpx.Response:
    return await _post(browser, _token(gateway, **changes))


async def _post(browser: Any, token: str) -> httpx.Response:
    """As the provider does: without a cookie."""
    async with httpx.AsyncClient(transport=browser._transport, base_url=BASE) as provider:
        return await provider.post("/auth/backchannel-logout", data={"logout_token": token})
