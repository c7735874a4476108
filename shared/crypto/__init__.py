"""Fields that only their service can read: sealed to their row, found by a keyed hash."""

from shared.crypto.algorithms import Algorithm
from shared.crypto.errors import CannotOpen, CryptoError, KeyFileError, UnknownKey
from shared.crypto.fields import FieldCipher
from shared.crypto.keyring import Keyring
from shared.crypto.keys import FileKeys, KeyEncryption
from shared.crypto.mask import mask
from shared.crypto.rotation import SealedColumn, SealedTable, reseal

__all__ = [
    "Algorithm",
    "CannotOpen",
    "CryptoError",
    "FieldCipher",
    "FileKeys",
    "KeyEncryption",
    "KeyFileError",
    "Keyring",
    "SealedColumn",
    "SealedTable",
    "UnknownKey",
    "mask",
    "reseal",
]
