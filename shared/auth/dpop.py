"""Proofs of possession (RFC 9449): what a DPoP proof must say, one function per requirement.

A proof is a small JWT that its sender signs anew for each request with a key of its own; a
token that names this key (`cnf.jkt`) is of no use to who does not have it.
"""

import base64
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

ALGORITHMS = ("ES256", "Ed25519", "EdDSA", "PS256")
AGE_SECONDS = 60.0
AHEAD_SECONDS = 15.0
_REGISTRY = jws.JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
_REGISTRY.max_header_length = 2048  # the key is in the header
_REGISTRY.max_header_length = 2048  # the key stands in the header
_LARGEST = 4096
_LONGEST_ID = 200
_SHORTEST_RSA = 2048
_PRIVATE_PARTS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DEFAULT_PORTS = {"http": 80, "https": 443}

ProofKey = ECKey | OKPKey | RSAKey


class InvalidProof(Exception):
    """The proof is refused; `detail` says why and repeats nothing of it."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof whose signature holds; whether it fits the request is for the checks below."""

    thumbprint: str
    token_id: str
    method: str
    url: str
    issued_at: float
    nonce: str | None
    token_hash: str | None

    @property
    def replay_key(self) -> str:
        """What is remembered of a proof that was used."""
        return hashlib.sha256(f"dpop\0{self.thumbprint}\0{self.token_id}".encode()).hexdigest()


def read_proof(headers: Sequence[str]) -> Proof:
    """The proof of a request's DPoP headers (section 4.3, steps 1 to 7)."""
    check_one(headers)
    signed = _parsed(headers[0])
    key = check_header(signed.headers())
    check_signature(signed, key)
    claims = _claims(signed)
    return Proof(
        thumbprint=key.thumbprint(),
        token_id=_token_id(claims),
        method=_text(claims, "htm"),
        url=_text(claims, "htu"),
        issued_at=_moment(claims),
        nonce=_text(claims, "nonce") if "nonce" in claims else None,
        token_hash=_text(claims, "ath") if "ath" in claims else None,
    )


def check_one(headers: Sequence[str]) -> None:
    """There is not more than one DPoP header."""
    if len(headers) != 1:
        raise InvalidProof("send one DPoP header")


def check_header(header: Mapping[str, Any]) -> ProofKey:
    """`typ` is dpop+jwt, `alg` is asymmetric and known here, `jwk` is a public key."""
    if header.get("typ") != "dpop+jwt":
        raise InvalidProof("typ of the proof must be dpop+jwt")
    if header.get("alg") not in ALGORITHMS:
        raise InvalidProof(f"the proof must be signed with one of {' '.join(ALGORITHMS)}")
    if "crit" in header:
        raise InvalidProof("the proof demands an extension that is not known")
    given = header.get("jwk")
    if not isinstance(given, dict) or _PRIVATE_PARTS & given.keys():
        raise InvalidProof("the header of the proof carries its public key in jwk")
    return _key(str(header["alg"]), json.dumps(given, sort_keys=True))


def check_signature(signed: jws.CompactSignature, key: ProofKey) -> None:
    """The signature verifies with the key that the header carries."""
    try:
        genuine = jws.validate_compact(signed, key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError):
        genuine = False
    if not genuine:
        raise InvalidProof("the signature of the proof does not match its key")


def check_method(proof: Proof, method: str) -> None:
    """`htm` is the method of this request."""
    if proof.method != method:
        raise InvalidProof("htm of the proof is not the method of the request")


def check_url(proof: Proof, *urls: str) -> None:
    """`htu` is the public URL of this request, without query and fragment."""
    claimed = normal(proof.url)
    if claimed is None or all(normal(url) != claimed for url in urls):
        raise InvalidProof("htu of the proof is not the URL of the request")


def check_age(proof: Proof, moment: float) -> None:
    """`iat` lies within a minute."""
    if proof.issued_at > moment + AHEAD_SECONDS:
        raise InvalidProof("iat of the proof lies in the future; compare the clocks")
    if proof.issued_at < moment - AGE_SECONDS:
        raise InvalidProof("the proof is too old: make one for each request")


def check_token(proof: Proof, token: str) -> None:
    """`ath` is the hash of the access token that comes with the proof."""
    if proof.token_hash != token_hash(token):
        raise InvalidProof("ath of the proof is not the hash of the access token")


def token_hash(token: str) -> str:
    """The base64url-encoded SHA-256 of a token."""
    digest = hashlib.sha256(token.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def normal(url: str) -> str | None:
    """A URL by which two spellings of one address compare (RFC 3986, section 6.2); None: none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname or parts.username is not None or parts.scheme not in _DEFAULT_PORTS:
        return None
    shown = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{parts.hostname}{shown}{_ESCAPE.sub(_escape, parts.path) or '/'}"


def _escape(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if character in _UNRESERVED else found[0].upper()


@lru_cache(maxsize=1024)
def _key(algorithm: str, jwk: str) -> ProofKey:
    try:
        key = _imported(algorithm, json.loads(jwk))
        if isinstance(key, RSAKey) and key.public_key.key_size < _SHORTEST_RSA:
            raise ValueError
        curve = "Ed25519" if isinstance(key, OKPKey) else "P-256"
        if not isinstance(key, RSAKey) and key.curve_name != curve:
            raise ValueError
        key.public_key  # noqa: B018 - whether the point lies on the curve is seen now
    except (JoseError, ValueError, TypeError, KeyError):
        raise InvalidProof("jwk of the proof is no key for its alg") from None
    return key


def _imported(algorithm: str, jwk: dict[str, Any]) -> ProofKey:
    if algorithm == "ES256":
        return ECKey.import_key(jwk)
    return RSAKey.import_key(jwk) if algorithm == "PS256" else OKPKey.import_key(jwk)


def _parsed(proof: str) -> jws.CompactSignature:
    if len(proof) > _LARGEST:
        raise InvalidProof(f"the proof is longer than {_LARGEST} characters")
    try:
        signed = jws.extract_compact(proof.encode(), registry=_REGISTRY)
        if not isinstance(signed.headers(), dict):
            raise TypeError
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        raise InvalidProof("the proof is not a signed JWT") from None
    return signed


def _claims(signed: jws.CompactSignature) -> dict[str, Any]:
    try:
        claims = json.loads(signed.payload or b"")
    except (ValueError, RecursionError):
        claims = None
    if not isinstance(claims, dict):
        raise InvalidProof("the proof holds no claims")
    return claims


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidProof(f"{name} of the proof must be a text")
    return value


def _token_id(claims: Mapping[str, Any]) -> str:
    token_id = _text(claims, "jti")
    if len(token_id) > _LONGEST_ID:
        raise InvalidProof(f"jti of the proof is longer than {_LONGEST_ID} characters")
    return token_id


def _moment(claims: Mapping[str, Any]) -> float:
    value = claims.get("iat")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidProof("iat of the proof must be a number of seconds")
    return float(value)
