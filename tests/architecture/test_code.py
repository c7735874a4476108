"""What no file may contain: prints, reads of the environment at import, and places of a machine."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.sources import CODE, files, modules, name, tree

# Written in pieces, so that this file does not contain what it forbids.
REGISTRIES = (
    "pypi" + r"\.org",
    "python" + r"hosted\.org",
    "registry" + r"\.npm",
    "repo1?" + r"\.maven",
    "deb\\." + r"debian\.org",
    "index" + "-url",
)
MACHINES = (r"/wo" + r"rk/", r"/ro" + r"ot/", r"/ho" + r"me/\w+/", r"/Us" + r"ers/\w+/")
PLACES = re.compile("|".join((*REGISTRIES, *(rf"(?<![\w.]){one}" for one in MACHINES))))
# How addresses are left out of the locks has to be said once.
SAYS_SO = {"Makefile": {"index" + "-url"}}


def test_no_module_prints() -> None:
    assert not [where for path in modules(*CODE) for where in _calls(path, "print")]


def test_no_module_reads_the_environment_when_it_is_imported() -> None:
    found = [
        f"{name(path)}:{node.lineno}"
        for path in modules(*CODE)
        for node in _at_import(tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr in ("environ", "getenv")
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    ]
    assert not found


def test_no_test_patches_our_own_code() -> None:
    found = [
        f"{name(path)}:{getattr(node, 'lineno', 0)}"
        for path in modules("tests")
        for node in ast.walk(tree(path))
        if _patches(node)
    ]
    assert not found, "pass a fake instead of patching"


def test_no_file_names_a_registry_or_a_place_on_a_machine() -> None:
    found = []
    for path in files():
        allowed = SAYS_SO.get(name(path), set())
        try:
            content = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        hits = {match.group() for match in PLACES.finditer(content)} - allowed
        found += [f"{name(path)}: {hit}" for hit in sorted(hits)]
    assert not found


def _calls(path: Path, function: str) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id == function:
            yield f"{name(path)}:{node.lineno}"


def _at_import(module: ast.AST) -> Iterator[ast.AST]:
    """What runs when the module is imported: everything but the bodies of functions."""
    for node in ast.iter_child_nodes(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        yield node
        yield from _at_import(node)


def _patches(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom | ast.Import):
        module = getattr(node, "module", None) or ""
        return any("mock" in one for one in (module, *(alias.name for alias in node.names)))
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    target = node.args[0] if node.args else None
    ours = isinstance(target, ast.Constant) and str(target.value).split(".")[0] in CODE
    return node.func.attr == "setattr" and ours
