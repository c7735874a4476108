"""Where the demo's file lies: of the onebox, or of the stack when that runs."""

import os
from pathlib import Path


def demo_file() -> Path:
    """`demo.json` of TONGBAN_VAR if that is set; else of a running stack, else of `make run`."""
    folder = os.environ.get("TONGBAN_VAR")
    if folder is not None:
        return Path(folder) / "demo.json"
    stack = Path(os.environ.get("STACK_VAR", "var/stack"))
    return (stack if _runs(stack) else Path("var")) / "demo.json"


def _runs(stack: Path) -> bool:
    try:
        pid = int((stack / "supervisord.pid").read_text("ascii"))
        return b"supervisord" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return False
