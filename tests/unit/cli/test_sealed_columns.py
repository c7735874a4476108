"""What the services declare as sealed is all that they seal, and as they seal it."""

from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, MetaData

from services.cases.store.papers import Papers
from services.exchange.store.answers import Vault
from services.identity.store.people import SEALED
from shared.crypto import FieldCipher, Keyring, SealedTable
from shared.service import Mechanisms

STORES = {
    "identity": "services.identity.store.sealed",
    "cases": "services.cases.store.sealed",
    "exchange": "services.exchange.store.sealed",
    "portal": "services.portal.store",
}
PLAIN = {
    "exchange": {"feed.event"},
    "identity": {"passkeys.credential", "passkeys.public_key"},  # public by their nature
}


def declared(service: str) -> tuple[SealedTable, ...]:
    found: tuple[SealedTable, ...] = import_module(STORES[service]).sealed
    return found


def of_mechanisms() -> set[str]:
    metadata = MetaData()
    Mechanisms(metadata)
    return set(metadata.tables)


@pytest.mark.parametrize("service", STORES)
def test_every_column_of_bytes_is_declared(service: str) -> None:
    metadata = declared(service)[0].table.metadata
    bytes_of = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        if table.name not in of_mechanisms()
        for column in table.c
        if isinstance(column.type, LargeBinary)
    }
    sealed = {f"{one.table.name}.{c.column}" for one in declared(service) for c in one.columns}
    assert sealed == bytes_of - PLAIN.get(service, set())


def opened(keyring: Keyring, service: str, place: str, blob: bytes, **key: object) -> str:
    """Open a field as `rotate-data-key` does."""
    table, _, column = place.partition(".")
    sealed = next(one for one in declared(service) if one.table.name == table)
    field = next(one.field for one in sealed.columns if one.column == column)
    row_id = sealed.row_id(key)  # type: ignore[arg-type]
    return FieldCipher(keyring, table).open(field, row_id, blob)


def test_declared_columns_open_as_their_store_seals_them(tmp_path: Path) -> None:
    keyring = Keyring.create(tmp_path / "keyring.json")
    papers, vault = Papers(lambda: keyring), Vault(lambda: keyring)
    form, note = papers.seal_form("1", {"shop": "x"}), papers.seal_note("1", 7, {"text": "x"})
    snapshot, answer = papers.seal_snapshot("1", {"name": "x"}), vault.seal("cal_1", {"a": "x"})
    assert opened(keyring, "cases", "cases.form", form, id="1") == '{"shop":"x"}'
    assert opened(keyring, "cases", "cases.snapshot", snapshot, id="1") == '{"name":"x"}'
    assert opened(keyring, "cases", "case_history.note", note, case_id="1", seq=7) == '{"text":"x"}'
    assert opened(keyring, "exchange", "answers.sealed", answer, call="cal_1") == '{"a":"x"}'


def test_resealing_people_indexes_no_unproven_phone() -> None:
    people = next(one for one in declared("identity") if one.table.name == "people")
    assert {column.field for column in people.columns} == set(SEALED)
    assert all(column.index is None for column in people.columns)
