"""A black-box list after the OpenID Foundation's plans Basic, Config and Form Post.

Each test is named after what the plan demands; what other files of this folder try in depth
(redirect URIs, PKCE, codes, hints, claims, form_post) is not repeated.
"""

import base64
import json
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.support.identity import BASE, ISSUER, PASSWORD, Browser, World, claims, returned
from tests.support.relying_party import RelyingParty


@pytest.fixture
async def metadata(world: World) -> dict[str, Any]:
    async with world.http() as http:
        found: dict[str, Any] = (
            await http.get("/identity/.well-known/openid-configuration")
        ).json()
    return found


@pytest.fixture
async def party(world: World, browser: Browser) -> RelyingParty:
    return await RelyingParty.register(world, browser)


async def test_config_discovery_has_every_required_member(metadata: dict[str, Any]) -> None:
    for name in (
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "response_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
    ):
        assert metadata[name], name
    assert metadata["issuer"] == ISSUER
    assert all(
        value.startswith(BASE) for name, value in metadata.items() if name.endswith("_endpoint")
    )


async def test_config_jwks_holds_usable_public_keys_with_distinct_ids(world: World) -> None:
    async with world.http() as http:
        answer = await http.get("/identity/jwks")
    assert answer.headers["content-type"].startswith("application/jwk-set+json")
    keys = KeySet.import_key_set(answer.json()).keys
    assert len({key.kid for key in keys}) == len(keys) >= 2
    assert not any(key.is_private for key in keys)


async def test_config_only_supported_response_types_and_modes_answer(
    browser: Browser, metadata: dict[str, Any]
) -> None:
    assert metadata["response_types_supported"] == ["code"]
    for kind in ("id_token", "code token", "code id_token", "none", "CODE"):
        told = returned(await browser.authorize(response_type=kind))
        assert told["error"] == "unsupported_response_type", kind


async def test_basic_an_id_token_verifies_and_has_its_required_claims(
    party: RelyingParty, world: World
) -> None:
    issued = await party.tokens()
    async with world.http() as http:
        keys = KeySet.import_key_set((await http.get("/identity/jwks")).json())
    token = jwt.decode(issued["id_token"], keys, algorithms=["ES256"])
    said = token.claims
    assert (said["iss"], said["aud"], said["nonce"]) == (ISSUER, party.id, "the-nonce")
    assert said["iat"] < said["exp"]
    assert len(said["sub"]) <= 255
    assert said["sub"].isascii()
    assert token.header["kid"]


async def test_basic_a_request_without_nonce_succeeds_and_has_none(party: RelyingParty) -> None:
    assert "nonce" not in claims((await party.tokens(nonce=None))["id_token"])


async def test_basic_a_request_without_state_gets_none_back(party: RelyingParty) -> None:
    assert "state" not in returned(await party.allowed(state=None))


@pytest.mark.parametrize("scope", ["openid", "openid profile", "openid email", "openid phone"])
async def test_basic_a_scope_gives_its_claims_by_userinfo(party: RelyingParty, scope: str) -> None:
    told = await party.userinfo((await party.tokens(scope=scope))["access_token"])
    wanted = {
        "profile": {"name"},
        "email": {"email", "email_verified"},
        "phone": {"phone_number", "phone_number_verified"},
    }
    assert told.keys() - {"sub"} == wanted.get(scope.partition(" ")[2], set())


async def test_basic_userinfo_answers_by_get_and_post_with_the_token_in_the_header(
    party: RelyingParty, world: World
) -> None:
    token = (await party.tokens())["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    async with world.http() as http:
        got = await http.get("/identity/userinfo", headers=bearer)
        posted = await http.post("/identity/userinfo", headers=bearer)
        assert got.json() == posted.json()
        assert got.headers["content-type"].startswith("application/json")
        for asked in ({"params": {"access_token": token}}, {"data": {"access_token": token}}):
            method = "GET" if "params" in asked else "POST"
            refused = await http.request(method, "/identity/userinfo", **asked)  # type: ignore[arg-type]
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"].startswith("Bearer")


async def test_basic_display_and_other_known_parameters_are_let_through(
    party: RelyingParty,
) -> None:
    for extra in (
        {"display": "page"},
        {"display": "popup"},
        {"claims_locales": "se"},
        {"extra": "foobar"},
        {"registration": "{}"},
    ):
        assert "code" in returned(await party.allowed(**extra)), extra


async def test_basic_prompt_none_while_logged_in_keeps_the_login(party: RelyingParty) -> None:
    first = claims((await party.tokens())["id_token"])
    again = claims((await party.tokens(prompt="none"))["id_token"])
    assert (first["sub"], first["auth_time"]) == (again["sub"], again["auth_time"])


async def test_basic_max_age_brings_auth_time(party: RelyingParty) -> None:
    assert isinstance(claims((await party.tokens(max_age="15000"))["id_token"])["auth_time"], int)


async def test_basic_a_name_that_is_essential_comes_by_userinfo(party: RelyingParty) -> None:
    asked = json.dumps({"userinfo": {"name": {"essential": True}}})
    told = await party.userinfo((await party.tokens(scope="openid", claims=asked))["access_token"])
    assert told["name"] == "张若溪"


async def test_basic_a_code_used_twice_fails_and_ends_its_token(
    party: RelyingParty, world: World
) -> None:
    code = returned(await party.allowed())["code"]
    issued = (await party.redeem(code)).json()
    again = await party.redeem(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    async with world.http() as http:
        bearer = {"Authorization": f"Bearer {issued['access_token']}"}
        assert (await http.get("/identity/userinfo", headers=bearer)).status_code == 401


async def test_basic_a_redirect_uri_keeps_its_own_query(world: World, browser: Browser) -> None:
    uri = "https://app.example/cb?dummy1=lorem&dummy2=ipsum"
    party = await RelyingParty.register(world, browser, redirect_uris=[uri])
    told = returned(await party.allowed())
    assert (told["dummy1"], told["dummy2"]) == ("lorem", "ipsum")
    assert (await party.redeem(told["code"])).status_code == 200
    for other in ("https://app.example/cb", f"{uri}&x=y", "https://app.example/cb?dummy1=lorem"):
        assert (await party.authorize(redirect_uri=other)).status_code == 400


async def test_basic_a_missing_redirect_uri_is_an_error_shown_to_the_person(
    party: RelyingParty,
) -> None:
    answer = await party.authorize(redirect_uri=None)
    assert answer.status_code == 400
    assert "text/html" in answer.headers["content-type"]


async def test_basic_a_request_object_unsigned_is_refused(party: RelyingParty) -> None:
    unsigned = "eyJhbGciOiJub25lIn0.eyJzY29wZSI6Im9wZW5pZCJ9."
    told = returned(await party.authorize(request=unsigned))
    assert told["error"] == "request_not_supported"


async def test_form_post_every_response_is_a_form_to_the_redirect_uri(
    party: RelyingParty,
) -> None:
    page = await party.allowed(response_mode="form_post")
    assert page.headers["content-type"].startswith("text/html")
    assert 'method="post" action="https://app.example/cb"' in page.text
    assert 'name="code"' in page.text
    page = await party.authorize(response_mode="form_post", scope="openid nonsense")
    assert 'name="error" value="invalid_scope"' in page.text


FORGED: list[dict[str, Any]] = [
    {"alg": "none"},
    {"alg": "HS256"},
    {"typ": "JWT"},
    {"kid": "unknown"},
    {"jku": "https://evil.example/jwks", "kid": "unknown"},
    {"x5u": "https://evil.example/x", "kid": "unknown"},
    {"crit": ["exp"]},
]


async def test_tokens_of_other_kinds_or_hands_open_nothing(browser: Browser, world: World) -> None:
    issued = await browser.tokens("citizen", scope="openid profile")
    wrong = [issued["id_token"], issued["refresh_token"], issued["access_token"][:-4] + "AAAA"]
    wrong += [_reheaded(issued["access_token"], header) for header in FORGED]
    async with world.http() as http:
        for token in wrong:
            answer = await http.get(
                "/identity/userinfo", headers={"Authorization": f"Bearer {token}"}
            )
            assert answer.status_code == 401, token
            told = await http.post(
                "/identity/introspect", data={"token": token, **world.proof("portal")}
            )
            assert told.json() == {"active": False}, token


async def test_a_token_for_another_service_reads_no_userinfo(
    browser: Browser, world: World
) -> None:
    issued = await browser.tokens("citizen", resource=f"{BASE}/api/cases")
    answer = await _userinfo(world, issued["access_token"])
    assert answer.status_code == 401
    machine = await world.own_token("cases")
    assert (await _userinfo(world, machine)).status_code == 401
    without = await browser.tokens("citizen", scope="identity.self")
    assert (await _userinfo(world, without["access_token"])).status_code == 403


async def test_a_password_never_travels_on_with_the_redirect(browser: Browser) -> None:
    page = await browser.authorize(scope="openid")
    done = await browser.submit(page, username="citizen", password=PASSWORD)
    assert done.status_code == 303
    assert done.headers["referrer-policy"] == "no-referrer"
    assert PASSWORD not in done.headers["location"]


@pytest.mark.parametrize("path", ["/identity/nowhere", "/identity/authorize/x/y", "/identity/"])
async def test_an_address_that_is_none_has_a_page_and_a_problem(world: World, path: str) -> None:
    async with world.http() as http:
        for lang, text in (("zh", "没有这个页面"), ("en", "There is no such page")):
            page = await http.get(path, params={"lang": lang}, headers={"Accept": "text/html"})
            assert page.status_code == 404
            assert text in page.text
            assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        told = await http.get(path, headers={"Accept": "application/json"})
    assert told.status_code == 404
    assert told.headers["content-type"].startswith("application/problem+json")
    assert told.json()["status"] == 404


def _reheaded(token: str, changes: dict[str, Any]) -> str:
    head, body, signature = token.split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))) | changes
    new = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{new}.{body}.{'' if changes.get('alg') == 'none' else signature}"


async def _userinfo(world: World, token: str) -> httpx.Response:
    async with world.http() as http:
        return await http.get("/identity/userinfo", headers={"Authorization": f"Bearer {token}"})
