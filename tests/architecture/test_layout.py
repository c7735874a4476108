"""Closed lists: what a folder may hold, what a file may weigh, and whose words stand where."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.sources import CODE, ROOT, files, modules, name, tree

SERVICES = sorted(app.parent.name for app in (ROOT / "services").glob("*/app.py"))
NEEDED = {"__init__", "__main__", "app", "settings", "store", "migrations"}
ALLOWED = NEEDED | {
    *("api", "pages", "consumers", "commands", "queries"),
    *("policy", "clients", "events", "domain"),
}
FOR_PAGES = {"locale", "static", "templates"}
SHARED = {
    *("__init__", "settings", "cli", "clock", "ids", "service", "changes", "failpoints"),
    *("access", "auth", "crypto", "db", "events", "evidence", "http", "i18n"),
    *("operations", "policy", "telemetry", "web"),
}
FIELD_NOUNS = {
    *("Applicant", "Bundle", "Case", "Catalogue", "Certificate", "Citizen", "Complaint"),
    *("Delegation", "Department", "Fee", "Form", "Guide", "Hall", "Item", "Material", "Officer"),
    *("Organisation", "Payment", "Permit", "Person", "Rating", "Region", "Ticket"),
}
EMPTY_WORDS = re.compile(r"\w+(Service|Manager|Helper|Utils?)")
LONGEST = 500
LONG = 300
# Files over 300 lines, each with its reason; the list is meant to stay this short.
LONG_FOR_A_REASON = {
    "shared/evidence/verify.py": "a verifier in one file, to be handed out alone",
}


def _parts(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).parts[0].removesuffix(".py")
        for path in files()
        if path.is_relative_to(folder)
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_file_names_that_all_have(service: str) -> None:
    parts = _parts(ROOT / "services" / service)
    pages = FOR_PAGES if "pages" in parts else set()
    assert parts >= NEEDED, f"missing: {NEEDED - parts}"
    assert parts <= ALLOWED | pages, f"not in the closed list: {parts - ALLOWED - pages}"


def test_shared_holds_the_mechanisms_that_were_agreed() -> None:
    assert _parts(ROOT / "shared") == SHARED


def test_shared_knows_no_noun_of_the_field() -> None:
    found = [
        f"{name(path)}: {node.name}"
        for path in modules("shared")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
        and FIELD_NOUNS & set(re.findall(r"[A-Z][a-z]+", node.name))
    ]
    assert not found


def test_no_class_is_called_by_an_empty_word() -> None:
    found = [
        f"{name(path)}: {node.name}"
        for path in modules(*CODE)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and EMPTY_WORDS.fullmatch(node.name)
    ]
    assert not found


def test_files_stay_short() -> None:
    lines = {
        name(path): len(path.read_text("utf-8").splitlines())
        for path in modules(*CODE, "tests")
        if "migrations" not in path.parts
    }
    code = {path: count for path, count in lines.items() if not path.startswith("tests/")}
    assert {path for path, count in lines.items() if count > LONGEST} == set()
    assert {path for path, count in code.items() if count > LONG} == set(LONG_FOR_A_REASON)


def test_each_module_says_what_it_is() -> None:
    silent = [
        name(path)
        for path in modules(*CODE)
        if "versions" not in path.parts
        and not re.fullmatch(r"v\d{4}_\w+\.py", path.name)
        and tree(path).body
        and not ast.get_docstring(tree(path))
    ]
    assert not silent
