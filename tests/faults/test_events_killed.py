"""The process is killed at each failpoint of the event path in turn: nothing lost or doubled."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from pathlib import Path

import pytest

import shared.events  # noqa: F401 - declares the failpoints
from shared.db import Database
from shared.failpoints import POINTS
from shared.ids import uuid7
from tests.support.stations import Station, open_station

EVENT_POINTS = sorted(name for name in POINTS if name.startswith("events."))
STACK_POINTS = [name for name in EVENT_POINTS if not name.startswith("events.log.")]
SUBJECTS = "a,b,c"
ROUNDS = 6


def _once_a_batch(name: str) -> bool:
    """A broker hands out more at once than the embedded log: these are passed a few times only."""
    return name.startswith("events.relay.") or name.endswith(("fetched", "_offset"))


async def work(
    database_url: str, bus_url: str, *, failpoint: str = "", rounds: int = ROUNDS
) -> tuple[int, list[tuple[str, int]]]:
    """Run a worker to its end or death; says how it ended and what it acknowledged."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.support.event_process", "work"),
        *(database_url, bus_url, SUBJECTS, str(rounds)),
        env={**os.environ, "FAILPOINT": failpoint},
        stdout=PIPE,
    )
    output, _ = await child.communicate()
    # A line that the death tore off was not heard: only whole ones acknowledge.
    whole = [line for line in output.decode().splitlines(keepends=True) if line.endswith("\n")]
    acknowledged = [line.split() for line in whole if line.startswith("ack ")]
    return child.returncode or 0, [(subject, int(step)) for _, subject, step in acknowledged]


async def assert_nothing_lost_or_doubled(
    station: Station, acknowledged: list[tuple[str, int]]
) -> None:
    seen = await station.seen()
    assert [effect for effect, times in Counter(seen).items() if times > 1] == []
    assert set(acknowledged) <= set(seen)
    for subject in SUBJECTS.split(","):
        steps = [step for of, step in seen if of == subject]
        assert steps == list(range(1, len(steps) + 1))


@pytest.fixture
def bus_url(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> str:
    """The bus that goes with the database: onebox's, or the stack's."""
    if database.dialect == "sqlite":
        return f"sqlite:///{tmp_path}/events.db"
    broker: str = request.getfixturevalue("kafka_broker")
    return f"kafka://{broker}/?prefix={uuid7()}.&partitions=3&session_seconds=2"


@pytest.mark.parametrize(
    ("database_url", "name", "at"),
    [
        *(("sqlite", name, 3) for name in EVENT_POINTS),
        ("sqlite", "events.retry.after_effect", 5),
        *(("postgresql", name, 1 if _once_a_batch(name) else 3) for name in STACK_POINTS),
    ],
    indirect=["database_url"],
)
async def test_a_kill_at_a_failpoint_loses_and_doubles_nothing(
    name: str, at: int, database: Database, database_url: str, bus_url: str
) -> None:
    station = await open_station(database)
    ended, acknowledged = await work(database_url, bus_url, failpoint=f"{name}:kill@{at}")
    assert ended == -signal.SIGKILL, "the worker never came to this failpoint"
    ended, more = await work(database_url, bus_url, rounds=1)
    assert ended == 0
    await assert_nothing_lost_or_doubled(station, acknowledged + more)
