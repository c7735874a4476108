"""Passwords of the databases' roles: made once, kept in a file for their owner only.

The server is told a verifier and never the password, so that it cannot stand in a log.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

ITERATIONS = 4096
_SALT = 16


class Passwords(dict[str, str]):
    """Passwords by role."""

    @classmethod
    def keep(cls, path: Path, roles: Iterable[str], *, anew: bool = False) -> "Passwords":
        """Those of the file with what was missing made; `anew`: every one of these roles."""
        known = json.loads(path.read_text("utf-8")) if path.exists() else {}
        kept = cls(known)
        for role in roles:
            if anew or role not in kept:
                kept[role] = secrets.token_urlsafe(24)
        if kept != known:
            kept._write(path)
        return kept

    def _write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.draft")
        draft.unlink(missing_ok=True)
        file = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as written:
            json.dump(self, written, indent=1)
            written.flush()
            os.fsync(written.fileno())
        draft.replace(path)


def verifier(password: str, salt: bytes | None = None) -> str:
    """What PostgreSQL stores of a password (SCRAM-SHA-256, RFC 5803); ASCII passwords only."""
    if not password or not password.isascii():
        raise ValueError("a database password is ASCII and not empty")
    salt = salt or secrets.token_bytes(_SALT)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()
