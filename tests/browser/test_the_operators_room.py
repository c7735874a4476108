"""A poison event from its dead letter to its effect, by an administrator in a real browser."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.support.onebox import ROOT, Onebox, running
from tests.support.visitor import NARROW, PHONE, Visitor

CATALOGUE = ROOT / "deploy/demo/catalogue/health.json"
LETTERS = "/ops/dead-letters"


@pytest.fixture(scope="module")
def onebox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Onebox]:
    """A onebox that soon gives up on an event."""
    with running(tmp_path_factory.mktemp("operated"), EVENTS_ATTEMPTS="2") as ready:
        yield ready


def on_cases(onebox: Onebox, statement: str) -> list[tuple[object, ...]]:
    """Do something to the database of cases."""
    database = sqlite3.connect(onebox.folder / "cases.db", timeout=10)
    try:
        rows = database.execute(statement).fetchall()
        database.commit()
    finally:
        database.close()
    return rows


def poison(onebox: Onebox, item: int) -> str:
    """Publish a new version of an item that cases cannot take over; gives the item's code."""
    listed = json.loads(CATALOGUE.read_text("utf-8"))
    changed = listed["items"][item]
    changed["summary"] += "（更新）"
    code = str(changed["code"])
    on_cases(
        onebox,
        f"CREATE TRIGGER broken{item} BEFORE INSERT ON item_states WHEN NEW.code = '{code}' "
        "BEGIN SELECT RAISE(ABORT, 'the copy of the items is broken'); END",
    )
    file = onebox.folder / f"changed-{item}.json"
    file.write_text(json.dumps({"items": [changed]}), "utf-8")
    subprocess.run(
        [sys.executable, "-m", "services.catalogue", "import", str(file)],
        env=onebox.service_environment(), check=True, capture_output=True, cwd=ROOT,
    )  # fmt: skip
    until = time.monotonic() + 30
    dead = f"SELECT 1 FROM inbox_parked WHERE subject = '{code}' AND dead_at IS NOT NULL"
    while not on_cases(onebox, dead):
        assert time.monotonic() < until, "the event did not become a dead letter"
        time.sleep(0.1)
    return code


def mend(onebox: Onebox, item: int) -> None:
    """Take the cause away."""
    on_cases(onebox, f"DROP TRIGGER broken{item}")


@pytest.mark.parametrize(
    ("scripts", "item"), [(True, 0), (False, 1)], ids=["with scripts", "without scripts"]
)
async def test_a_poison_event_is_found_and_replayed_when_its_cause_is_mended(
    browser: Browser, onebox: Onebox, pictures: Path, scripts: bool, item: int
) -> None:
    code = poison(onebox, item)
    operator = await Visitor.come(browser, onebox, scripts=scripts)
    page = operator.page
    await operator.open("/ops")
    await operator.log_in("administrator")
    await expect(page.get_by_test_id("health")).to_contain_text("要人处理")
    await operator.look("ops-1-overview", pictures)
    await page.get_by_role("link", name="去看死信").first.click()
    await operator.look("ops-2-letters", pictures)
    await page.get_by_role("link", name=code).click()
    await expect(page.get_by_role("main")).to_contain_text("the copy of the items is broken")
    await operator.look("ops-3-letter", pictures)
    await replay(operator, "看看还会不会失败")
    await expect(page.get_by_test_id("result")).to_contain_text("还是没有成功")
    await operator.look("ops-4-failed-again", pictures)
    mend(onebox, item)
    await replay(operator, "数据库已修好")
    await expect(page.get_by_test_id("result")).to_contain_text("重试成功")
    await operator.look("ops-5-done", pictures)
    await operator.open(f"{LETTERS}?service=cases&subject={code}")
    await expect(page.get_by_role("main")).to_contain_text("没有符合条件的死信")
    kept = on_cases(onebox, f"SELECT max(version) FROM item_versions WHERE code = '{code}'")
    assert kept == [(2,)]
    assert operator.faults == []
    await operator.leave()


async def replay(operator: Visitor, why: str) -> None:
    await operator.page.locator("#why-replay").fill(why)
    await operator.press("do-replay")


@pytest.mark.parametrize("look", ["phone", "320 px", "elder", "English"])
async def test_everybody_can_read_the_operators_room(
    browser: Browser, onebox: Onebox, pictures: Path, look: str
) -> None:
    size = {"phone": PHONE, "320 px": NARROW, "elder": PHONE}.get(look)
    operator = await Visitor.come(browser, onebox, size=dict(size) if size else None)
    if look in ("elder", "English"):
        await operator.press({"elder": "elder-switch", "English": "language-switch"}[look])
    await operator.open("/ops")
    await operator.log_in("administrator")
    for path in ("/ops", "/ops/queues", LETTERS):
        await operator.open(path)
        assert await operator.overflow() <= 0, path
        await operator.look(f"ops-{look.replace(' ', '')}-{path.rpartition('/')[2]}", pictures)
    assert operator.faults == []
    await operator.leave()


async def test_an_officer_is_told_whose_room_it_is(browser: Browser, onebox: Onebox) -> None:
    officer = await Visitor.come(browser, onebox)
    await officer.open("/ops")
    await officer.log_in("officer")
    assert "没有这项权限" in await officer.page.inner_text("main")
    await officer.page.get_by_role("main").get_by_role("link", name="工作台").click()
    assert officer.page.url == f"{onebox.base}/desk"
    await officer.leave()
