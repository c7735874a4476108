import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.db import Database
from tests.support.commands import Operator

SERVICES = ("identity", "catalogue", "cases", "exchange", "portal", "traces")
UPSTREAMS = {f"{name.upper()}_URL": "http://127.0.0.1:9" for name in (*SERVICES, "gateway")}
NO_DATABASE = "postgresql://nobody@127.0.0.1:9/none"


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("lost", ["jwk", "keyring.json", "keyring.kek", "evidence.key"])
def test_a_service_without_a_key_does_not_start(
    operator: Operator, service: str, lost: str
) -> None:
    operator.does(service, "make-keys")
    (operator.keys / f"{service}.{lost}").unlink()
    line = operator.refused(service, "serve", "--port", "1", **UPSTREAMS)
    assert f"{operator.keys}/{service}.{lost}" in line


def test_a_key_that_others_can_read_is_refused_with_what_to_do(operator: Operator) -> None:
    operator.does("cases", "make-keys")
    (operator.keys / "cases.jwk").chmod(0o644)
    line = operator.refused("cases", "serve", **UPSTREAMS)
    assert f"run `chmod 600 {operator.keys}/cases.jwk`" in line


def test_the_evidence_key_of_another_service_is_refused(operator: Operator) -> None:
    operator.does("exchange", "make-keys")
    (operator.keys / "exchange.evidence.key").rename(operator.keys / "cases.evidence.key")
    line = operator.refused("cases", "evidence", "key")
    assert "holds the key of tongban/exchange, not of tongban/cases" in line


@pytest.mark.parametrize(
    "words",
    [
        ("migrate",),
        ("downgrade", "base"),
        ("make-keys",),
        ("rotate-data-key",),
        ("evidence", "export", "rows"),
        ("dead-letters", "list"),
        ("import-calendar",),
    ],
    ids=lambda words: "-".join(words[:2]),
)
def test_a_database_that_is_away_is_told(operator: Operator, words: tuple[str, ...]) -> None:
    line = operator.refused("cases", *words, CASES_DATABASE_URL=NO_DATABASE)
    assert "the database did not answer" in line


def test_identitys_own_commands_tell_it_too(operator: Operator) -> None:
    line = operator.refused("identity", "initial-token", IDENTITY_DATABASE_URL=NO_DATABASE)
    assert "the database did not answer" in line


def test_a_schema_of_a_newer_version_is_told(operator: Operator) -> None:
    operator.does("cases", "migrate")
    asyncio.run(_set_revision(operator.database("cases"), "9999"))
    assert "the schema is at 9999" in operator.refused("cases", "migrate")
    assert "the schema is at 9999" in operator.refused("cases", "dead-letters", "list")
    assert "9999" in operator.refused("cases", "downgrade", "base")


def test_a_database_that_is_not_there_is_not_made_by_looking(
    operator: Operator, tmp_path: Path
) -> None:
    line = operator.refused("cases", "evidence", "export", str(tmp_path / "rows"))
    assert "CASES_DATABASE_URL" in line
    assert not (tmp_path / "cases.db").exists()


async def _set_revision(url: str, revision: str) -> None:
    db = Database(url)
    async with db.write() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})
    await db.dispose()
