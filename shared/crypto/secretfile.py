"""Files that hold secrets: for their owner's eyes only, never half written."""

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.crypto.errors import KeyFileError

_OWNER_ONLY = 0o600


def read_secret(path: Path) -> bytes:
    """The file's bytes, refused when others could have read or changed them."""
    try:
        with path.open("rb") as file:
            _refuse_open_file(path, os.fstat(file.fileno()))
            return file.read()
    except FileNotFoundError:
        raise KeyFileError(
            f"{path}: there is no such key file; give the right path, or create the file once "
            "and keep a copy: without it what it sealed is lost"
        ) from None
    except OSError as error:
        raise KeyFileError(f"{path}: the key file cannot be read: {error.strerror}") from error


def create_secret(path: Path, content: bytes) -> bool:
    """Write a new file; False, and nothing changed, when another process was first."""
    temporary = _write_beside(path, content)
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        return False
    except OSError as error:
        raise KeyFileError(f"{path}: the file cannot be made: {error.strerror}") from error
    finally:
        temporary.unlink()
    _sync_folder(path.parent)
    return True


def replace_secret(path: Path, content: bytes) -> None:
    """Put new content in the place of the old, whole or not at all."""
    _write_beside(path, content).replace(path)
    _sync_folder(path.parent)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold off other processes that would change the same file."""
    lock = path.with_name(f"{path.name}.lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
    except OSError as error:
        raise KeyFileError(f"{path}: the file cannot be changed: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _refuse_open_file(path: Path, status: os.stat_result) -> None:
    # A secret that the platform mounts belongs to root and is given to the group, as PostgreSQL
    # allows it for its own key.
    allowed = 0o640 if status.st_uid == 0 and os.geteuid() != 0 else _OWNER_ONLY
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077 & ~allowed:
        raise KeyFileError(
            f"{path}: others can read or change this key file (mode {mode:04o}); "
            f"run: chmod 600 {path}"
        )


def _write_beside(path: Path, content: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise KeyFileError(f"{path}: the file cannot be written: {error.strerror}") from error
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:  # mkstemp has made it 0600
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        temporary.unlink()
        raise KeyFileError(f"{path}: the file cannot be written: {error.strerror}") from error
    return temporary


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
