"""The attack corpus: what must be refused, and with which reason."""

import base64
import json
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from shared import clock
from shared.auth import InvalidToken, Verifier
from tests.support.tokens import Issuer, new_key


def b64(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def refused(verifier: Verifier, token: str) -> str:
    with pytest.raises(InvalidToken) as refusal:
        await verifier.verify(token)
    assert token not in str(refusal.value) or token in ("", ".", "a")
    return refusal.value.reason.value


async def test_no_algorithm(issuer: Issuer, verifier: Verifier) -> None:
    for name in ("none", "None", "NONE"):
        header = {"alg": name, "typ": "at+jwt", "kid": issuer.key.kid}
        for signature in ("", b64(b"x" * 64)):
            token = f"{b64(header)}.{b64(issuer.claims())}.{signature}"
            assert await refused(verifier, token) == "wrong_algorithm"


async def test_hmac_with_the_public_key_as_secret(issuer: Issuer, verifier: Verifier) -> None:
    public = issuer.key.as_dict(private=False)
    for secret in (json.dumps(public).encode(), base64.urlsafe_b64decode(public["x"] + "=")):  # type: ignore[operator]
        header = {"alg": "HS256", "typ": "at+jwt", "kid": issuer.key.kid}
        token = issuer.sign(header, issuer.claims(), OctKey.import_key(secret))
        assert await refused(verifier, token) == "wrong_algorithm"


async def test_another_algorithm_of_a_key_of_ours(issuer: Issuer, verifier: Verifier) -> None:
    other = ECKey.generate_key("P-384", {"kid": str(issuer.key.kid)}, private=True)
    header = {"alg": "ES384", "typ": "at+jwt", "kid": issuer.key.kid}
    assert await refused(verifier, issuer.sign(header, issuer.claims(), other)) == "wrong_algorithm"


@pytest.mark.parametrize("typ", ["JWT", "logout+jwt", "secevent+jwt", None, 7, ["at+jwt"]])
async def test_an_id_token_is_no_access_token(
    issuer: Issuer, verifier: Verifier, typ: object
) -> None:
    header = b64({"alg": "ES256", "kid": issuer.key.kid, "typ": typ})
    token = f"{header}.{b64(issuer.claims())}.{b64(b'x' * 64)}"
    assert await refused(verifier, token) == "wrong_type"


@pytest.mark.parametrize("typ", ["AT+JWT", "application/at+jwt"])
async def test_other_spellings_of_the_type_are_good(
    issuer: Issuer, verifier: Verifier, typ: str
) -> None:
    assert (await verifier.verify(issuer.token(header={"typ": typ}))).is_person


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c"])
async def test_a_key_that_the_token_brings_is_not_used(
    issuer: Issuer, verifier: Verifier, name: str
) -> None:
    foreign = new_key()
    brought: dict[str, Any] = {
        "jku": "http://127.0.0.1:9/jwks",
        "x5u": "http://127.0.0.1:9/cert",
        "jwk": foreign.as_dict(private=False),
        "x5c": ["MIIB"],
    }
    header = {name: brought[name], "kid": issuer.key.kid}
    assert await refused(verifier, issuer.token(key=foreign, header=header)) == "bad_signature"
    assert issuer.fetches == 1


async def test_a_header_of_ours_beside_an_unknown_one_is_good(
    issuer: Issuer, verifier: Verifier
) -> None:
    token = issuer.token(header={"jku": "http://127.0.0.1:9/jwks", "colour": "red"})
    assert (await verifier.verify(token)).is_person


async def test_a_demanded_extension_is_refused(issuer: Issuer, verifier: Verifier) -> None:
    for crit in (["b64"], ["exp"], [], "b64"):
        header = {"alg": "ES256", "typ": "at+jwt", "kid": issuer.key.kid, "crit": crit, "b64": True}
        token = f"{b64(header)}.{b64(issuer.claims())}.{b64(b'x' * 64)}"
        assert await refused(verifier, token) == "malformed"


@pytest.mark.parametrize("kid", ["other", "", None, 5, "../../etc/passwd", "' OR 1=1"])
async def test_an_unknown_key(issuer: Issuer, verifier: Verifier, kid: object) -> None:
    header = b64({"alg": "ES256", "typ": "at+jwt", "kid": kid})
    token = f"{header}.{b64(issuer.claims())}.{b64(b'x' * 64)}"
    assert await refused(verifier, token) == "unknown_key"


async def test_a_changed_token(issuer: Issuer, verifier: Verifier) -> None:
    header, payload, signature = issuer.token().split(".")
    changed = b64(issuer.claims(sub="psn_other"))
    assert await refused(verifier, f"{header}.{changed}.{signature}") == "bad_signature"
    flipped = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
    assert await refused(verifier, f"{header}.{payload}.{flipped}") == "bad_signature"


@pytest.mark.parametrize("signature", [b"", b"x", b"\0" * 64, b"\xff" * 64, b"x" * 63, b"x" * 96])
async def test_signatures_that_are_none(
    issuer: Issuer, verifier: Verifier, signature: bytes
) -> None:
    header, payload, _ = issuer.token().split(".")
    assert await refused(verifier, f"{header}.{payload}.{b64(signature)}") == "bad_signature"


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a",
        "a.b.c",
        "a.b.c.d.e",
        f"{b64('alg')}.e30.",
        f"{b64(['alg'])}.e30.",
        f"{b64(5)}.e30.",
        f"{b64(None)}.e30.",
        f"{b64(b'{not json')}.e30.",
        f"{b64(b'[' * 300)}.e30.",
        "令牌.令牌.令牌",
        "\ud800.a.b",
        "a\x00.b.c",
        "a b.c.d",
    ],
)
async def test_what_is_no_token(verifier: Verifier, token: str) -> None:
    assert await refused(verifier, token) == "malformed"


async def test_a_truncated_token(issuer: Issuer, verifier: Verifier) -> None:
    token = issuer.token()
    for length in range(0, len(token), 17):
        assert await refused(verifier, token[:length]) in ("malformed", "bad_signature")


async def test_an_oversized_token(issuer: Issuer, verifier: Verifier) -> None:
    assert await refused(verifier, issuer.token(note="x" * 9000)) == "too_large"
    assert issuer.fetches == 0


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b'"x"', b"{", b"\xff", b"[" * 3000])
async def test_content_that_is_no_object(
    issuer: Issuer, verifier: Verifier, payload: bytes
) -> None:
    header = {"alg": "ES256", "typ": "at+jwt", "kid": issuer.key.kid}
    token = jws.serialize_compact(header, payload, issuer.key, algorithms=["ES256"])
    assert await refused(verifier, token) == "malformed"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "http://localhost:8000/identity/"}, "wrong_issuer"),
        ({"iss": "https://evil.example"}, "wrong_issuer"),
        ({"aud": ["http://localhost:8000/api/exchange"]}, "wrong_audience"),
        ({"aud": "http://localhost:8000/api/cases2"}, "wrong_audience"),
        ({"aud": []}, "wrong_audience"),
        ({"aud": None}, "wrong_audience"),
    ],
)
async def test_a_token_of_others_or_for_others(
    issuer: Issuer, verifier: Verifier, changes: dict[str, Any], reason: str
) -> None:
    assert await refused(verifier, issuer.token(**changes)) == reason


@pytest.mark.parametrize(
    ("begin", "end", "reason"),
    [
        ({"iat": -400}, -100, "expired"),
        ({"iat": 60}, 300, "not_yet_valid"),
        ({"iat": 0, "nbf": 60}, 300, "not_yet_valid"),
        ({"iat": 0}, 7200, "bad_claims"),
        ({"iat": -10}, -20, "bad_claims"),
    ],
)
async def test_a_token_of_another_time(
    issuer: Issuer, verifier: Verifier, begin: dict[str, int], end: int, reason: str
) -> None:
    now = int(clock.now().timestamp())
    times: dict[str, Any] = {name: now + offset for name, offset in begin.items()}
    assert await refused(verifier, issuer.token(**times, exp=now + end)) == reason


@pytest.mark.parametrize("name", ["exp", "iat", "iss", "sub", "client_id", "jti"])
async def test_a_claim_that_must_be_there(issuer: Issuer, verifier: Verifier, name: str) -> None:
    assert await refused(verifier, issuer.token(**{name: None})) == "bad_claims"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"exp": "9999999999"},
        {"exp": True},
        {"iat": "now"},
        {"nbf": [1]},
        {"sub": 5},
        {"sub": ""},
        {"sub": "psn_1", "client_id": "psn_1"},
        {"aud": [1]},
        {"aud": {"a": 1}},
        {"scope": ["cases.apply"]},
        {"auth_time": "yesterday"},
        {"on_behalf_of": "org_1"},
        {"on_behalf_of": {"type": "robot", "id": "x", "delegation": "d"}},
        {"on_behalf_of": {"type": "org", "id": "org_1"}},
        {"on_behalf_of": {"type": "org", "id": "org_1", "delegation": "d", "items": "A"}},
        {"staff": ["officer"]},
        {"staff": {"id": "stf_1", "department": "d"}},
        {"staff": {"id": "stf_1", "department": "d", "region": "r", "roles": "admin"}},
        {"act": "cases"},
        {"act": {}},
    ],
)
async def test_claims_of_the_wrong_form(
    issuer: Issuer, verifier: Verifier, changes: dict[str, Any]
) -> None:
    assert await refused(verifier, issuer.token(**changes)) == "bad_claims"


async def test_an_endless_chain_of_actors(issuer: Issuer, verifier: Verifier) -> None:
    chain: dict[str, Any] = {"sub": "a"}
    for _ in range(20):
        chain = {"sub": "a", "act": chain}
    assert await refused(verifier, issuer.token(act=chain)) == "bad_claims"


async def test_a_key_of_another_kind_in_the_key_set_is_left_alone(issuer: Issuer) -> None:
    rsa = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
    encryption = ECKey.generate_key("P-256", {"kid": "enc", "use": "enc"})
    ours = issuer.key.as_dict(private=False)
    entries = [rsa.as_dict(private=False), encryption.as_dict(private=False), 5, {}, ours]
    entries.append({**ours, "kid": "bent", "x": "AAAA"})

    async def jwks() -> dict[str, Any]:
        return {"keys": entries}

    verifier = Verifier(jwks, issuer.issuer, issuer.audience)
    assert (await verifier.verify(issuer.token())).is_person
    for kid in ("rsa", "enc", "bent"):
        assert await refused(verifier, issuer.token(header={"kid": kid})) == "unknown_key"
