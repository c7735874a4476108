"""The versioned keys of one service: data keys and index keys, stored only in wrapped form."""

import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from shared.crypto.algorithms import Algorithm
from shared.crypto.errors import KeyFileError, UnknownKey
from shared.crypto.keys import KEY_BYTES, FileKeys, KeyEncryption, told
from shared.crypto.secretfile import create_secret, exclusive, read_secret, replace_secret

_LAST_VERSION = 0xFFFF
_Kind = Literal["data", "index"]


class _Wrapped(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    algorithm: Algorithm = Algorithm.AES_256_GCM
    kek: int
    wrapped: str


class _Versions(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    active: int
    keys: dict[int, _Wrapped]

    @model_validator(mode="after")
    def _has_its_active_key(self) -> "_Versions":
        if self.active not in self.keys:
            raise ValueError("the active key is not among the keys")
        return self

    def add(self, key: _Wrapped) -> int:
        """Put a newer version in use."""
        version = max(self.keys) + 1
        if version > _LAST_VERSION:
            raise KeyFileError("the keyring has used up its 65,535 versions")
        self.keys[version], self.active = key, version
        return version


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    format: Literal["tongban-keyring/1"] = "tongban-keyring/1"
    data: _Versions
    index: _Versions


class Keyring:
    """The keys of a service, read anew when another process has changed the file."""

    def __init__(self, path: Path, keks: KeyEncryption) -> None:
        self._path = path
        self._keks = keks
        self._open: dict[tuple[_Kind, int], bytes] = {}
        self._seen = _stamp(path)
        self._last = self._read()
        self.data_key(self.active_data_key)  # a wrong KEK file shows at the start
        self.index_key(self.active_index_key)

    @classmethod
    def load(cls, path: Path, *, kek_path: Path | None = None) -> "Keyring":
        """The keyring at `path`; its key-encryption keys in `kek_path`, else beside it as .kek."""
        return cls(path, FileKeys(kek_path or path.with_suffix(".kek")))

    @classmethod
    def create(cls, path: Path, *, kek_path: Path | None = None) -> "Keyring":
        """Make the files that are missing, then load; two that start at once get the same keys.

        For a first start. Where data exist already, `load`: a lost keyring is to be restored.
        """
        if path.exists():
            return cls.load(path, kek_path=kek_path)
        keks = FileKeys.create(kek_path or path.with_suffix(".kek"))
        first = _File(
            data=_Versions(active=1, keys={1: _new(keks, Algorithm.AES_256_GCM)}),
            index=_Versions(active=1, keys={1: _new(keks, Algorithm.AES_256_GCM)}),
        )
        create_secret(path, _written(first))
        return cls(path, keks)

    @property
    def active_data_key(self) -> int:
        """The version that seals now."""
        return self._file().data.active

    @property
    def active_index_key(self) -> int:
        """The version that indexes now."""
        return self._file().index.active

    @property
    def index_versions(self) -> tuple[int, ...]:
        """All index keys, the active one first."""
        return tuple(sorted(self._file().index.keys, reverse=True))

    def algorithm(self, version: int) -> Algorithm:
        """What this data key seals with."""
        return self._wrapped("data", version).algorithm

    def data_key(self, version: int) -> bytes:
        """The data key of this version."""
        return self._unwrap("data", version)

    def index_key(self, version: int) -> bytes:
        """The key of the blind index of this version."""
        return self._unwrap("index", version)

    def rotate_data_key(self, algorithm: Algorithm = Algorithm.AES_256_GCM) -> int:
        """Seal with a new key from now on; `reseal` brings the old rows over."""
        with self._change() as file:
            return file.data.add(_new(self._keks, algorithm))

    def rotate_index_key(self) -> int:
        """Index with a new key from now on; look up by `FieldCipher.indexes` until all is over."""
        with self._change() as file:
            return file.index.add(_new(self._keks, Algorithm.AES_256_GCM))

    def rewrap(self) -> None:
        """Wrap every key with the active key-encryption key; no sealed field changes."""
        with self._change() as file:
            for versions in (file.data, file.index):
                for version, old in versions.keys.items():
                    key = self._keks.unwrap(old.kek, _bytes(old))
                    versions.keys[version] = _wrap(self._keks, key, old.algorithm)

    @contextmanager
    def _change(self) -> Iterator[_File]:
        """Change the file; no key is used before it is safe on the disk."""
        with exclusive(self._path):
            file = self._read()
            yield file
            replace_secret(self._path, _written(file))

    def _file(self) -> _File:
        stamp = _stamp(self._path)
        if stamp != self._seen:
            self._last, self._seen = self._read(), stamp
        return self._last

    def _unwrap(self, kind: _Kind, version: int) -> bytes:
        if (key := self._open.get((kind, version))) is None:
            wrapped = self._wrapped(kind, version)
            key = self._open[kind, version] = self._keks.unwrap(wrapped.kek, _bytes(wrapped))
        return key

    def _wrapped(self, kind: _Kind, version: int) -> _Wrapped:
        file = self._file()
        versions = file.data if kind == "data" else file.index
        try:
            return versions.keys[version]
        except KeyError:
            raise UnknownKey(
                f"{self._path} has no {kind} key {version}: the row was sealed with a newer "
                "keyring, or with another installation's"
            ) from None

    def _read(self) -> _File:
        try:
            return _File.model_validate_json(read_secret(self._path))
        except ValidationError as error:
            raise KeyFileError(f"{self._path}: not a keyring: {told(error)}") from None


def _stamp(path: Path) -> tuple[int, int]:
    """What changes when the file is replaced; a missing file is told when it is read."""
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return (status.st_ino, status.st_mtime_ns)


def _written(file: _File) -> bytes:
    return file.model_dump_json(indent=1).encode()


def _new(keks: KeyEncryption, algorithm: Algorithm) -> _Wrapped:
    return _wrap(keks, os.urandom(KEY_BYTES), algorithm)


def _wrap(keks: KeyEncryption, key: bytes, algorithm: Algorithm) -> _Wrapped:
    version, wrapped = keks.wrap(key)
    return _Wrapped(algorithm=algorithm, kek=version, wrapped=b64encode(wrapped).decode())


def _bytes(key: _Wrapped) -> bytes:
    try:
        return b64decode(key.wrapped, validate=True)
    except ValueError:
        raise KeyFileError("a wrapped key in the keyring is not base64") from None
