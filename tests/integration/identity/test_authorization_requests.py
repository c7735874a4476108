"""Authorization requests that must be refused, and where the refusal is told."""

import httpx

from shared import clock
from tests.support.identity import CALLBACK, ISSUER, PASSWORD, Browser, later, returned

MUTATIONS = [
    "",
    "/auth/callback",
    "//localhost:8000/auth/callback",
    "http://localhost:8000",
    "http://localhost:8000/",
    "http://localhost:8000/auth",
    "http://localhost:8000/auth/",
    "http://localhost:8000/auth/callback/",
    "http://localhost:8000/auth/callback/x",
    "http://localhost:8000/auth/callbackx",
    "http://localhost:8000/auth/callback?",
    "http://localhost:8000/auth/callback?a=b",
    "http://localhost:8000/auth/callback#",
    "http://localhost:8000/auth/callback#x",
    "http://localhost:8000/auth/callback;x",
    "http://localhost:8000/auth/callback%00",
    "http://localhost:8000/auth/callback%20",
    "http://localhost:8000/auth/callback ",
    " http://localhost:8000/auth/callback",
    "http://localhost:8000/auth/callback\n",
    "http://localhost:8000/auth/callback\t",
    "http://localhost:8000/auth/callback\r\nX: y",
    "http://localhost:8000/auth/call%62ack",
    "http://localhost:8000/auth%2fcallback",
    "http://localhost:8000/auth%2Fcallback",
    "http://localhost:8000/AUTH/callback",
    "http://localhost:8000//auth/callback",
    "http://localhost:8000/./auth/callback",
    "http://localhost:8000/x/../auth/callback",
    "http://localhost:8000/auth/callback/..",
    "http://localhost:8000/auth/callback/../../evil",
    "http://localhost:8000/auth/callback/%2e%2e",
    "http://localhost:8000\\auth\\callback",
    "http:/\\localhost:8000/auth/callback",
    "http:\\\\localhost:8000/auth/callback",
    "http:localhost:8000/auth/callback",
    "http:///localhost:8000/auth/callback",
    "HTTP://localhost:8000/auth/callback",
    "https://localhost:8000/auth/callback",
    "ftp://localhost:8000/auth/callback",
    "javascript://localhost:8000/auth/callback",
    "javascript:alert(1)",
    "data:text/html,x",
    "custom://localhost:8000/auth/callback",
    "http://LOCALHOST:8000/auth/callback",
    "http://localhost./auth/callback",
    "http://localhost:8000./auth/callback",
    "http://localhost/auth/callback",
    "http://localhost:80/auth/callback",
    "http://localhost:8001/auth/callback",
    "http://localhost:08000/auth/callback",
    "http://localhost:8000:80/auth/callback",
    "http://127.0.0.1:8000/auth/callback",
    "http://[::1]:8000/auth/callback",
    "http://0.0.0.0:8000/auth/callback",
    "http://evil.example/auth/callback",
    "http://localhost:8000.evil.example/auth/callback",
    "http://localhost.evil.example:8000/auth/callback",
    "http://evil.example/http://localhost:8000/auth/callback",
    "http://evil.example#http://localhost:8000/auth/callback",
    "http://evil.example?http://localhost:8000/auth/callback",
    "http://evil.example\\@localhost:8000/auth/callback",
    "http://localhost:8000@evil.example/auth/callback",
    "http://user@localhost:8000/auth/callback",
    "http://user:pass@localhost:8000/auth/callback",
    "http://*.localhost:8000/auth/callback",
    "http://sub.localhost:8000/auth/callback",
    "http://ⓛocalhost:8000/auth/callback",
    "http://localhost:8000/auth/callback,http://evil.example/",
]


async def test_no_mutation_of_the_redirect_uri_is_ever_followed(browser: Browser) -> None:
    assert CALLBACK not in MUTATIONS
    for uri in MUTATIONS:
        answer = await browser.http.get(
            "/identity/authorize", params=browser.request() | {"redirect_uri": uri}
        )
        assert answer.status_code == 400, uri
        assert "location" not in answer.headers
        assert "invalid_request" in answer.text


async def test_two_redirect_uris_are_refused_on_our_own_page(browser: Browser) -> None:
    asked = [*browser.request().items(), ("redirect_uri", "https://evil.example/")]
    answer = await browser.http.get("/identity/authorize", params=httpx.QueryParams(tuple(asked)))
    assert answer.status_code == 400


async def test_an_unknown_client_is_told_on_our_own_page(browser: Browser) -> None:
    for client in ("nobody", "cases", "x" * 500, None):
        answer = await browser.authorize(client_id=client)
        assert answer.status_code == 400
        assert "client_id" in answer.text


WRONG_REQUESTS: list[tuple[dict[str, str | None], str]] = [
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": "s256"}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"code_challenge": "*" * 43}, "invalid_request"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "code id_token"}, "unsupported_response_type"),
    ({"response_type": None}, "invalid_request"),
    ({"response_mode": "fragment"}, "invalid_request"),
    ({"scope": None}, "invalid_request"),
    ({"scope": "openid nonsense"}, "invalid_scope"),
    ({"scope": '"<script>'}, "invalid_scope"),
    ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
    ({"request_uri": "https://evil.example/r"}, "request_uri_not_supported"),
    ({"prompt": "none login"}, "invalid_request"),
    ({"prompt": "dance"}, "invalid_request"),
    ({"max_age": "-1"}, "invalid_request"),
    ({"max_age": "soon"}, "invalid_request"),
    ({"max_age": "٣"}, "invalid_request"),
    ({"max_age": "9" * 400}, "invalid_request"),
    ({"nonce": "n" * 600}, "invalid_request"),
    ({"resource": "https://evil.example/"}, "invalid_target"),
    ({"resource": "http://localhost:8000/api/exchange"}, "invalid_target"),
    ({"prompt": "none"}, "login_required"),
]


async def test_a_wrong_request_goes_back_with_error_state_and_issuer(browser: Browser) -> None:
    for changes, error in WRONG_REQUESTS:
        answer = await browser.authorize(**changes)
        assert answer.headers["location"].startswith(f"{CALLBACK}?"), changes
        told = returned(answer)
        assert told["error"] == error, changes
        assert told["state"] == "the-state"
        assert told["iss"] == ISSUER


async def test_a_repeated_parameter_is_refused(browser: Browser) -> None:
    for name in ("scope", "state", "nonce", "code_challenge", "prompt", "foo"):
        asked = [*browser.request().items(), (name, "a"), (name, "b")]
        answer = await browser.http.get(
            "/identity/authorize", params=httpx.QueryParams(tuple(asked))
        )
        assert returned(answer)["error"] == "invalid_request", name


async def test_unknown_parameters_are_ignored(browser: Browser) -> None:
    assert (await browser.authorize(colour="blue")).status_code == 200


async def test_the_request_may_come_by_post(browser: Browser) -> None:
    answer = await browser.http.post("/identity/authorize", data=browser.request())
    page = await browser.follow(answer)
    assert "code" in returned(await browser.submit(page, username="citizen", password=PASSWORD))


async def test_prompt_login_asks_again_and_is_then_satisfied(browser: Browser) -> None:
    await browser.code("citizen")
    with clock.at(later(seconds=2)):
        page = await browser.authorize(prompt="login")
        assert page.status_code == 200
        resumed = await browser.http.get(page.url.path.replace("/login/", "/authorize/"))
        assert "/login/" in resumed.headers["location"]
        done = await browser.submit(page, username="citizen", password=PASSWORD)
        assert "code" in returned(done)


async def test_max_age_asks_again_when_the_login_is_older(browser: Browser) -> None:
    await browser.code("citizen")
    with clock.at(later(seconds=100)):
        assert "code" in returned(await browser.authorize(max_age="200"))
        assert (await browser.authorize(max_age="50")).status_code == 200
        assert returned(await browser.authorize(max_age="50", prompt="none"))["error"] == (
            "login_required"
        )


async def test_silent_login_never_chooses_for_the_person(browser: Browser) -> None:
    await browser.code("owner")
    told = returned(await browser.authorize(prompt="none"))
    assert told["error"] == "interaction_required"
    assert "code" in returned(await browser.authorize(prompt="none", scope="openid profile"))


async def test_every_answer_names_the_issuer(browser: Browser) -> None:
    told = returned(await browser.log_in("citizen"))
    assert told["iss"] == ISSUER
    assert told["state"] == "the-state"


async def test_no_page_can_be_framed_or_run_a_script_not_ours(browser: Browser) -> None:
    page = await browser.authorize()
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert f"script-src {ISSUER}/static/passkeys.js;" in policy
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert page.text.count("<script") == page.text.count('<script src="') == 1
    assert "style=" not in page.text
    second = await browser.http.get(page.url.path.replace("/login/", "/sign-up/"))
    assert "script-src 'none'" in second.headers["content-security-policy"]
    assert "<script" not in second.text


async def test_a_login_that_ended_begins_anew(browser: Browser) -> None:
    await browser.code("citizen")
    with clock.at(later(hours=9)):
        assert returned(await browser.authorize(prompt="none"))["error"] == "login_required"


async def test_an_interaction_waits_half_an_hour_and_ends_once(browser: Browser) -> None:
    page = await browser.authorize()
    done = await browser.submit(page, username="citizen", password=PASSWORD)
    assert "code" in returned(done)
    assert (await browser.http.get(page.url.path)).status_code == 400
    other = await browser.authorize(prompt="login")
    with clock.at(later(minutes=31)):
        assert (await browser.http.get(other.url.path)).status_code == 400
