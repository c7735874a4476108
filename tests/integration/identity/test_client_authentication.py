"""Clients that try to be another, or to use a proof twice."""

import base64
import json
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey

from shared.auth import keys as key_files
from shared.clock import now
from tests.support.identity import BASE, ISSUER, World, claims, signed_assertion
from tests.support.tokens import Issuer

GRANT = {"grant_type": "client_credentials"}


async def test_a_service_gets_a_token_for_itself(world: World) -> None:
    said = claims(await world.own_token("cases", audience=f"{BASE}/api/identity"))
    assert said["sub"] == said["client_id"] == "cases"
    assert said["aud"] == [f"{BASE}/api/identity"]
    assert said["scope"] == "identity.manage"
    assert not {"sid", "acr", "auth_time", "system"} & said.keys()


async def test_a_departments_token_says_whose_system_it_is(world: World) -> None:
    answer = await world.token(GRANT, auth=("department", world.department_secret))
    said = claims(answer.json()["access_token"])
    assert said["system"] == {"department": "11990102MB2906957H", "region": "990102000000"}
    assert said["scope"] == "cases.handle cases.read events.read exchange.query"


async def test_an_assertion_is_good_once(world: World) -> None:
    proof = world.proof("cases")
    assert (await world.token(GRANT | proof)).status_code == 200
    _refused(await world.token(GRANT | proof))


async def test_a_wrong_assertion_is_refused(world: World) -> None:
    for changes in _wrong_claims():
        proof = world.proof("cases", assertion=signed_assertion(world, "cases", **changes))
        _refused(await world.token(GRANT | proof))


async def test_the_token_endpoint_is_an_audience_too(world: World) -> None:
    signed = signed_assertion(world, "cases", aud=f"{ISSUER}/token")
    assert (await world.token(GRANT | world.proof("cases", assertion=signed))).status_code == 200


async def test_another_clients_key_does_not_help(world: World) -> None:
    content = claims(signed_assertion(world, "cases"))
    for key in (world.keys["portal"], key_files.generate()):
        forged = Issuer.sign({"alg": "ES256", "kid": world.keys["cases"].kid}, content, key)
        _refused(await world.token(GRANT | world.proof("cases", assertion=forged)))


async def test_algorithms_cannot_be_confused(world: World) -> None:
    content = claims(signed_assertion(world, "cases"))
    public = world.keys["cases"].as_pem(private=False)
    unsigned = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "none"}, content)
    )
    confused = jwt.encode({"alg": "HS256"}, content, OctKey.import_key(b"x" * 32))
    assert public
    for forged in (f"{unsigned}.", confused):
        _refused(await world.token(GRANT | world.proof("cases", assertion=forged)))


async def test_keys_that_the_assertion_brings_are_never_used(world: World) -> None:
    content, own = claims(signed_assertion(world, "cases")), key_files.generate()
    for header in (
        {"jwk": own.as_dict(private=False)},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/cert"},
        {"kid": own.kid},
        {"kid": "../../etc/passwd"},
        {"crit": ["b64"], "b64": True},
    ):
        forged = Issuer.sign({"alg": "ES256", **header}, content, own)
        _refused(await world.token(GRANT | world.proof("cases", assertion=forged)))


async def test_rubbish_is_no_assertion(world: World) -> None:
    for rubbish in ("x", "a.b", "a.b.c", "e30.e30.e30", "." * 9000, "密.码.钥"):
        _refused(await world.token(GRANT | world.proof("cases", assertion=rubbish)))


async def test_an_access_token_is_no_assertion(world: World) -> None:
    token = await world.own_token("cases")
    _refused(await world.token(GRANT | world.proof("cases", assertion=token)))


async def test_each_client_has_one_method(world: World) -> None:
    _refused(await world.token(GRANT, auth=("cases", "anything")))
    _refused(await world.token(GRANT | {"client_id": "cases"}))
    _refused(await world.token(GRANT | {"client_id": "department"}))
    in_body = {"client_id": "department", "client_secret": world.department_secret}
    _refused(await world.token(GRANT | in_body))
    both = await world.token(
        GRANT | world.proof("cases"), auth=("department", world.department_secret)
    )
    assert (both.status_code, both.json()["error"]) == (400, "invalid_request")


async def test_wrong_secrets_are_refused(world: World) -> None:
    for secret in ("", "s", world.department_secret + "x", "%00", "密"):
        _refused(await world.token(GRANT, auth=("department", secret)))
    for header in ("Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer x", "Digest y"):
        _refused(await world.token(GRANT, headers={"Authorization": header}))


async def test_scopes_stay_within_the_registration(world: World) -> None:
    answer = await world.token(
        GRANT | {"scope": "cases.read ops.read"}, auth=("department", world.department_secret)
    )
    assert answer.json()["error"] == "invalid_scope"
    narrowed = await world.token(
        GRANT | {"scope": "cases.read"}, auth=("department", world.department_secret)
    )
    assert narrowed.json()["scope"] == "cases.read"


async def test_unknown_resources_are_refused(world: World) -> None:
    for resource in (f"{BASE}/api/payment", "https://evil.example", f"{BASE}/api/cases/"):
        answer = await world.token(
            GRANT | {"resource": resource}, auth=("department", world.department_secret)
        )
        assert answer.json()["error"] == "invalid_target"


async def test_grants_stay_within_the_registration(world: World) -> None:
    answer = await world.token(
        {"grant_type": "authorization_code", "code": "x"},
        auth=("department", world.department_secret),
    )
    assert answer.json()["error"] == "unauthorized_client"
    unknown = await world.token(
        {"grant_type": "password", "username": "citizen", "password": "x"},
        auth=("department", world.department_secret),
    )
    assert unknown.json()["error"] == "unsupported_grant_type"


def _refused(answer: httpx.Response) -> None:
    assert answer.status_code == 401, answer.text
    assert answer.json()["error"] == "invalid_client"
    assert "www-authenticate" in answer.headers
    assert answer.headers["cache-control"] == "no-store"


def _wrong_claims() -> list[dict[str, Any]]:
    moment = int(now().timestamp())  # of the test, not of the import
    return [
        {"aud": f"{ISSUER}/authorize"},
        {"aud": "https://evil.example"},
        {"aud": [ISSUER, "https://evil.example"]},
        {"aud": None},
        {"exp": moment - 120},
        {"exp": moment + 7200},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": 1e300},
        {"exp": True},
        {"nbf": moment + 600},
        {"iat": moment + 600},
        {"jti": None},
        {"jti": ""},
        {"jti": "j" * 1000},
        {"iss": "portal"},
        {"sub": "portal"},
        {"sub": "nobody", "iss": "nobody"},
        {"sub": None},
    ]
