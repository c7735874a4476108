"""What can go wrong with keys and sealed fields; no message ever holds a value or a key.

CryptoError
├── KeyFileError   a key file is missing, malformed or readable by others: mend it, start again
├── UnknownKey     sealed with a key that this keyring does not have
└── CannotOpen     the bytes were changed, or belong to another row, column or table
"""


class CryptoError(Exception):
    """Something about a key or a sealed field is wrong."""


class KeyFileError(CryptoError):
    """A key file cannot be used; the message says why and what to do."""


class UnknownKey(CryptoError):
    """The keyring has no key of this version."""


class CannotOpen(CryptoError):
    """The sealed bytes do not belong here or are not what was written."""
