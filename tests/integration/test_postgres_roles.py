"""PostgreSQL as the stack sets it up: each service in a database of its own, with two roles."""

import asyncio
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import asyncpg
import pytest
from asyncpg import Connection
from typer.testing import CliRunner

from deploy.stack.postgres import Cluster, ClusterFailed, Passwords, Place, provision, reachable
from deploy.stack.postgres.__main__ import cli
from services.cases.app import MIGRATIONS
from services.cases.store.tables import mechanisms
from shared.db import Database, Migrations
from tests.support.databases import require_postgres
from tests.support.postgres import cluster

SERVICES = ("cases", "identity")
FORBIDDEN = (
    "CREATE TABLE mine (i int)",
    "CREATE TEMP TABLE mine (i int)",
    "CREATE SCHEMA mine",
    "DROP TABLE things",
    "ALTER TABLE things ADD COLUMN more int",
    "TRUNCATE things",
    "CREATE DATABASE mine",
    "CREATE ROLE mine",
    "COPY things FROM PROGRAM 'true'",
    "SELECT pg_read_file('/etc/passwd')",
    "DROP DATABASE tongban_cases",
)


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    require_postgres()
    with cluster() as made:
        yield made


@pytest.fixture
async def passwords(server: Cluster, tmp_path: Path) -> Passwords:
    roles = [role for service in SERVICES for role in Place(service).roles]
    made = Passwords.keep(tmp_path / "passwords.json", roles)
    await provision(server.admin_url, SERVICES, made)
    return made


def _url(server: Cluster, passwords: Mapping[str, str], role: str, database: str = "") -> str:
    return server.url(role, passwords[role], database or role.removesuffix("_owner"))


async def _things(server: Cluster, passwords: Passwords) -> Connection:
    """The service's own connection to a database in which the owner has made a table."""
    owner = await asyncpg.connect(_url(server, passwords, "tongban_cases_owner"))
    await owner.execute("CREATE TABLE IF NOT EXISTS things (id bigserial PRIMARY KEY, name text)")
    await owner.close()
    return await asyncpg.connect(_url(server, passwords, "tongban_cases"))


async def test_a_service_works_with_the_rows_of_what_its_owner_made(
    server: Cluster, passwords: Passwords
) -> None:
    own = await _things(server, passwords)
    await own.execute("INSERT INTO things (name) VALUES ('a')")
    await own.execute("UPDATE things SET name = 'b'")
    assert await own.fetchval("SELECT name FROM things") == "b"
    await own.execute("DELETE FROM things")
    await own.close()


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_a_service_can_do_nothing_besides(
    statement: str, server: Cluster, passwords: Passwords
) -> None:
    own = await _things(server, passwords)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await own.execute(statement)
    await own.close()


@pytest.mark.parametrize("database", ["tongban_identity", "postgres", "template1"])
@pytest.mark.parametrize("role", ["tongban_cases", "tongban_cases_owner"])
async def test_a_service_gets_into_no_other_database(
    role: str, database: str, server: Cluster, passwords: Passwords
) -> None:
    with pytest.raises(asyncpg.PostgresError, match=r"permission denied|rejects connection"):
        await asyncpg.connect(_url(server, passwords, role, database))


async def test_nobody_is_administrator_from_outside(server: Cluster) -> None:
    with pytest.raises(asyncpg.PostgresError, match="rejects connection"):
        await asyncpg.connect(server.url("postgres", "guessed", "tongban_cases"))


async def test_the_limits_are_those_of_the_role_however_it_connects(
    server: Cluster, passwords: Passwords
) -> None:
    own = await asyncpg.connect(_url(server, passwords, "tongban_cases"))
    told = {name: await own.fetchval(f"SHOW {name}") for name in ("statement_timeout", "jit")}
    assert told == {"statement_timeout": "30s", "jit": "off"}
    assert await own.fetchval("SHOW search_path") == "public"
    await own.close()


async def test_a_service_that_opens_too_many_connections_is_stopped(
    server: Cluster, passwords: Passwords
) -> None:
    await provision(server.admin_url, SERVICES, passwords, connections=2)
    url = _url(server, passwords, "tongban_cases")
    opened = [await asyncpg.connect(url) for _ in range(2)]
    with pytest.raises(asyncpg.TooManyConnectionsError):
        await asyncpg.connect(url)
    for one in opened:
        await one.close()


async def test_new_passwords_take_the_place_of_the_old_ones(
    server: Cluster, passwords: Passwords, tmp_path: Path
) -> None:
    anew = Passwords.keep(tmp_path / "passwords.json", list(passwords), anew=True)
    assert all(anew[role] != passwords[role] for role in passwords)
    await provision(server.admin_url, SERVICES, anew)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(_url(server, passwords, "tongban_cases"))
    await (await asyncpg.connect(_url(server, anew, "tongban_cases"))).close()


async def test_provisioning_takes_back_what_was_given_besides(
    server: Cluster, passwords: Passwords
) -> None:
    await (await _things(server, passwords)).close()
    admin = await asyncpg.connect(server.admin_url)
    await admin.execute("ALTER ROLE tongban_cases CREATEDB CREATEROLE")
    await admin.execute("GRANT CONNECT ON DATABASE tongban_cases TO PUBLIC")
    await admin.close()
    owner = await asyncpg.connect(_url(server, passwords, "tongban_cases_owner"))
    await owner.execute("GRANT TRUNCATE ON things TO tongban_cases")
    await owner.close()
    await provision(server.admin_url, SERVICES, passwords)
    own = await asyncpg.connect(_url(server, passwords, "tongban_cases"))
    for statement in ("CREATE ROLE mine", "CREATE DATABASE mine", "TRUNCATE things"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await own.execute(statement)
    await own.close()


async def test_a_superuser_is_not_taken_for_a_services_role(server: Cluster) -> None:
    admin = await asyncpg.connect(server.admin_url)
    await admin.execute("CREATE ROLE tongban_exchange SUPERUSER")
    with pytest.raises(asyncpg.RaiseError, match="tongban_exchange is a superuser"):
        await provision(server.admin_url, ["exchange"], {})
    await admin.close()


async def test_a_service_runs_on_its_role_and_migrates_on_its_owners(
    server: Cluster, passwords: Passwords
) -> None:
    migrations = Migrations(MIGRATIONS, mechanisms.metadata)
    owner = Database(_url(server, passwords, "tongban_cases_owner"))
    await migrations.upgrade(owner)
    await owner.dispose()
    own = Database(_url(server, passwords, "tongban_cases"))
    assert await migrations.current(own) == migrations.head
    tables = [table.name for table in mechanisms.metadata.sorted_tables]
    connection = await asyncpg.connect(_url(server, passwords, "tongban_cases"))
    may = (
        "SELECT bool_and(has_table_privilege(t, p)) FROM unnest($1::text[]) t, unnest($2::text[]) p"
    )
    assert await connection.fetchval(may, tables, ["SELECT", "INSERT", "UPDATE", "DELETE"])
    await connection.close()
    await own.dispose()


async def test_the_printed_sql_does_the_same_for_one_who_is_no_superuser(
    server: Cluster, tmp_path: Path
) -> None:
    admin = await asyncpg.connect(server.admin_url)
    await admin.execute("CREATE ROLE dba LOGIN CREATEDB CREATEROLE PASSWORD 'dba'")
    await admin.execute("CREATE DATABASE dba OWNER dba")
    await admin.close()
    file = tmp_path / "passwords.json"
    told = CliRunner().invoke(cli, ["sql", "catalogue", "--passwords", str(file)])
    assert told.exit_code == 0, told.output
    passwords = Passwords.keep(file, [])
    assert not [word for word in passwords.values() if word in told.output]
    # The tests' cluster lets nobody into the database `postgres` over TCP.
    script = told.output.replace("\\connect postgres", "\\connect dba")
    for _ in range(2):
        psql = await asyncio.create_subprocess_exec(
            *("psql", "-X", "-q", server.url("dba", "dba", "dba"), "-f", "-"),
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, complaints = await psql.communicate(script.encode())
        assert psql.returncode == 0, complaints.decode()
    owner = await asyncpg.connect(_url(server, passwords, "tongban_catalogue_owner"))
    await owner.execute("CREATE TABLE things (id bigserial PRIMARY KEY)")
    await owner.close()
    own = await asyncpg.connect(_url(server, passwords, "tongban_catalogue"))
    await own.execute("INSERT INTO things DEFAULT VALUES")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await own.execute("DROP TABLE things")
    await own.close()


def test_without_passwords_the_printed_sql_lets_psql_ask_for_them() -> None:
    told = CliRunner().invoke(cli, ["sql", "cases"])
    assert told.output.endswith("\\password tongban_cases_owner\n\\password tongban_cases\n")
    assert "PASSWORD '" not in told.output


def test_a_name_that_is_no_services_is_refused() -> None:
    told = CliRunner().invoke(cli, ["sql", "cases; DROP"])
    assert told.exit_code == 2
    assert "is no name of a service" in told.output


def test_the_passwords_are_for_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "passwords.json"
    Passwords.keep(file, ["tongban_cases"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_folder_that_the_databases_user_cannot_enter_is_told(tmp_path: Path) -> None:
    require_postgres()
    if os.geteuid() != 0:
        pytest.skip("only root hands the cluster to another user")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(ClusterFailed, match="may not enter"):
        Cluster(closed / "cluster", 1).prepare()
    assert reachable(closed / "cluster").parent == Path("/var/lib")
    tmp_path.chmod(0o755)


def test_a_crash_in_the_middle_of_the_making_leaves_a_place_to_begin_again(
    server: Cluster,
) -> None:
    """What an interrupted initdb left is thrown away, a cluster that is whole is kept."""
    folder = server.folder.with_name("begun")
    (folder / "data.draft").mkdir(parents=True)
    (folder / "data.draft" / "PG_VERSION").write_text("15\n")
    begun = Cluster(folder, 1)
    begun.prepare()
    made = (begun.data / "PG_VERSION").stat().st_mtime_ns
    begun.prepare()
    assert (begun.data / "PG_VERSION").stat().st_mtime_ns == made
    assert not (folder / "data.draft").exists()


def test_the_command_sets_up_a_server_and_changes_the_passwords(
    server: Cluster, tmp_path: Path
) -> None:
    async def administrator() -> None:
        admin = await asyncpg.connect(server.admin_url)
        await admin.execute("CREATE ROLE operator LOGIN CREATEDB CREATEROLE PASSWORD 'operator'")
        await admin.execute("CREATE DATABASE operator OWNER operator")
        await admin.close()

    async def open_with(passwords: Passwords) -> None:
        await (await asyncpg.connect(_url(server, passwords, "tongban_portal"))).close()

    asyncio.run(administrator())
    file = tmp_path / "passwords.json"
    url = server.url("operator", "operator", "operator")
    words = ["provision", "portal", "--passwords", str(file), "--server", url]
    told = CliRunner().invoke(cli, words)
    assert told.exit_code == 0, told.output
    assert told.output == (
        "tongban_portal: tongban_portal_owner (migrate), tongban_portal (serve)\n"
    )
    before = Passwords.keep(file, [])
    asyncio.run(open_with(before))
    assert CliRunner().invoke(cli, [*words, "--rotate"]).exit_code == 0
    asyncio.run(open_with(Passwords.keep(file, [])))
    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(open_with(before))


def test_a_server_that_does_not_answer_is_told_in_one_line(tmp_path: Path) -> None:
    words = ["provision", "portal", "--passwords", str(tmp_path / "passwords.json")]
    told = CliRunner().invoke(cli, [*words, "--server", "postgresql://nobody@127.0.0.1:1/none"])
    assert told.exit_code == 2
    assert told.output.count("\n") == 1
    assert "the database did not do it" in told.output
