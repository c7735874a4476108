"""A P-256 signing key in a file that only its owner can read."""

import json
import os
import stat
from pathlib import Path
from uuid import uuid4

from joserfc.errors import JoseError
from joserfc.jwk import ECKey


class UnusableKey(Exception):
    """The key file is missing, unreadable, open to others, or holds something else."""


def generate() -> ECKey:
    """A new ES256 key whose id is its thumbprint (RFC 7638)."""
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, private=True)
    key.ensure_kid()
    return key


def load(path: Path) -> ECKey:
    """The private key in `path`; UnusableKey says what is wrong with the file and what to do."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise UnusableKey(f"{path} can be read by others: run `chmod 600 {path}`")
        key = ECKey.import_key(json.loads(path.read_text()))
    except OSError as error:
        raise UnusableKey(f"{path} cannot be read: {error.strerror}") from error
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise UnusableKey(f"{path} does not hold an EC key as a JWK") from error
    if not key.is_private or key.curve_name != "P-256":
        raise UnusableKey(f"{path} must hold a private key on the curve P-256")
    key.ensure_kid()
    return key


def load_or_create(path: Path) -> ECKey:
    """The key in `path`, made first if there is none; of several makers at once one wins."""
    if not path.exists():
        create(path)
    return load(path)


def create(path: Path) -> None:
    """Write a new key to `path`, whole and durable or not at all; a key that is there stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(generate().as_dict(private=True), file)
            file.flush()
            os.fsync(file.fileno())
        _link(draft, path)
    finally:
        draft.unlink()


def _link(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
