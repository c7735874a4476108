"""Adding and taking away rows of a repeating part, by its path."""

import re
from typing import Any

from services.portal.pages.forms.parse import MOST_ROWS

_STEP = re.compile(r"([^.\[\]]+)|\[(\d{1,4})\]")


def add_row(data: dict[str, Any], path: str) -> None:
    """One empty row more at `path`; the first row is shown before it is there."""
    rows = _rows(data, path, make=True)
    if rows is not None and len(rows) < MOST_ROWS:
        rows.extend([{}] if rows else [{}, {}])


def remove_row(data: dict[str, Any], path: str) -> None:
    """The row at `path`, such as `rows[2]`, taken away."""
    found = re.fullmatch(r"(.+)\[(\d{1,4})\]", path)
    if found is not None:
        rows = _rows(data, found[1], make=False)
        if rows is not None and int(found[2]) < len(rows):
            del rows[int(found[2])]


def _rows(data: dict[str, Any], path: str, *, make: bool) -> list[Any] | None:
    steps: list[str | int] = [name or int(place) for name, place in _STEP.findall(path)]
    if not steps or isinstance(steps[-1], int):
        return None
    here: Any = data
    for step in steps[:-1]:
        here = _inside(here, step, make=make)
    if not isinstance(here, dict):
        return None
    rows = here.setdefault(steps[-1], []) if make else here.get(steps[-1])
    return rows if isinstance(rows, list) else None


def _inside(here: Any, step: str | int, *, make: bool) -> Any:
    if isinstance(here, list) and isinstance(step, int) and step < len(here):
        return here[step]
    if isinstance(here, dict) and isinstance(step, str):
        return here.setdefault(step, {}) if make else here.get(step)
    return None
