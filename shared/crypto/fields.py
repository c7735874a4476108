"""Sealing one field of one row, and finding rows by a field without opening any.

A sealed field is: algorithm (1 byte), data key version (2), nonce (12), ciphertext, tag (16). It is
bound to its table, column and row, so that it opens nowhere else.
"""

import hmac
import os
import unicodedata

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.crypto.algorithms import NONCE_BYTES, TAG_BYTES, Algorithm, decrypt, encrypt
from shared.crypto.errors import CannotOpen
from shared.crypto.keyring import Keyring

_HEADER_BYTES = 3
_INDEX_BYTES = 16


class FieldCipher:
    """The fields of one table."""

    def __init__(self, keyring: Keyring, table: str) -> None:
        self._keyring = keyring
        self._table = table
        self._keys: dict[tuple[int, Algorithm], bytes] = {}

    def seal(self, field: str, row_id: str, value: str) -> bytes:
        """Encrypt a value for this row and no other."""
        version = self._keyring.active_data_key
        algorithm = self._keyring.algorithm(version)
        header = bytes([algorithm]) + version.to_bytes(2)
        nonce = os.urandom(NONCE_BYTES)
        bound = self._bound(header, field, row_id)
        return (
            header
            + nonce
            + encrypt(algorithm, self._key(version, algorithm), nonce, value.encode(), bound)
        )

    def open(self, field: str, row_id: str, blob: bytes) -> str:
        """Decrypt; raises CannotOpen when the bytes were changed or moved from another row."""
        header, nonce = blob[:_HEADER_BYTES], blob[_HEADER_BYTES : _HEADER_BYTES + NONCE_BYTES]
        try:
            if len(blob) < _HEADER_BYTES + NONCE_BYTES + TAG_BYTES:
                raise ValueError("too short")
            algorithm = Algorithm(header[0])
            key = self._key(_version(header), algorithm)
            sealed = blob[_HEADER_BYTES + NONCE_BYTES :]
            bound = self._bound(header, field, row_id)
            return decrypt(algorithm, key, nonce, sealed, bound).decode()
        except (InvalidTag, ValueError) as error:
            raise CannotOpen(
                f"{self._table}.{field} of row {row_id} does not open: it was changed, "
                "or belongs to another row"
            ) from error

    def index(self, field: str, value: str) -> str:
        """What to store and look up instead of the value: key version and 128-bit keyed hash."""
        return self._index(self._keyring.active_index_key, field, value)

    def indexes(self, field: str, value: str) -> tuple[str, ...]:
        """The index under every key, newest first: for look-ups while an index is being renewed."""
        return tuple(self._index(v, field, value) for v in self._keyring.index_versions)

    def needs_rotation(self, blob: bytes) -> bool:
        """Whether it was sealed with an older data key."""
        return _version(blob[:_HEADER_BYTES]) != self._keyring.active_data_key

    def needs_reindex(self, index: str) -> bool:
        """Whether it was made with an older index key."""
        return index.partition(".")[0] != str(self._keyring.active_index_key)

    def _index(self, version: int, field: str, value: str) -> str:
        normal = "".join(unicodedata.normalize("NFKC", value).split()).upper()
        if not normal:
            raise ValueError(f"{self._table}.{field}: an empty value cannot be looked up")
        message = f"{field}\0{normal}".encode()
        digest = hmac.digest(self._keyring.index_key(version), message, "sha256")
        return f"{version}.{digest[:_INDEX_BYTES].hex()}"

    def _key(self, version: int, algorithm: Algorithm) -> bytes:
        """A key of this table and algorithm only, drawn from the data key."""
        if (key := self._keys.get((version, algorithm))) is None:
            about = f"tongban field\0{algorithm.name}\0{self._table}".encode()
            derive = HKDF(hashes.SHA256(), algorithm.key_bytes, salt=None, info=about)
            key = self._keys[version, algorithm] = derive.derive(self._keyring.data_key(version))
        return key

    def _bound(self, header: bytes, field: str, row_id: str) -> bytes:
        parts = (header, self._table.encode(), field.encode(), row_id.encode())
        return b"".join(len(part).to_bytes(2) + part for part in parts)


def _version(header: bytes) -> int:
    return int.from_bytes(header[1:_HEADER_BYTES])
