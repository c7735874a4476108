"""What the stack is told, and what it remembers of it."""

from pathlib import Path

import pytest

from deploy.stack.settings import StackSettings, parse_workers


def test_workers_are_read_by_service() -> None:
    assert parse_workers("cases=2  exchange=3") == {"cases": 2, "exchange": 3}
    assert parse_workers("") == {}


@pytest.mark.parametrize("wrong", ["cases", "cases=", "=2", "cases=0", "cases=17", "cases=two"])
def test_what_are_no_workers_is_told(wrong: str) -> None:
    with pytest.raises(ValueError, match="SERVICE=NUMBER"):
        parse_workers(wrong)


def test_the_base_follows_the_port_unless_it_is_given() -> None:
    assert StackSettings(GATEWAY_PORT=9000).base == "http://localhost:9000"
    given = StackSettings(GATEWAY_PORT=9000, PUBLIC_BASE="https://city.example/")
    assert given.base == "https://city.example"


def test_a_stack_remembers_what_it_was_started_with(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    started = StackSettings(STACK_VAR=tmp_path, GATEWAY_PORT=9000, kafka_port=9100)
    later = StackSettings(STACK_VAR=tmp_path)
    assert later.as_kept(file) == later
    started.keep(file)
    assert later.as_kept(file) == started
    assert later != started
