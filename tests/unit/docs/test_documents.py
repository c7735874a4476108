"""The documents stay true: settings, links, commands and examples are held against the code."""

import importlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import BaseSettings

ROOT = Path(__file__).parents[3]
OPERATIONS = ROOT / "docs/operations.md"
PAGES = sorted(
    path
    for pattern in ("README*.md", "docs/**/*.md", "deploy/**/*.md", "contracts/**/*.md")
    for path in ROOT.glob(pattern)
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)
ROW = re.compile(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`|–) \|", re.MULTILINE)
NAME = re.compile(r"(?<![\w$])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?!\w)")
READ_DIRECTLY = re.compile(r"os\.environ(?:\.get\(|\[)\"([A-Z_]+)\"")

Default = str | None


def sources() -> Iterator[Path]:
    for folder in ("services", "gateway", "shared", "deploy"):
        yield from (ROOT / folder).rglob("*.py")


def settings_classes() -> Iterator[type[BaseSettings]]:
    """Every class of settings that a process reads."""
    for path in sorted(sources()):
        if path.name != "settings.py":
            continue
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for found in vars(module).values():
            if isinstance(found, type) and issubclass(found, BaseSettings):
                yield found


def known_variables() -> dict[str, set[Default]]:
    """The variables that the code reads, each with the defaults that it has somewhere."""
    known: dict[str, set[Default]] = {}
    for settings in settings_classes():
        prefix = settings.model_config.get("env_prefix", "")
        for name, field in settings.model_fields.items():
            variable = field.alias or f"{prefix}{name}".upper()
            default = None if field.is_required() else shown(field.default)
            known.setdefault(variable, set()).add(default)
    for path in sources():
        for variable in READ_DIRECTLY.findall(path.read_text("utf-8")):
            known.setdefault(variable, {None})
    known.get("TONGBAN_VAR", set()).add("var")
    return known


def shown(default: Any) -> Default:
    """A default as the table writes it."""
    if default is None or default in ((), frozenset()):
        return None
    if isinstance(default, Path) and default.is_relative_to(ROOT):
        return str(default.relative_to(ROOT))
    return str(default)


def documented() -> dict[str, Default]:
    return {name: default or None for name, default in ROW.findall(OPERATIONS.read_text("utf-8"))}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_setting_of_the_code_is_documented() -> None:
    # The base class of services has no prefix, so this name is none that a process reads.
    expected = {name for name in known_variables() if name != "DATABASE_URL"}
    assert expected - set(documented()) == set()


def test_every_documented_setting_is_read_by_the_code() -> None:
    assert set(documented()) - set(known_variables()) == set()


@pytest.mark.parametrize("name", sorted(documented()))
def test_the_documented_default_is_that_of_the_code(name: str) -> None:
    assert documented()[name] in known_variables()[name]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_variables_named_in_a_page_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    for language, body in FENCE.findall(text):
        if language == "python":
            text = text.replace(body, "")
    assert set(NAME.findall(text)) - set(known_variables()) == set()


def anchors(page: Path) -> set[str]:
    """The places of a page that a link may name, as GitHub makes them."""
    plain = FENCE.sub("", page.read_text("utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(plain)
    }


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_relative_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{named(page)} links to {target}"
        if anchor:
            assert anchor in anchors(found), f"{named(page)} links to {target}"


def blocks(*languages: str) -> list[Any]:
    return [
        pytest.param(body, id=f"{named(page)}-{number}")
        for page in PAGES
        for number, (language, body) in enumerate(FENCE.findall(page.read_text("utf-8")))
        if language in languages
    ]


@pytest.mark.parametrize("code", blocks("python"))
def test_python_examples_compile_and_import_what_exists(code: str) -> None:
    compile(code, "example", "exec")
    for module, names in re.findall(r"^from (\S+) import (.+)$", code, re.MULTILINE):
        found = importlib.import_module(module)
        assert [name for name in names.split(", ") if not hasattr(found, name)] == []


@pytest.mark.parametrize("code", blocks("sh", "bash"))
def test_shell_examples_are_shell(code: str) -> None:
    checked = subprocess.run(
        ["bash", "-n"], input=code, text=True, capture_output=True, check=False
    )
    assert checked.stderr == ""


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_make_commands_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    text = page.read_text("utf-8")
    code = [*re.findall(r"`([^`\n]+)`", text), *(body for _, body in FENCE.findall(text))]
    named_there = {name for part in code for name in re.findall(r"\bmake ([a-z-]+)", part)}
    assert named_there - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_modules_that_commands_run_exist_and_know_the_command(page: Path) -> None:
    text = page.read_text("utf-8").replace("services.$name", "services.cases")
    for module, command in re.findall(r"python -m ([a-z_.]+)(?:[ ]+([a-z][a-z-]+))?", text):
        folder = ROOT / module.replace(".", "/")
        entry = folder / "__main__.py" if folder.is_dir() else folder.with_suffix(".py")
        assert entry.exists(), f"{named(page)}: python -m {module}"
        if command:
            known = entry.read_text("utf-8") + (ROOT / "shared/cli.py").read_text("utf-8")
            assert re.search(rf"def {command}\(|\"{command}\"", known), command
