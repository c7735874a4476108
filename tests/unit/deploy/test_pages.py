"""What the pages tell operators to type fits the containers and the commands that are there."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from tests.support import compose_file
from tests.support.sources import ROOT

SERVICES = compose_file.read({"PUBLIC_BASE": "https://city.example"})["services"]
PAGES = (ROOT / "deploy/README.md", *sorted((ROOT / "docs/alarms").glob("*.md")))
TEXT = "\n".join(page.read_text("utf-8") for page in PAGES).replace("\\\n", " ")
LINE = re.compile(r"docker compose ([a-z]+)([^\n`|]*)")
WITH_SERVICES = {"exec", "logs", "ps", "stop"}


def commands() -> Iterator[tuple[str, list[str]]]:
    """Each command of a service that a page gives: the service, and the words after it."""
    plain = re.sub(r"\"[^\"]*\"", "TEXT", TEXT)
    for service, words in re.findall(r"compose exec (\w+) /app/start ([^\n`|]*)", plain):
        yield service, words.split()
    for service, words in re.findall(r"compose run --rm --no-deps -v TEXT (\w+) (.*)", plain):
        yield service, words.split()


def test_pages_name_containers_that_there_are() -> None:
    found = 0
    for verb, rest in LINE.findall(TEXT):
        words = [word for word in rest.split("|")[0].split() if not word.startswith("-")]
        words = [word for word in words if not re.fullmatch(r"\d+m?h?|…", word)]
        if verb in WITH_SERVICES and words:
            named = words[:1] if verb == "exec" else words
            assert set(named) <= set(SERVICES), rest
            found += 1
        for name in re.findall(r"--scale (\w+)=", rest):
            assert name in SERVICES
    assert found > 20


@pytest.mark.parametrize(("service", "words"), list(commands()))
def test_a_command_in_a_container_is_one_of_its_service(service: str, words: list[str]) -> None:
    command: Any = typer.main.get_command(
        importlib.import_module(f"services.{service}.__main__").cli
    )
    given = list(words)
    while given and hasattr(command, "commands"):
        command = command.commands[given.pop(0)]
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    assert {word for word in given if word.startswith("--")} <= known


def test_folders_that_a_page_writes_to_are_those_of_the_container() -> None:
    assert '"$KEYS_FOLDER/connectors/hukou.key"' in TEXT
    assert SERVICES["exchange-setup"]["entrypoint"] == ["/bin/sh", "-ec"]
    keys = SERVICES["exchange-setup"]["environment"]["KEYS_FOLDER"]
    assert f"exchange-keys:{keys}" in SERVICES["exchange-setup"]["volumes"]
