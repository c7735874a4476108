"""Tokens that are bound to a key, and thieves who do not have it (RFC 9449)."""

import asyncio
from typing import Any

import httpx
import pytest
from joserfc.jwk import OctKey, OKPKey, RSAKey

from services.identity.commands.used_once import UsedOnce
from services.identity.domain.clients import AUTHORIZATION_CODE, REFRESH_TOKEN, Client
from shared import clock
from shared.auth import dpop
from tests.support.dpop import TOKEN_URL, Holder
from tests.support.identity import BASE, CALLBACK, ISSUER, Browser, World, claims, later, returned
from tests.support.tokens import new_key

USERINFO = f"{ISSUER}/userinfo"
ME = f"{BASE}/api/identity/v1/me"
PUBLIC = Client(
    id="reader",
    name="手机应用",
    auth_method="none",
    grant_types=frozenset({AUTHORIZATION_CODE, REFRESH_TOKEN}),
    redirect_uris=(CALLBACK,),
    scopes=frozenset({"openid", "profile", "identity.self"}),
    dpop_bound_access_tokens=True,
)


async def _own(world: World, *proofs: str, **form: Any) -> httpx.Response:
    asked = {"grant_type": "client_credentials", **world.proof("cases"), **form}
    headers = [("DPoP", proof) for proof in proofs]
    async with world.http() as http:
        return await http.post("/identity/token", data=asked, headers=headers)


async def _public_tokens(world: World, browser: Browser, holder: Holder) -> dict[str, Any]:
    await world.register(PUBLIC)
    asked = {"client_id": "reader", "scope": "openid identity.self"}
    code = await browser.code("citizen", **asked, dpop_jkt=holder.thumbprint)
    answer = await _redeem(world, browser, code, holder.proof())
    assert answer.status_code == 200, answer.text
    issued: dict[str, Any] = answer.json()
    return issued


async def _redeem(world: World, browser: Browser, code: str, proof: str | None) -> httpx.Response:
    nothing = {"client_assertion": None, "client_assertion_type": None}
    form = browser.redemption(code, client_id="reader", **nothing)
    return await world.token(form, headers={} if proof is None else {"DPoP": proof})


async def _refresh(world: World, token: str, proof: str | None) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "reader"}
    return await world.token(form, headers={} if proof is None else {"DPoP": proof})


async def _get(world: World, url: str, headers: Any) -> httpx.Response:
    async with world.http() as http:
        return await http.get(url.replace(f"{BASE}/api/identity", BASE), headers=headers)


@pytest.mark.parametrize(
    "holder",
    [
        Holder(),
        Holder(OKPKey.generate_key("Ed25519"), "Ed25519"),
        Holder(RSAKey.generate_key(2048), "PS256"),
    ],
    ids=["ES256", "Ed25519", "PS256"],
)
async def test_a_token_is_bound_to_the_key_that_was_proved(world: World, holder: Holder) -> None:
    answer = await _own(world, holder.proof())
    assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP")
    assert claims(answer.json()["access_token"])["cnf"] == {"jkt": holder.thumbprint}


async def test_an_exchanged_token_may_be_bound_too(browser: Browser, world: World) -> None:
    scope = "openid cases.apply exchange.query"
    holder, subject = Holder(), (await browser.tokens("citizen", scope=scope))["access_token"]
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": subject,
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "audience": f"{BASE}/api/exchange",
    }
    answer = await _own(world, holder.proof(), **form)
    assert claims(answer.json()["access_token"])["cnf"] == {"jkt": holder.thumbprint}


_WRONG: list[tuple[str, dict[str, Any]]] = [
    ("another method", {"method": "GET"}),
    ("another endpoint", {"url": f"{ISSUER}/introspect"}),
    ("another host", {"url": "https://evil.example/identity/token"}),
    ("too old", {"iat": 1_600_000_000}),
    ("from the future", {"iat": 4_000_000_000}),
    ("no iat", {"iat": None}),
    ("iat as text", {"iat": "now"}),
    ("no jti", {"jti": None}),
    ("a long jti", {"jti": "x" * 201}),
    ("no htu", {"htu": None}),
    ("no htm", {"htm": None}),
    ("another type", {"header": {"typ": "JWT"}}),
    ("no key", {"header": {"jwk": None}}),
    ("a private key", {"header": {"jwk": new_key().as_dict(private=True)}}),
    ("another key", {"signer": new_key()}),
    ("a demand", {"header": {"crit": ["kid"], "kid": "1"}}),
    ("a key by address", {"header": {"jwk": None, "jku": "https://evil.example/jwks"}}),
]


@pytest.mark.parametrize(
    "changes", [changes for _, changes in _WRONG], ids=[name for name, _ in _WRONG]
)
async def test_a_wrong_proof_is_refused(world: World, changes: dict[str, Any]) -> None:
    answer = await _own(world, Holder().proof(**changes))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")


async def test_algorithms_of_proofs_cannot_be_confused(world: World) -> None:
    holder, shared = Holder(), OctKey.import_key("k" * 32)
    symmetric = {"alg": "HS256", "jwk": shared.as_dict(private=True)}
    crafted = [
        holder.proof(header=symmetric, signer=shared),
        holder.proof(header={"alg": "RS256"}, signer=RSAKey.generate_key(2048)),
        holder.proof(header={"alg": "PS256"}, signer=RSAKey.generate_key(2048)),
        holder.proof().rpartition(".")[0] + ".",
        "a.b.c",
        "x" * 5000,
    ]
    for proof in crafted:
        answer = await _own(world, proof)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")


async def test_two_proofs_are_refused(world: World) -> None:
    holder = Holder()
    assert (await _own(world, holder.proof(), holder.proof())).status_code == 400


async def test_a_proof_is_good_once_in_all_processes(world_anywhere: World) -> None:
    proof = Holder().proof()
    assert (await _own(world_anywhere, proof)).status_code == 200
    again = await _own(world_anywhere, proof)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_dpop_proof")
    # Another process has nothing in common with this one but the database.
    elsewhere = UsedOnce(world_anywhere.provider.db)
    assert not await elsewhere.first(dpop.read_proof([proof]).replay_key, later(minutes=1))


async def test_of_many_who_bring_one_proof_at_once_one_gets_in(world_anywhere: World) -> None:
    db, until = world_anywhere.provider.db, later(minutes=1)
    here, there = UsedOnce(db), UsedOnce(db)
    keys = [f"proof {number}" for number in range(20)] * 3
    told = await asyncio.gather(*(one.first(key, until) for key in keys for one in (here, there)))
    assert told.count(True) == 20


async def test_the_url_may_be_spelt_in_another_way(world: World) -> None:
    for url in ("HTTP://LOCALHOST:8000/identity/token", f"{TOKEN_URL}?x=1", f"{ISSUER}/tok%65n"):
        assert (await _own(world, Holder().proof(url))).status_code == 200


async def test_a_code_is_bound_to_the_key_it_was_asked_with(world: World, browser: Browser) -> None:
    holder = Holder()
    await world.register(PUBLIC)
    asked = {"client_id": "reader", "scope": "openid", "dpop_jkt": holder.thumbprint}
    code = await browser.code("citizen", **asked)
    for proof, error in ((None, "invalid_dpop_proof"), (Holder().proof(), "invalid_grant")):
        answer = await _redeem(world, browser, code, proof)
        assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert (await _redeem(world, browser, code, holder.proof())).status_code == 200


async def test_a_thumbprint_that_is_none_is_refused(browser: Browser) -> None:
    answer = await browser.authorize(dpop_jkt="short")
    assert returned(answer)["error"] == "invalid_request"


async def test_a_stolen_refresh_token_is_worth_nothing(world: World, browser: Browser) -> None:
    holder = Holder()
    issued = await _public_tokens(world, browser, holder)
    stolen = issued["refresh_token"]
    for proof in (None, Holder().proof()):
        assert (await _refresh(world, stolen, proof)).status_code == 400
    mine = await _refresh(world, stolen, holder.proof())
    assert claims(mine.json()["access_token"])["cnf"] == {"jkt": holder.thumbprint}
    # The thief tries the used one: without the key he cannot end the owner's family either.
    with clock.at(later(seconds=30)):
        assert (await _refresh(world, stolen, Holder().proof())).status_code == 400
        following = mine.json()["refresh_token"]
        assert (await _refresh(world, following, holder.proof())).status_code == 200


async def test_a_bound_token_opens_with_its_proof(world: World, browser: Browser) -> None:
    holder = Holder()
    token = (await _public_tokens(world, browser, holder))["access_token"]
    for url in (USERINFO, ME, f"{ME}?x=1"):
        answer = await _get(world, url, holder.headers(token, url))
        assert answer.status_code == 200, answer.text


async def test_a_stolen_bound_token_opens_nothing(world: World, browser: Browser) -> None:
    holder = Holder()
    token = (await _public_tokens(world, browser, holder))["access_token"]
    for url in (USERINFO, ME):
        used = holder.headers(token, url)
        assert (await _get(world, url, used)).status_code == 200
        thefts: list[tuple[Any, str]] = [
            ({"Authorization": f"Bearer {token}"}, "invalid_token"),
            ({"Authorization": f"DPoP {token}"}, "invalid_dpop_proof"),
            (Holder().headers(token, url), "invalid_token"),
            (used, "invalid_dpop_proof"),
            (holder.headers(token, url, "POST"), "invalid_dpop_proof"),
            (holder.headers(token, f"{BASE}/api/cases/v1/me"), "invalid_dpop_proof"),
            (holder.headers(token, url, ath=dpop.token_hash("another")), "invalid_dpop_proof"),
            (holder.headers(token, url, ath=None), "invalid_dpop_proof"),
            (holder.headers(token, url, iat=1_600_000_000), "invalid_dpop_proof"),
        ]
        for headers, error in thefts:
            answer = await _get(world, url, headers)
            told = answer.headers["www-authenticate"]
            assert answer.status_code == 401
            assert told.startswith("DPoP ")
            assert f'error="{error}"' in told
            assert f'algs="{" ".join(dpop.ALGORITHMS)}"' in told


async def test_an_unbound_token_does_not_come_by_dpop(world: World, browser: Browser) -> None:
    token = (await browser.tokens("citizen"))["access_token"]
    for url in (USERINFO, ME):
        answer = await _get(world, url, Holder().headers(token, url))
        assert answer.status_code == 401


async def test_introspection_tells_the_key(world: World) -> None:
    holder = Holder()
    token = (await _own(world, holder.proof())).json()["access_token"]
    async with world.http() as http:
        form = {"token": token, **world.proof("cases")}
        told = (await http.post("/identity/introspect", data=form)).json()
    assert (told["token_type"], told["cnf"]) == ("DPoP", {"jkt": holder.thumbprint})


async def test_a_nonce_is_demanded_where_it_is_set(world: World) -> None:
    world.provider.nonces.demanded = True
    holder = Holder()
    for made_up in (None, "made-up"):
        answer = await _own(world, holder.proof(nonce=made_up))
        assert (answer.status_code, answer.json()["error"]) == (400, "use_dpop_nonce")
    nonce = answer.headers["dpop-nonce"]
    assert (await _own(world, holder.proof(nonce=nonce))).status_code == 200
    with clock.at(later(minutes=10)):
        old = await _own(world, holder.proof(nonce=nonce))
        assert old.json()["error"] == "use_dpop_nonce"


async def test_who_lost_its_own_bound_token_cannot_have_it_exchanged(
    browser: Browser, world: World
) -> None:
    scope = "openid cases.apply exchange.query"
    subject = (await browser.tokens("citizen", scope=scope))["access_token"]
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "audience": f"{BASE}/api/exchange",
    }
    holder = Holder()
    first = await _own(world, holder.proof(), subject_token=subject, **form)
    mine = {**form, "subject_token": first.json()["access_token"]}
    assert (await _own(world, holder.proof(), **mine)).status_code == 200
    for proofs in ((), (Holder().proof(),)):
        assert (await _own(world, *proofs, **mine)).json()["error"] == "invalid_grant"
