"""Key-encryption keys: they wrap the data keys and never touch data."""

import os
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Literal, Protocol

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.crypto.errors import KeyFileError, UnknownKey
from shared.crypto.secretfile import create_secret, exclusive, read_secret, replace_secret

KEY_BYTES = 32


class KeyEncryption(Protocol):
    """Wraps keys by AES-KW: a file here, a hardware module or a key service elsewhere."""

    def wrap(self, key: bytes) -> tuple[int, bytes]:
        """The version that wrapped it, and the wrapped key."""
        ...

    def unwrap(self, version: int, wrapped: bytes) -> bytes:
        """The key; raises UnknownKey or KeyFileError."""
        ...


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    format: Literal["tongban-kek/1"] = "tongban-kek/1"
    active: int
    keys: dict[int, str]


class FileKeys:
    """Key-encryption keys in one file, to be kept apart from the keyring and its backups."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = self._read()

    @classmethod
    def create(cls, path: Path) -> "FileKeys":
        """Make the file with a first key; when it is there already, read it."""
        first = _File(active=1, keys={1: _new_key()})
        create_secret(path, first.model_dump_json(indent=1).encode())
        return cls(path)

    def wrap(self, key: bytes) -> tuple[int, bytes]:
        """Wrap with the active version."""
        return self._file.active, aes_key_wrap(self._key(self._file.active), key)

    def unwrap(self, version: int, wrapped: bytes) -> bytes:
        """Unwrap with the version that wrapped."""
        if version not in self._file.keys:
            self._file = self._read()
        try:
            return aes_key_unwrap(self._key(version), wrapped)
        except InvalidUnwrap as error:
            raise KeyFileError(
                f"{self._path}: its key {version} does not open the keyring; "
                "they belong to two installations, or one was restored without the other"
            ) from error

    def rotate(self) -> int:
        """Add a version and wrap with it from now on; the keyring rewraps afterwards."""
        with exclusive(self._path):
            current = self._read()
            version = max(current.keys) + 1
            file = _File(active=version, keys={**current.keys, version: _new_key()})
            replace_secret(self._path, file.model_dump_json(indent=1).encode())
        self._file = file
        return version

    def _key(self, version: int) -> bytes:
        try:
            return b64decode(self._file.keys[version], validate=True)
        except KeyError:
            raise UnknownKey(f"{self._path} has no key-encryption key {version}") from None

    def _read(self) -> _File:
        try:
            file = _File.model_validate_json(read_secret(self._path))
            good = file.active in file.keys and all(map(_is_key, file.keys.values()))
        except ValidationError as error:
            raise KeyFileError(f"{self._path}: not a file of keys: {told(error)}") from None
        if not good:
            raise KeyFileError(
                f"{self._path}: not a file of keys: each is {KEY_BYTES} bytes in base64, "
                "and one of them is active"
            )
        return file


def told(error: ValidationError) -> str:
    """Where and why, without the values that pydantic would show."""
    return "; ".join(
        f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}"
        for one in error.errors(include_input=False, include_url=False)
    )


def _new_key() -> str:
    return b64encode(os.urandom(KEY_BYTES)).decode()


def _is_key(text: str) -> bool:
    try:
        return len(b64decode(text, validate=True)) == KEY_BYTES
    except ValueError:
        return False
