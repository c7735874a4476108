"""Signing secrets of subscriptions, sealed to the row that they stand in."""

from collections.abc import Callable
from functools import cached_property

from services.exchange.store.tables import subscriptions
from shared.crypto import FieldCipher, Keyring


class SigningVault:
    """Seals and opens secrets; the keyring is read when the first one needs it."""

    def __init__(self, keyring: Callable[[], Keyring]) -> None:
        self._keyring = keyring

    @cached_property
    def _cipher(self) -> FieldCipher:
        return FieldCipher(self._keyring(), subscriptions.name)

    def seal(self, subscription: str, secret: str, *, previous: bool = False) -> bytes:
        """The secret for the column of the present one, or of the one before."""
        return self._cipher.seal(_field(previous), subscription, secret)

    def open(self, subscription: str, sealed: bytes, *, previous: bool = False) -> str:
        """The secret again."""
        return self._cipher.open(_field(previous), subscription, sealed)


def _field(previous: bool) -> str:
    return "previous_secret" if previous else "secret"
