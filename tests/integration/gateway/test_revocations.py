from pathlib import Path

import pytest

from shared.events import Envelope, Message
from shared.events.sqlite import SQLiteBus
from tests.support.gateways import Running, Start
from tests.support.stations import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOGIN_ENDED = Envelope(
    source="/services/identity",
    type="tongban.identity.session_ended.v1",
    subject="ses_1",
    sequence=1,
    data={"session": "ses_1"},
)


async def test_a_revoked_token_is_refused_at_the_door(start: Start, tmp_path: Path) -> None:
    running = await start()
    headers = running.bearer("cases", "cases.read", sid="ses_1")
    assert (await running.client.get("/api/cases/v1/x", headers=headers)).status_code == 200
    await _tell(tmp_path / "events.db")
    await until(lambda: _refused(running, headers), seconds=1)
    refusal = await running.client.get("/api/cases/v1/x", headers=headers)
    assert 'error="invalid_token"' in refusal.headers["www-authenticate"]
    other = running.bearer("cases", "cases.read", sid="ses_2")
    assert not await _refused(running, other)


async def test_while_the_bus_is_away_the_door_stays_open_and_says_so(
    start: Start, tmp_path: Path
) -> None:
    folder = tmp_path / "bus"
    folder.write_text("no folder yet")
    running = await start(EVENTS_URL=f"sqlite:///{folder}/events.db")
    headers = running.bearer("cases", "cases.read", sid="ses_1")
    assert not await _refused(running, headers)
    assert await _heard(running) == "0.0"
    folder.unlink()
    await _tell(folder / "events.db")
    await until(lambda: _refused(running, headers))
    assert await _heard(running) == "1.0"


async def _tell(log: Path) -> None:
    bus = SQLiteBus(log)
    await bus.publish(LOGIN_ENDED.topic, [Message.of(LOGIN_ENDED)])
    await bus.close()


async def _refused(running: Running, headers: dict[str, str]) -> bool:
    return (await running.client.get("/api/cases/v1/x", headers=headers)).status_code == 401


async def _heard(running: Running) -> str:
    metrics = await running.client.get("/metrics", headers=running.bearer("x", "ops.read"))
    return metrics.text.split("\nrevocations_heard ")[1].split("\n", maxsplit=1)[0]
