"""The documents stay true: settings, links, commands and examples are held against the code."""

import importlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
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
    # The base class of services has no prefix, so these names are none that a process reads.
    without_prefix = {"DATABASE_URL", "DATABASE_WRITERS", "DATABASE_READERS"}
    assert set(known_variables()) - without_prefix - set(documented()) == set()


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


def commands(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Each `python -m …` of a page: the module, and the words after it, texts left out."""
    text = page.read_text("utf-8").replace("services.$name", "services.cases")
    for module, rest in re.findall(r"python -m ([a-z_.]+)((?:\\\n|[^`\n])*)", text):
        plain = re.sub(r"\"[^\"]*\"", "TEXT", rest.replace("\\\n", " "))
        yield module, re.split(r"[#>|;&]", plain)[0].split()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_modules_that_commands_run_exist(page: Path) -> None:
    for module, _ in commands(page):
        folder = ROOT / module.replace(".", "/")
        entry = folder / "__main__.py" if folder.is_dir() else folder.with_suffix(".py")
        assert entry.exists(), f"{named(page)}: python -m {module}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_of_services_take_the_words_that_a_page_gives_them(page: Path) -> None:
    for module, words in commands(page):
        if not module.startswith("services.") or not words:
            continue
        command: Any = typer.main.get_command(importlib.import_module(f"{module}.__main__").cli)
        given = list(words)
        while given and hasattr(command, "commands") and given[0] in command.commands:
            command = command.commands[given.pop(0)]
        told = f"{named(page)}: python -m {module} {' '.join(words)}"
        assert not hasattr(command, "commands"), told
        known = {
            name for option in command.params for name in (*option.opts, *option.secondary_opts)
        }
        assert {word for word in given if word.startswith("--")} <= known, told
