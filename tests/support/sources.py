"""The project's own files, for tests that read code."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("services", "shared", "gateway", "deploy")


@cache
def files() -> tuple[Path, ...]:
    """Every file that is in the repository, or is new and not ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    named = (ROOT / name for name in sorted(listing.split("\0")) if name)
    return tuple(path for path in named if path.is_file())


def modules(*roots: str) -> Iterator[Path]:
    """The Python files below these folders."""
    for path in files():
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in roots:
            yield path


@cache
def tree(path: Path) -> ast.Module:
    """The module's syntax tree."""
    return ast.parse(path.read_text("utf-8"))


def name(path: Path) -> str:
    """The path as it is told in a message."""
    return str(path.relative_to(ROOT))
