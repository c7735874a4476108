import stat

import pytest

from tests.support.commands import Operator

SERVICES = ("identity", "catalogue", "cases", "exchange", "portal", "traces")


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_makes_the_keys_that_it_needs_to_start(
    operator: Operator, service: str
) -> None:
    said = operator.does(service, "make-keys")
    made = sorted(path for path in operator.keys.iterdir() if path.suffix != ".lock")
    ends = ("evidence.key", "jwk", "keyring.json", "keyring.kek")
    assert [path.name for path in made] == [f"{service}.{end}" for end in ends]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
    assert operator.does(service, "evidence", "key").strip() in said


def test_keys_that_are_there_stay(operator: Operator) -> None:
    operator.does("cases", "make-keys")
    before = {path: path.read_bytes() for path in operator.keys.iterdir()}
    operator.does("cases", "migrate")
    (operator.keys / "cases.evidence.key").unlink()
    said = operator.does("cases", "make-keys")
    after = {path: path.read_bytes() for path in operator.keys.iterdir()}
    changed = {path.name for path in before if before[path] != after[path]}
    assert changed == {"cases.evidence.key"}
    assert f"(made)：{operator.keys}/cases.evidence.key" in said
    assert f"(is there, stays)：{operator.keys}/cases.keyring.json" in said


def test_no_keyring_is_made_where_a_lost_one_has_sealed(operator: Operator) -> None:
    operator.does("cases", "migrate")
    assert "restore it" in operator.refused("cases", "make-keys")
    assert not operator.keys.exists()


def test_half_a_keyring_is_not_filled_up(operator: Operator) -> None:
    operator.does("cases", "make-keys")
    (operator.keys / "cases.keyring.kek").unlink()
    assert "cases.keyring.kek" in operator.refused("cases", "make-keys")
    assert not (operator.keys / "cases.keyring.kek").exists()
