"""Every line that our code may log is in docs/telemetry.md, and no other."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.signals import SERVICES, Signal, stated

ROOT = Path(__file__).parents[3]
LEVELS = ("debug", "info", "warning", "error", "critical", "exception")


def said() -> Iterator[tuple[str, Signal]]:
    """Each call of a logger, by its place, with the processes that may say it."""
    for folder in ("gateway", "services", "shared"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            place = path.relative_to(ROOT)
            names = {"gateway": ("gateway",), "shared": ("gateway", *SERVICES)}
            for call in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (level := _level(call)) is None:
                    continue
                assert isinstance(call, ast.Call)
                event = call.args[0]
                text = event.value if isinstance(event, ast.Constant) else ast.unparse(event)
                for name in names.get(folder, (place.parts[1],)):
                    yield f"{place}:{call.lineno}", (name, str(text), level)


def _level(call: ast.AST) -> str | None:
    """The level at which a call logs; None for any other call."""
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args):
        return None
    owner, method = call.func.value, call.func.attr
    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    if name not in ("_log", "log"):
        return None
    return next((level for level in LEVELS if method in (level, f"a{level}")), None)


def test_every_line_that_the_code_logs_is_stated() -> None:
    known = stated("Log lines")
    assert [place for place, signal in said() if signal not in known] == []


def test_no_line_is_stated_that_nobody_logs() -> None:
    assert sorted(stated("Log lines") - {signal for _, signal in said()}) == []


def test_each_row_of_the_tables_is_read() -> None:
    page = (ROOT / "docs/telemetry.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for row in rows:
        assert stated("Rows", f"\n## Rows\n{row}\n"), row
