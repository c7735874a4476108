import pytest
from sqlalchemy import Column, LargeBinary, MetaData, Table, insert, select

from shared.crypto import CannotOpen, FieldCipher, Keyring, SealedColumn, reseal
from shared.db import Database, Key

persons = Table(
    "persons",
    MetaData(),
    Column("id", Key(40), primary_key=True),
    Column("id_number", LargeBinary, nullable=False),
    Column("id_number_index", Key(40)),
    Column("phone", LargeBinary),
)
COLUMNS = [
    SealedColumn("id_number", "id_number", index="id_number_index"),
    SealedColumn("phone", "phone"),
]
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
    assert await reseal(registered, persons, "id", COLUMNS, cipher, batch=5) == ROWS

    async with registered.read() as connection:
        rows = (await connection.execute(select(persons).order_by(persons.c.id))).all()
    for n, row in enumerate(rows):
        assert not cipher.needs_rotation(row.id_number)
        assert cipher.open("id_number", row.id, row.id_number) == f"number {n}"
        assert row.id_number_index == cipher.index("id_number", f"number {n}")
        assert row.phone is None or cipher.open("phone", row.id, row.phone) == f"phone {n}"


async def test_what_is_up_to_date_is_left_alone(registered: Database, cipher: FieldCipher) -> None:
    assert await reseal(registered, persons, "id", COLUMNS, cipher) == 0


async def test_an_index_that_was_never_made_is_made(
    registered: Database, cipher: FieldCipher
) -> None:
    async with registered.write() as tx:
        await tx.execute(
            persons.update().where(persons.c.id == "psn_07").values(id_number_index=None)
        )
    assert await reseal(registered, persons, "id", COLUMNS, cipher, batch=5) == 1
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
        await reseal(registered, persons, "id", COLUMNS, cipher, batch=5)
    async with registered.write() as tx:
        await tx.execute(persons.delete().where(persons.c.id == "psn_12"))
    assert await reseal(registered, persons, "id", COLUMNS, cipher, batch=5) == ROWS - 1 - 10
