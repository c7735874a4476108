"""Secrets that we hand out: long, random, and stored as a hash only."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from functools import cached_property

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.crypto import Keyring

_BYTES = 32


def new_secret() -> str:
    """256 random bits as text for a URL, a cookie or a form."""
    return secrets.token_urlsafe(_BYTES)


def digest(secret: str) -> str:
    """What is stored of it: a plain hash is enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Derived:
    """Values that every process of the installation derives alike and nobody else can."""

    def __init__(self, keyring: Callable[[], Keyring]) -> None:
        """`keyring` is asked for when the first value is derived."""
        self._keyring = keyring

    @cached_property
    def _key(self) -> bytes:
        keyring = self._keyring()
        derive = HKDF(hashes.SHA256(), _BYTES, salt=None, info=b"tongban identity derived")
        return derive.derive(keyring.index_key(keyring.active_index_key))

    def value(self, purpose: str, *parts: str) -> str:
        """A keyed hash of these parts as text of hexadecimal digits."""
        message = b"".join(
            len(part).to_bytes(4) + part for part in (p.encode() for p in (purpose, *parts))
        )
        return hmac.digest(self._key, message, "sha256").hex()

    def same(self, given: str, purpose: str, *parts: str) -> bool:
        """Whether somebody gives back a value of ours; compared in constant time."""
        return hmac.compare_digest(given.encode(), self.value(purpose, *parts).encode())
