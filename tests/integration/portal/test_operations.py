"""The operators' room before the real operators' API of one service with real dead letters."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Mount

from shared import clock
from shared.auth import Staff, Subject
from shared.db import Database
from shared.events import Message
from shared.events.sqlite import SQLiteBus
from tests.support.operated import Operated, operated
from tests.support.portal_gateway import PortalGateway
from tests.support.stations import TOPIC, envelope, message, open_station, running

ADMINISTRATOR = "openid staff identity.self ops.read ops.manage"
AUDITOR = "openid staff identity.self ops.read"
OFFICER = "openid staff identity.self cases.handle cases.read"
INSPECTOR = "openid staff identity.self cases.read"
LETTERS = "/ops/dead-letters"


class AnyToken:
    """Knows the portal gateway's tokens: the scopes it grants, and the office that has them."""

    def __init__(self, gateway: PortalGateway) -> None:
        self._gateway = gateway

    async def verify(self, token: str) -> Subject:
        scopes = frozenset((self._gateway.scope or "").split())
        role = "system_administrator" if "ops.manage" in scopes else "audit_administrator"
        now = clock.now().timestamp()
        return Subject(
            sub="psn_0190a1b2", kind="person", client_id="portal", scopes=scopes,
            audiences=frozenset(), token_id=token, issued_at=now, expires_at=now + 300,
            staff=Staff("stf_7", "11990102MB2824177L", "990102000000", roles=frozenset({role})),
        )  # fmt: skip

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
async def service(gateway: PortalGateway, tmp_path: Path) -> AsyncGenerator[Operated]:
    """One service with an operators' API behind the gateway."""
    db, bus = Database(f"sqlite:///{tmp_path}/probe.db"), SQLiteBus(tmp_path / "probe-events.db")
    async with operated(await open_station(db), bus) as started:
        gateway.scope = ADMINISTRATOR
        gateway.upstreams = {"probe": "ready", "portal": "ready"}
        gateway.app.router.routes.append(Mount("/api/probe", started.app))
        yield started
    await bus.close()
    await db.dispose()


@asynccontextmanager
async def seen_by_portal(service: Operated, gateway: PortalGateway) -> AsyncGenerator[None]:
    """From now on the service knows the tokens that the portal got."""
    own = service.app.state.verifier
    service.app.state.verifier = AnyToken(gateway)
    yield
    service.app.state.verifier = own


@pytest.fixture
async def letter(service: Operated, gateway: PortalGateway) -> AsyncGenerator[str]:
    """A dead letter with one event behind it, and a portal that may read it."""
    (id_,) = await service.kill(message("a", 1), message("a", 2), poison=[("a", 1)])
    async with seen_by_portal(service, gateway):
        yield id_


async def test_each_office_gets_the_link_to_its_own_room(browser: Any, gateway: Any) -> None:
    for scope, rooms in (
        (ADMINISTRATOR, {"/ops"}),
        (AUDITOR, {"/ops"}),
        (OFFICER, {"/desk"}),
        (INSPECTOR, set()),
    ):
        gateway.scope = scope
        await browser.visit("/desk/login?again=1")
        page = (await browser.get("/help")).text
        header = page[: page.index("</header>")]
        assert {room for room in ("/ops", "/desk") if f'href="{room}"' in header} == rooms


@pytest.mark.usefixtures("letter")
async def test_the_entrance_of_staff_leads_operators_to_their_room(browser: Any) -> None:
    page = await browser.visit("/desk")
    assert page.url.path == "/ops"
    assert page.status_code == 200


@pytest.mark.parametrize("path", ["/ops", "/ops/queues", LETTERS, f"{LETTERS}/probe/1-0a1b2c3d"])
async def test_who_does_not_operate_is_told_whose_room_it_is(
    browser: Any, gateway: Any, path: str
) -> None:
    gateway.scope = OFFICER
    page = await browser.visit(path)
    assert page.status_code == 403
    assert "运维室是给系统管理员和审计管理员用的" in page.text
    assert 'class="button" href="/desk"' in page.text


async def test_all_well_is_said_at_once(browser: Any, service: Operated, gateway: Any) -> None:
    async with seen_by_portal(service, gateway):
        page = await browser.visit("/ops")
    assert "平台运行正常" in page.text
    assert "2 个服务，2 个正常。" in page.text


async def test_what_waits_and_what_is_down_is_said_with_what_to_do(
    browser: Any, letter: str, service: Operated, gateway: Any
) -> None:
    service.consumers.append(service.station.consumer(service.bus))
    gateway.upstreams |= {"cases": "down", "catalogue": "unready"}
    page = await browser.visit("/ops")
    assert "有 3 件事要人处理" in page.text
    for words in ("有死信等人决定", "服务连不上", "服务未就绪", "进程会自动重启"):
        assert words in page.text
    assert f'href="{LETTERS}?service=probe"' in page.text


async def test_a_service_that_answers_strangely_hides_nothing_else(
    browser: Any, letter: str, gateway: Any
) -> None:
    gateway.upstreams |= {"exchange": "ready"}
    overview = await browser.visit("/ops")
    assert overview.status_code == 200
    assert "没有报告运行数据" in overview.text
    listed = await browser.get(LETTERS)
    assert "exchange" not in listed.text.split("<table")[1]
    assert "数据共享现在没有应答" in listed.text
    assert letter in listed.text


@pytest.mark.usefixtures("letter")
async def test_queues_are_shown_by_service_and_group(browser: Any, service: Operated) -> None:
    consumer = service.station.consumer(service.bus)
    service.consumers.append(consumer)
    await service.station.add("b", 1)
    async with running(consumer.run):
        page = await browser.visit("/ops/queues")
    assert page.status_code == 200
    assert "probe.readers" in page.text
    assert "1 条" in page.text


async def test_letters_are_listed_and_filtered(browser: Any, letter: str) -> None:
    page = await browser.visit(LETTERS)
    assert f"{LETTERS}/probe/{letter}" in page.text
    assert "处理失败" in page.text
    fits = await browser.get(f"{LETTERS}?service=probe&subject=a&consumer=probe.readers")
    assert letter in fits.text
    other = await browser.get(f"{LETTERS}?service=probe&subject=b")
    assert "没有符合条件的死信" in other.text
    assert (await browser.get(f"{LETTERS}?service=nobody")).status_code == 200


async def test_a_letter_says_in_plain_words_why_and_what_waits(browser: Any, letter: str) -> None:
    page = await browser.visit(f"{LETTERS}/probe/{letter}")
    assert "收到事件的程序试了多次都没有处理成功" in page.text
    assert "this one is poison" in page.text
    assert "同一对象还有 1 条事件排在它后面" in page.text
    assert "tongban.probe.moved.v1" in page.text
    assert "&#34;step&#34;: 1" in page.text or '"step": 1' in page.text


async def test_a_letter_leads_to_the_trace_in_which_its_event_was_told(
    browser: Any, service: Operated, gateway: Any
) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    told = envelope("a", 1)
    body = told.encode()[:-1] + f',"traceparent":"00-{trace_id}-b7ad6b7169203331-01"}}'.encode()
    event = Message(told.id, told.type, told.subject, body)
    (id_,) = await service.kill(event, poison=[("a", 1)])
    async with seen_by_portal(service, gateway):
        page = await browser.visit(f"{LETTERS}/probe/{id_}")
    assert f'href="/ops/traces/{trace_id}"' in page.text


async def decided(browser: Any, letter: str, decision: str, **fields: str) -> Any:
    path = f"{LETTERS}/probe/{letter}"
    page = await browser.visit(path)
    return await browser.submit(page, f"{path}/{decision}", **({"why": "已修好"} | fields))


async def test_a_replay_after_the_cause_is_mended_is_told_as_done(
    browser: Any, letter: str, service: Operated
) -> None:
    service.station.poison = set()
    async with running(service.station.consumer(service.bus).run):
        page = await decided(browser, letter, "replay", version="1", key="key-1")
    assert "重试成功，已经处理" in page.text
    assert await service.station.seen() == [("a", 1), ("a", 2)]
    assert "没有死信" in (await browser.get(LETTERS)).text


async def test_a_replay_that_fails_again_is_told_with_who_decided_before(
    browser: Any, letter: str, service: Operated
) -> None:
    async with running(service.station.consumer(service.bus).run):
        page = await decided(browser, letter, "replay", version="1")
    assert "重试了，还是没有成功" in page.text
    assert "stf_7" in page.text
    assert "已修好" in page.text


async def test_a_replay_that_nobody_takes_up_yet_says_so(browser: Any, letter: str) -> None:
    page = await decided(browser, letter, "replay", version="1")
    assert "已安排重试，还没有结果" in page.text
    assert 'data-testid="do-discard"' not in page.text


async def test_a_discard_is_told_and_lets_the_subject_go_on(
    browser: Any, letter: str, service: Operated
) -> None:
    page = await decided(browser, letter, "discard", version="1")
    assert "已放弃这封死信" in page.text
    (row,) = await service.proved()
    assert '"actor":"stf_7"' in row
    gone = await browser.get(f"{LETTERS}/probe/{letter}")
    assert gone.status_code == 404
    assert "这封死信已经不在了" in gone.text


async def test_who_was_too_late_is_told(browser: Any, letter: str, service: Operated) -> None:
    path = f"{LETTERS}/probe/{letter}"
    page = await browser.visit(path)
    async with running(service.station.consumer(service.bus).run):
        await decided(browser, letter, "replay", version="1")
    late = await browser.submit(page, f"{path}/discard", version="1", why="不要了")
    assert late.status_code == 412
    assert "这封死信刚刚被别人处理过" in late.text
    assert "不要了" in late.text


async def test_a_decision_without_a_reason_is_refused_on_the_page(
    browser: Any, letter: str, service: Operated
) -> None:
    page = await decided(browser, letter, "discard", why="  ")
    assert page.status_code == 422
    assert "没有办成" in page.text
    assert await service.proved() == []


async def test_a_form_from_elsewhere_decides_nothing(
    browser: Any, letter: str, service: Operated
) -> None:
    path = f"{LETTERS}/probe/{letter}"
    await browser.visit(path)
    for answer in (
        await browser.post(f"{path}/discard", data={"why": "x"}),
        await browser.post(f"{LETTERS}/probe/replay", data={"why": "x", "subject": "a"}),
    ):
        assert answer.status_code == 403
    assert await service.proved() == []


async def test_an_auditor_sees_and_decides_nothing(
    browser: Any, letter: str, service: Operated, gateway: Any
) -> None:
    gateway.scope = AUDITOR
    path = f"{LETTERS}/probe/{letter}"
    page = await browser.visit(path)
    assert "您的岗位只看不办" in page.text
    assert f'action="{path}' not in page.text
    refused = await browser.submit(page, f"{path}/discard", why="x")
    assert refused.status_code == 403
    assert await service.proved() == []


async def test_all_that_fit_a_filter_are_replayed_together(
    browser: Any, service: Operated, gateway: Any
) -> None:
    poison = [(f"s{n}", 1) for n in range(3)]
    await service.kill(*(message(s, n) for s, n in poison), poison=poison)
    async with seen_by_portal(service, gateway):
        page = await browser.visit(f"{LETTERS}?service=probe&topic={TOPIC}")
        assert 'data-testid="replay-all"' in page.text
        done = await browser.submit(page, f"{LETTERS}/probe/replay", topic=TOPIC, why="已修好")
    assert "已安排重试 3 封死信" in done.text
    assert len(await service.proved()) == 3


async def test_bytes_that_are_no_event_are_shown_without_harm(
    browser: Any, service: Operated, gateway: Any
) -> None:
    raw = b"<script>alert(1)</script>"
    broken = Message("00000000-0000-7000-8000-000000000001", "x", "a", raw)
    (id_,) = await service.kill(broken, others=1)
    async with seen_by_portal(service, gateway):
        page = await browser.visit(f"{LETTERS}/probe/{id_}")
    assert "内容读不懂" in page.text
    assert "<script>alert" not in page.text


@pytest.mark.parametrize(
    "path",
    [
        f"{LETTERS}/nobody/1-0a1b2c3d",
        f"{LETTERS}/probe/1",
        f"{LETTERS}/probe/1-0a1b2c3d",
    ],
)
@pytest.mark.usefixtures("letter")
async def test_an_address_that_names_nothing_is_not_found(browser: Any, path: str) -> None:
    await browser.visit("/ops")
    assert (await browser.get(path)).status_code == 404


async def test_the_room_speaks_english_by_the_switch(browser: Any, letter: str) -> None:
    await browser.visit("/ops")
    browser.cookies.set("tongban_language", "en")
    for path in ("/ops", "/ops/queues", LETTERS, f"{LETTERS}/probe/{letter}"):
        page = await browser.get(path)
        assert page.status_code == 200
        main = page.text[page.text.index('<main id="main"') : page.text.index("</main>")]
        assert not any("\u4e00" <= character <= "\u9fff" for character in main), path
