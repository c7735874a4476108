"""A software authenticator (CTAP2 as WebAuthn sees it), which tests make do what it should not."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_UP, _UV, _BE, _BS, _AT = 0x01, 0x04, 0x08, 0x10, 0x40


@dataclass
class Credential:
    """A discoverable credential of one site."""

    id: bytes
    rp: str
    user: bytes
    key: ec.EllipticCurvePrivateKey
    count: int = 0


@dataclass
class Authenticator:
    """Its owner unlocks it (`verifies`) or only touches it; `synced`: it is on several devices."""

    origin: str
    verifies: bool = True
    synced: bool = False
    counts: bool = True
    credentials: list[Credential] = field(default_factory=list)

    def create(self, options: str, **changes: Any) -> str:
        """The answer to registration options; `changes` forge parts of it."""
        asked = json.loads(options)
        made = Credential(
            secrets.token_bytes(32),
            changes.get("rp", asked["rp"]["id"]),
            _bytes(asked["user"]["id"]),
            ec.generate_private_key(ec.SECP256R1()),
        )
        self.credentials.append(made)
        told = self._client_data("webauthn.create", asked["challenge"], changes)
        attested = bytes(16) + len(made.id).to_bytes(2) + made.id + _cose(made.key)
        data = self._data(made, _AT) + attested
        statement = {"fmt": "none", "attStmt": {}, "authData": data}
        return _answer(made, clientDataJSON=told, attestationObject=cbor2.dumps(statement))

    def get(self, options: str, **changes: Any) -> str:
        """The answer to login options, signed by the latest credential."""
        asked, used = json.loads(options), self.credentials[-1]
        used = Credential(used.id, changes.get("rp", used.rp), used.user, used.key, used.count)
        if self.counts:
            used.count = self.credentials[-1].count = changes.get("count", used.count + 1)
        told = self._client_data("webauthn.get", asked["challenge"], changes)
        data = self._data(used)
        signed = data + hashlib.sha256(told).digest()
        signature = changes.get("key", used.key).sign(signed, ec.ECDSA(SHA256()))
        return _answer(
            used,
            clientDataJSON=told,
            authenticatorData=data,
            signature=signature,
            userHandle=changes.get("user", used.user),
        )

    def _client_data(self, kind: str, challenge: str, changes: dict[str, Any]) -> bytes:
        told = {
            "type": changes.get("type", kind),
            "challenge": changes.get("challenge", challenge),
            "origin": changes.get("origin", self.origin),
            "crossOrigin": False,
        }
        return json.dumps(told).encode()

    def _data(self, credential: Credential, more: int = 0) -> bytes:
        flags = _UP | more | (_UV if self.verifies else 0) | (_BE | _BS if self.synced else 0)
        rp = hashlib.sha256(credential.rp.encode()).digest()
        return rp + bytes([flags]) + credential.count.to_bytes(4)


def _cose(key: ec.EllipticCurvePrivateKey) -> bytes:
    numbers = key.public_key().public_numbers()
    return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})


def _answer(credential: Credential, **response: bytes) -> str:
    id_ = _text(credential.id)
    parts = {name: _text(value) for name, value in response.items()}
    return json.dumps({"id": id_, "rawId": id_, "type": "public-key", "response": parts})


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "===")
