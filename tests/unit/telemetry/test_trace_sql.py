from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from opentelemetry.trace import SpanKind, StatusCode
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.telemetry import instrument_engine
from shared.telemetry.sql import verb_and_table
from tests.unit.telemetry.conftest import Start, Watched


@pytest.fixture
async def cases(start: Start) -> Watched:
    return start(sample=1)


@pytest.fixture
async def engine(cases: Watched, tmp_path: Path) -> AsyncGenerator[AsyncEngine]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/cases.db")
    async with engine.begin() as tx:
        await tx.execute(text("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT)"))
    instrument_engine(engine, cases.telemetry.tracer)
    yield engine
    await engine.dispose()


INSERT = text("INSERT INTO person (id, name) VALUES (:id, :name)")


async def test_a_statement_is_a_span_with_verb_and_table_only(
    cases: Watched, engine: AsyncEngine
) -> None:
    with cases.telemetry.span("work"):
        async with engine.begin() as tx:
            await tx.execute(INSERT, {"id": 1, "name": "张三"})
    span, work = await cases.spans()
    assert span.name == "INSERT person"
    assert span.kind is SpanKind.CLIENT
    assert span.parent == work.context
    assert span.attributes == {
        "db.system.name": "sqlite",
        "db.operation.name": "INSERT",
        "db.collection.name": "person",
    }
    assert "张三" not in span.to_json()


async def test_many_rows_are_one_span_with_their_number(
    cases: Watched, engine: AsyncEngine
) -> None:
    with cases.telemetry.span("work"):
        async with engine.begin() as tx:
            await tx.execute(INSERT, [{"id": n, "name": "x"} for n in range(7)])
    span, _ = await cases.spans()
    assert span.attributes is not None
    assert span.attributes["db.operation.batch.size"] == 7


async def test_a_failed_statement_is_marked_without_its_message(
    cases: Watched, engine: AsyncEngine
) -> None:
    with cases.telemetry.span("work"):
        async with engine.begin() as tx:
            await tx.execute(INSERT, {"id": 1, "name": "x"})
            with pytest.raises(IntegrityError):
                await tx.execute(INSERT, {"id": 1, "name": "张三"})
    _, failed, _ = await cases.spans()
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.attributes is not None
    assert failed.attributes["error.type"] == "IntegrityError"
    assert "张三" not in failed.to_json()


@pytest.mark.parametrize("traceparent", [None, f"00-{'a' * 32}-{'b' * 16}-00"])
async def test_outside_of_a_recorded_trace_there_is_no_span(
    cases: Watched, engine: AsyncEngine, traceparent: str | None
) -> None:
    async def read() -> None:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT * FROM person"))

    if traceparent is None:
        await read()
    else:
        with cases.telemetry.span("work", traceparent=traceparent):
            await read()
    assert await cases.spans() == []


@pytest.mark.parametrize(
    ("statement", "verb", "table"),
    [
        ("SELECT a, b FROM cases WHERE x = ?", "SELECT", "cases"),
        ("  -- why\n/* more */ select 1", "SELECT", ""),
        ('SELECT * FROM "case"."history"', "SELECT", "case"),
        ("INSERT INTO outbox (id) SELECT id FROM cases", "INSERT", "outbox"),
        ("UPDATE cases SET name = 'FROM x'", "UPDATE", "cases"),
        ("DELETE FROM inbox", "DELETE", "inbox"),
        ("WITH moved AS (SELECT 1 FROM a) INSERT INTO b SELECT 1", "INSERT", "b"),
        ("WITH x AS (SELECT 1 FROM a) SELECT * FROM x", "SELECT", "a"),
        ("CREATE TABLE cases (id INTEGER)", "CREATE", "cases"),
        ("PRAGMA journal_mode", "PRAGMA", ""),
        ("BEGIN IMMEDIATE", "BEGIN", ""),
        ("", "OTHER", ""),
    ],
)
def test_what_a_statement_does(statement: str, verb: str, table: str) -> None:
    assert verb_and_table(statement) == (verb, table)
