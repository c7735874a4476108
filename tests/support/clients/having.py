"""Whether a client that others wrote can be had on this machine; else its tests are skipped."""

import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
from functools import cache
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_LOCKED = ("package.json", "package-lock.json")
_OLDEST_NODE = 20
_SECONDS = 300


def require(reason: str | None) -> None:
    """Go on when nothing is missing; else skip, or fail where it must be there."""
    if reason is None:
        return
    if os.environ.get("CLIENTS_REQUIRED"):
        pytest.fail(reason)
    pytest.skip(reason)


def npm_packages() -> Path:
    """The `node_modules` of the locked packages, fetched once for every clone of this user."""
    require(_node_missing())
    folder = _cache() / f"npm-{_digest()}"
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            require(_fetch(folder))
    return folder / "node_modules"


def free_port() -> int:
    """A port for a program that cannot be handed a socket."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "tongban"


def _digest() -> str:
    locked = b"".join((_HERE / name).read_bytes() for name in _LOCKED)
    return hashlib.sha256(locked).hexdigest()[:16]


@cache
def _node_missing() -> str | None:
    if shutil.which("npm") is None or shutil.which("node") is None:
        return f"Node.js {_OLDEST_NODE} with npm is missing"
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(said.strip().removeprefix("v").partition(".")[0]) < _OLDEST_NODE:
        return f"Node.js is {said.strip()}: {_OLDEST_NODE} is needed"
    return None


def _fetch(folder: Path) -> str | None:
    """Into a folder beside, which takes its name once it is complete; else what went wrong."""
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    for name in _LOCKED:
        shutil.copy(_HERE / name, part)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        subprocess.run(
            command, cwd=part, check=True, capture_output=True, text=True, timeout=_SECONDS
        )
    except (subprocess.SubprocessError, OSError) as error:
        said = str(getattr(error, "stderr", "") or error).strip().splitlines()
        return f"npm could not fetch openid-client and oidc-provider: {' '.join(said[:3])}"
    part.replace(folder)
    return None
