"""A real PostgreSQL for the tests: a cluster of its own in a temporary folder."""

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp

import asyncpg

from deploy.stack.kafka import free_ports
from deploy.stack.postgres import Cluster, verifier

ELSE = "TEST_POSTGRES_URL 指定另一台 (or TEST_POSTGRES_URL names one that runs)"
TESTER, PASSWORD = "tester", "for tests only"
# A test's crash is that of the server, never of the machine: what it wrote is with the system.
_HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextlib.contextmanager
def cluster(**settings: str) -> Iterator[Cluster]:
    """A cluster that runs until the block ends."""
    folder = Path(mkdtemp(prefix="tongban-pg-"))
    folder.chmod(0o755)
    made = Cluster(folder / "cluster", free_ports(), settings)
    try:
        made.prepare()
        made.start()
        try:
            yield made
        finally:
            if made.ready():
                made.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The URL of a server, without a database, whose role may make databases and no more."""
    with cluster(**_HASTY) as made:
        # The first to ask may be in a loop of his own already.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(add_tester(made))).result()
        yield made.url(TESTER, PASSWORD, "").rstrip("/")


async def add_tester(made: Cluster) -> None:
    """A role for tests that is no superuser, and the database that it comes to by itself."""
    connection = await asyncpg.connect(made.admin_url)
    try:
        await connection.execute(
            f"CREATE ROLE {TESTER} LOGIN CREATEDB IN ROLE pg_signal_backend "
            f"PASSWORD '{verifier(PASSWORD)}'"
        )
        await connection.execute(f"CREATE DATABASE {TESTER} OWNER {TESTER}")
    finally:
        await connection.close()
