from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import MetaData, Table, func, select

from shared import clock
from shared.access import Access, AccessLog, Unexplained, access_table
from shared.db import Database

MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WHY: dict[str, Any] = {"fields": ["name", "id_number"], "purpose": "handle", "basis": "PIPL 13.3"}


@dataclass(frozen=True)
class Officer:
    id: str = "stf_1"
    department: str = "11990102MB0000001X"


@dataclass(frozen=True)
class Caller:
    sub: str = "psn_9"
    acting_for: str = "psn_9"
    client_id: str = "portal"
    staff: Officer | None = None


@pytest.fixture
async def table(database: Database) -> Table:
    metadata = MetaData()
    made = access_table(metadata)
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)
    return made


@pytest.fixture
def log(table: Table) -> AccessLog:
    return AccessLog(table)


async def reads(database: Database, log: AccessLog, person: str, **page: Any) -> list[Access]:
    async with database.read() as connection:
        return await log.of_person(connection, person, **page)


async def test_a_person_sees_who_read_what_and_why(database: Database, log: AccessLog) -> None:
    with clock.at(MOMENT):
        async with database.write() as tx:
            await log.record(tx, Caller(staff=Officer()), "psn_1", case="case 1", **WHY)
    (found,) = await reads(database, log, "psn_1")
    assert found == Access(
        id=found.id,
        at=MOMENT,
        subject_id="psn_1",
        fields=("id_number", "name"),
        purpose="handle",
        basis="PIPL 13.3",
        case_number="case 1",
        reader="psn_9",
        acting_for="psn_9",
        client_id="portal",
        staff_id="stf_1",
        department="11990102MB0000001X",
    )


async def test_a_system_reads_without_office_and_case(database: Database, log: AccessLog) -> None:
    async with database.write() as tx:
        await log.record(tx, Caller(sub="register", client_id="register"), "psn_1", **WHY)
    (found,) = await reads(database, log, "psn_1")
    assert (found.reader, found.staff_id, found.department, found.case_number) == (
        "register",
        None,
        None,
        None,
    )


async def test_reads_come_newest_first_in_pages_of_one_person(
    database: Database, log: AccessLog
) -> None:
    async with database.write() as tx:
        for n in range(7):
            await log.record(tx, Caller(sub=f"psn_{n}"), "psn_1", **WHY)
            await log.record(tx, Caller(), "psn_2", **WHY)
    seen: list[str] = []
    page = await reads(database, log, "psn_1", limit=3)
    while page:
        seen += [read.reader for read in page]
        page = await reads(database, log, "psn_1", limit=3, before=page[-1].id)
    assert seen == [f"psn_{n}" for n in reversed(range(7))]


async def test_a_list_is_a_read_of_everyone_on_it(database: Database, log: AccessLog) -> None:
    people = ["psn_1", "psn_2", "psn_1"]
    async with database.write() as tx:
        await log.record_all(tx, Caller(), people, **WHY)
        await log.record_all(tx, Caller(), [], **WHY)
    assert [len(await reads(database, log, p)) for p in ("psn_1", "psn_2", "psn_3")] == [1, 1, 0]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"purpose": " "}, "needs a purpose"),
        ({"basis": ""}, "needs a basis"),
        ({"fields": []}, "names the fields"),
        ({"fields": "name"}, "as a list"),
        ({"fields": ["name", "450102199001011234", "张三"]}, "2 of the fields is no field name"),
    ],
)
async def test_an_unexplained_read_is_refused_and_nothing_of_it_kept(
    database: Database, log: AccessLog, table: Table, wrong: dict[str, Any], told: str
) -> None:
    with pytest.raises(Unexplained, match=told) as caught:
        async with database.write() as tx:
            await log.record(tx, Caller(), "psn_1", **{**WHY, **wrong})
    assert "450102199001011234" not in str(caught.value)
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(table)) == 0


async def test_fields_of_fields_have_names_too(database: Database, log: AccessLog) -> None:
    async with database.write() as tx:
        await log.record(tx, Caller(), "psn_1", **{**WHY, "fields": ["applicant.id_number"]})
    (found,) = await reads(database, log, "psn_1")
    assert found.fields == ("applicant.id_number",)
