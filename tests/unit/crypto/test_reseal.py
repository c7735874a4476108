import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, insert, select

from shared.crypto import CannotOpen, FieldCipher, Keyring, SealedColumn, SealedTable, reseal
from shared.db import Database, Key

persons = Table(
    "persons",
    MetaData(),
    Column("id", Key(40), primary_key=True),
    Column("id_number", LargeBinary, nullable=False),
    Column("id_number_index", Key(40)),
    Column("phone", LargeBinary),
)
notes = Table(
    "notes",
    MetaData(),
    Column("case", Key(40), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("note", LargeBinary, nullable=False),
)
SEALED = SealedTable(
    persons,
    (
        SealedColumn("id_number", "id_number", index="id_number_index"),
        SealedColumn("phone", "phone"),
    ),
)
ROWS = 23


@pytest.fixture
async def registered(database: Database, cipher: FieldCipher) -> Database:
    rows = [
        {
            "id": f"psn_{n:02}",
            "id_number": cipher.seal("id_number", f"psn_{n:02}", f"number {n}"),
            "id_number_index": cipher.index("id_number", f"number {n}"),
            "phone": cipher.seal("phone", f"psn_{n:02}", f"phone {n}") if n % 2 else None,
        }
        for n in range(ROWS)
    ]
    async with database.write() as tx:
        await tx.run_sync(persons.metadata.create_all)
        await tx.execute(insert(persons), rows)
    return database


async def test_rows_are_brought_over_to_the_active_keys(
    registered: Database, keyring: Keyring, cipher: FieldCipher
) -> None:
    keyring.rotate_data_key()
    keyring.rotate_index_key()
    assert await reseal(registered, SEALED, cipher, batch=5) == ROWS

    async with registered.read() as connection:
        rows = (await connection.execute(select(persons).order_by(persons.c.id))).all()
    for n, row in enumerate(rows):
        assert not cipher.needs_rotation(row.id_number)
        assert cipher.open("id_number", row.id, row.id_number) == f"number {n}"
        assert row.id_number_index == cipher.index("id_number", f"number {n}")
        assert row.phone is None or cipher.open("phone", row.id, row.phone) == f"phone {n}"


async def test_what_is_up_to_date_is_left_alone(registered: Database, cipher: FieldCipher) -> None:
    assert await reseal(registered, SEALED, cipher) == 0


async def test_an_index_that_was_never_made_is_made(
    registered: Database, cipher: FieldCipher
) -> None:
    async with registered.write() as tx:
        await tx.execute(
            persons.update().where(persons.c.id == "psn_07").values(id_number_index=None)
        )
    assert await reseal(registered, SEALED, cipher, batch=5) == 1
    async with registered.read() as connection:
        found = await connection.scalar(
            select(persons.c.id).where(
                persons.c.id_number_index == cipher.index("id_number", "number 7")
            )
        )
    assert found == "psn_07"


async def test_a_row_that_does_not_open_stops_it_by_name_and_it_can_go_on(
    registered: Database, keyring: Keyring, cipher: FieldCipher
) -> None:
    keyring.rotate_data_key()
    foreign = cipher.seal("id_number", "psn_99", "moved")
    damaged = persons.update().where(persons.c.id == "psn_12").values(id_number=foreign)
    async with registered.write() as tx:
        await tx.execute(damaged.values(id_number_index=None))
    with pytest.raises(CannotOpen, match=r"persons\.id_number of row psn_12"):
        await reseal(registered, SEALED, cipher, batch=5)
    async with registered.write() as tx:
        await tx.execute(persons.delete().where(persons.c.id == "psn_12"))
    assert await reseal(registered, SEALED, cipher, batch=5) == ROWS - 1 - 10


async def test_a_row_whose_id_has_two_columns_is_found_and_sealed_under_both(
    database: Database, keyring: Keyring, cipher: FieldCipher
) -> None:
    places = [(f"case_{n % 3}", n) for n in range(ROWS)]
    rows = [
        {"case": case, "seq": seq, "note": cipher.seal("note", f"{case}/{seq}", f"note {seq}")}
        for case, seq in places
    ]
    async with database.write() as tx:
        await tx.run_sync(notes.metadata.create_all)
        await tx.execute(insert(notes), rows)
    keyring.rotate_data_key()
    sealed = SealedTable(notes, (SealedColumn("note", "note"),), ("case", "seq"))
    assert await reseal(database, sealed, cipher, batch=5) == ROWS
    async with database.read() as connection:
        stored = (await connection.execute(select(notes))).all()
    assert not any(cipher.needs_rotation(row.note) for row in stored)
    opened = [cipher.open("note", f"{row.case}/{row.seq}", row.note) for row in stored]
    assert opened == [f"note {row.seq}" for row in stored]
