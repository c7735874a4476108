"""Named places at which a test can kill the process: each one once, so that none is missed."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import dataclass

POINTS: dict[str, str] = {}
_FORM = re.compile(r"(?P<name>[a-z0-9_.]+):kill@(?P<at>[1-9]\d*)")


@dataclass(slots=True)
class _Armed:
    name: str
    passes_left: int


_armed: _Armed | None = None


def declare(name: str, meaning: str) -> str:
    """Make a failpoint known; `meaning` says what has happened, and what not yet, when it hits."""
    if POINTS.setdefault(name, meaning) != meaning:
        raise ValueError(f"the failpoint {name} is declared twice: choose another name")
    return name


def arm(text: str) -> None:
    """Arm one failpoint, `name:kill@n`: the process dies at its n-th pass. Empty text disarms."""
    global _armed  # noqa: PLW0603 - one process, one armed point
    if not text:
        _armed = None
        return
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError(f"FAILPOINT={text!r} is not of the form name:kill@n, as a.b.c:kill@1")
    if form["name"] not in POINTS:
        known = ", ".join(sorted(POINTS))
        raise ValueError(f"FAILPOINT names {form['name']!r}, which is not one of: {known}")
    _armed = _Armed(form["name"], int(form["at"]))


def failpoint(name: str) -> None:
    """Die here by SIGKILL when this point is armed and its turn has come; else do nothing."""
    if _armed is None or _armed.name != name:
        return
    _armed.passes_left -= 1
    if _armed.passes_left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
