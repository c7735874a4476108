import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from services.portal.store import visits
from shared.clock import now
from shared.crypto import FieldCipher, Keyring
from shared.db import Database
from tests.support.commands import Operator


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    made = Operator(tmp_path)
    made.does("portal", "make-keys")
    made.does("portal", "migrate")
    return made


def keyring(operator: Operator) -> Keyring:
    return Keyring.load(operator.keys / "portal.keyring.json")


async def keep(operator: Operator, blobs: dict[str, bytes]) -> None:
    db = Database(operator.database("portal"))
    until = now() + timedelta(hours=1)
    async with db.write() as tx:
        rows = [{"id": key, "sealed": blob, "expires_at": until} for key, blob in blobs.items()]
        await tx.execute(insert(visits), rows)
    await db.dispose()


async def kept(operator: Operator) -> dict[str, bytes]:
    db = Database(operator.database("portal"))
    async with db.read() as connection:
        rows = (await connection.execute(select(visits.c.id, visits.c.sealed))).all()
    await db.dispose()
    return {row.id: row.sealed for row in rows}


def test_old_rows_are_sealed_with_the_new_key(operator: Operator) -> None:
    cipher = FieldCipher(keyring(operator), "visits")
    asyncio.run(keep(operator, {key: cipher.seal("content", key, key) for key in ("a", "b")}))
    assert "2 rows sealed anew" in operator.does("portal", "rotate-data-key")

    stored = asyncio.run(kept(operator))
    assert keyring(operator).active_data_key == 2
    # The service that made the cipher runs on: it finds the new key by itself.
    assert not any(cipher.needs_rotation(blob) for blob in stored.values())
    assert {key: cipher.open("content", key, blob) for key, blob in stored.items()} == {
        "a": "a",
        "b": "b",
    }


def test_a_run_that_was_cut_short_is_finished_without_another_key(operator: Operator) -> None:
    blob = FieldCipher(keyring(operator), "visits").seal("content", "a", "a")
    keyring(operator).rotate_data_key()
    asyncio.run(keep(operator, {"a": blob}))
    assert "1 rows sealed anew" in operator.does("portal", "rotate-data-key", "--go-on")
    assert keyring(operator).active_data_key == 2


def test_a_row_that_does_not_open_is_named(operator: Operator) -> None:
    blob = FieldCipher(keyring(operator), "visits").seal("content", "another", "a")
    asyncio.run(keep(operator, {"a": blob}))
    assert "visits.content of row a" in operator.refused("portal", "rotate-data-key")


def test_a_service_that_seals_nothing_says_so(operator: Operator) -> None:
    assert "catalogue seals nothing" in operator.refused("catalogue", "rotate-data-key")
