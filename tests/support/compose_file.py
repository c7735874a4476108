"""docker-compose.yml as it is meant: anchors resolved, variables filled in."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.support.sources import ROOT

FILE = ROOT / "docker-compose.yml"
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


class Missing(ValueError):
    """A variable that must be set is not; the message is the file's own."""


def read(variables: Mapping[str, str]) -> dict[str, Any]:
    """The file with these variables."""
    found: dict[str, Any] = _filled(yaml.safe_load(FILE.read_text("utf-8")), variables)
    return found


def variables() -> dict[str, str | None]:
    """Each variable that the file takes, with its default; None: it must be set."""
    return {
        name: default if kind == "-" else None
        for name, kind, default in _VARIABLE.findall(FILE.read_text("utf-8"))
    }


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, variables) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, variables) for one in value]
    if not isinstance(value, str):
        return value

    def fill(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if variables.get(name):
            return variables[name]
        if kind == "?":
            raise Missing(rest)
        return rest or ""

    return _VARIABLE.sub(fill, value)
