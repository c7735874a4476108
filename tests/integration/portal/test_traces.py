"""The pages of traces before the real trace store, and where an installation has none."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from shared import clock
from shared.auth import Staff, Subject
from tests.support.traces import CASE, Traces, message, running, trace_id

OPERATOR = "openid staff identity.self ops.read ops.manage"
SUBMITTED = "tongban.cases.case_submitted.v1"


class Operator:
    """Takes each token for an operator's."""

    async def verify(self, token: str) -> Subject:
        now = clock.now().timestamp()
        return Subject(
            sub="psn_1", kind="person", client_id="portal", scopes=frozenset({"ops.read"}),
            audiences=frozenset(), token_id=token, issued_at=now, expires_at=now + 300,
            staff=Staff("stf_7", "11990102MB2824177L", "990102000000",
                        roles=frozenset({"system_administrator"})),
        )  # fmt: skip

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
async def traces(gateway: Any, tmp_path: Path) -> AsyncGenerator[Traces]:
    """The trace store behind the gateway, with a request that failed and one that did not."""
    async with running(f"sqlite:///{tmp_path}/traces.db", tmp_path) as started:
        gateway.scope = OPERATOR
        gateway.upstreams = {"traces": "ready", "portal": "ready"}
        gateway.app.router.routes.append(Mount("/api/traces", started.app))
        told = {"cloudevents.event_type": SUBMITTED, "cloudevents.event_subject": CASE}
        await started.send(
            message(1, 1, name="POST /v1/cases", kind="server", tongban__case_number=CASE),
            message(1, 2, 1, name=f"create {SUBMITTED}", kind="producer", attributes=told),
        )
        await started.send(message(2, 1, name="GET /v1/items", kind="server", failed=True))
        await started.send(message(3, 1, name="settle exchange.feed"), service="exchange")
        await started.written(4)
        started.app.state.verifier = Operator()
        yield started


@pytest.mark.usefixtures("traces")
async def test_the_list_has_requests_and_work_behind_the_scenes_when_asked(browser: Any) -> None:
    page = await browser.visit("/ops/traces")
    assert "POST /v1/cases" in page.text
    assert "settle exchange.feed" not in page.text
    page = await browser.get("/ops/traces?background=1&slower=&within=60")
    assert "settle exchange.feed" in page.text


@pytest.mark.usefixtures("traces")
async def test_filters_reach_the_store_and_stay_in_the_form(browser: Any) -> None:
    await browser.visit("/ops/traces")
    page = await browser.get("/ops/traces?error=1")
    assert "GET /v1/items" in page.text
    assert "POST /v1/cases" not in page.text
    assert 'name="error" value="1" checked' in page.text
    assert "1 处出错" in page.text
    assert "没有符合条件的轨迹" in (await browser.get("/ops/traces?slower=9999")).text


@pytest.mark.usefixtures("traces")
async def test_a_case_number_alone_leads_to_the_cases_own_axis(browser: Any) -> None:
    await browser.visit("/ops/traces")
    spaced = f"{CASE[:12]} {CASE[12:]}"
    page = await browser.get("/ops/traces", params={"case": spaced})
    assert "办件已提交" in page.text
    assert "办件服务已产生" in page.text
    narrowed = await browser.get("/ops/traces", params={"case": CASE, "error": "1"})
    assert "没有符合条件的轨迹" in narrowed.text


@pytest.mark.usefixtures("traces")
async def test_what_is_no_case_number_is_not_sent_to_the_store(browser: Any, traces: Any) -> None:
    await browser.visit("/ops/traces")
    before = len(await traces.rows("access_log"))
    page = await browser.get("/ops/traces", params={"case": "990102199603140423"})
    assert "30 位" in page.text
    assert len(await traces.rows("access_log")) == before


@pytest.mark.usefixtures("traces")
async def test_a_trace_is_a_waterfall_whose_parts_stand_where_they_were(browser: Any) -> None:
    await browser.visit("/ops/traces")
    page = await browser.get(f"/ops/traces/{trace_id(1)}")
    assert page.text.count('data-testid="span"') == 2
    assert 'x="0.0%"' in page.text
    assert "办件已提交" in page.text
    zoomed = await browser.get(f"/ops/traces/{trace_id(1)}?zoom={'0' * 15}2")
    assert zoomed.text.count('data-testid="span"') == 1
    assert "看整条轨迹" in zoomed.text


@pytest.mark.usefixtures("traces")
async def test_a_trace_that_is_gone_is_a_404_with_words(browser: Any) -> None:
    await browser.visit("/ops/traces")
    page = await browser.get(f"/ops/traces/{trace_id(9)}")
    assert page.status_code == 404
    assert "轨迹已过保留期" in page.text


async def test_where_there_is_no_trace_store_the_pages_say_so(browser: Any, gateway: Any) -> None:
    async def missing(_: Request) -> Response:
        return JSONResponse({"type": "http://x/problems/not-found", "status": 404}, 404)

    gateway.scope = OPERATOR
    gateway.app.router.routes.append(Route("/api/traces/v1/{rest:path}", missing))
    for path in ("/ops/traces", "/ops/traces/services", f"/ops/traces/{trace_id(1)}",
                 f"/ops/traces?case={CASE}"):  # fmt: skip
        page = await browser.visit(path)
        assert page.status_code == 200
        assert "本平台的轨迹在别处" in page.text
