"""The registers: one JSON file each, read at the start."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class Register:
    """One register, found by its key."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._rows = {str(row["key"]): row for row in rows}

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, key: str, fields: Sequence[str]) -> dict[str, Any] | None:
        """The fields that were asked for of the row under the key."""
        row = self._rows.get(key)
        return None if row is None else {name: row[name] for name in fields if name in row}


def read(folder: Path) -> dict[str, Register]:
    """The registers of a folder, by code: `health-birth.json` is `health.birth`."""
    found = {
        path.stem.replace("-", "."): Register(json.loads(path.read_text("utf-8")))
        for path in sorted(folder.glob("*.json"))
    }
    if not found:
        raise SystemExit(f"{folder}: no register (*.json) there; set DEMO_DEPARTMENT_REGISTERS")
    return found
