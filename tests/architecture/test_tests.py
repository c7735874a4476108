"""The tests' own rules: names are sentences, each folder is a kind, nothing is skipped silently."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.sources import ROOT, files, modules, name, tree

KINDS = {
    *("support", "architecture", "unit", "contract", "integration"),
    *("e2e", "browser", "faults", "benchmarks"),
}
LONGEST_NAME = 72
FEWEST_WORDS = 2
# A call that raises when what it waits for or looks at is not so.
CLAIMING = ("raises", "warns", "fail", "until", "timeout", "check", "validate")


def _tests() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in modules("tests"):
        if path.name.startswith("test_") or path.name.endswith("_suite.py"):
            for node in ast.walk(tree(path)):
                if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
                if node.name.startswith("test_"):
                    yield path, node


def test_test_names_are_sentences_that_fit_on_a_line() -> None:
    wrong = [
        f"{name(path)}: {node.name}"
        for path, node in _tests()
        if len(node.name) > LONGEST_NAME
        or len(node.name.removeprefix("test_").split("_")) < FEWEST_WORDS
        or not re.fullmatch(r"test_[a-z0-9_]+", node.name)
    ]
    assert not wrong


def test_each_folder_of_tests_is_a_kind_of_test() -> None:
    folders = {path.relative_to(ROOT).parts[1] for path in files() if _below_a_test_folder(path)}
    assert folders <= KINDS


def test_every_test_claims_something() -> None:
    empty = [f"{name(path)}: {node.name}" for path, node in _tests() if not _claims(path, node)]
    assert not empty


def test_no_test_is_skipped_without_saying_why() -> None:
    silent = [
        f"{name(path)}:{node.lineno}"
        for path in modules("tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("skip", "skipif", "xfail")
        and not (node.args or any(keyword.arg == "reason" for keyword in node.keywords))
    ]
    assert not silent


def _below_a_test_folder(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return parts[0] == "tests" and len(parts) > 2


def _claims(path: Path, test: ast.AST) -> bool:
    """Whether the test asserts, expects an error, or calls something here that does."""
    called = {
        node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        for node in ast.walk(test)
        if isinstance(node, ast.Call)
    }
    if any(isinstance(node, ast.Assert) for node in ast.walk(test)):
        return True
    if any(one.startswith(CLAIMING) for one in called):
        return True
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name in called
        and node is not test
        and _claims(path, node)
        for node in ast.walk(tree(path))
    )
