"""Sources that fail: the asker is told, nothing half-checked leaves, and the call is on record."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from tests.support.exchange import CASE, CITIZEN, NUMBER, Answering, Exchange, source


def answers(body: Any, status: int = 200) -> Answering:
    async def answer(_request: Request) -> Response:
        return JSONResponse(body, status)

    return answer


async def slow(_request: Request) -> Response:
    await asyncio.sleep(5)
    return JSONResponse({"record": {"ethnicity": "汉族"}})


async def dripping(_request: Request) -> Response:
    async def drops() -> Any:
        for _ in range(100):
            yield b" "
            await asyncio.sleep(0.1)

    return StreamingResponse(drops())


async def not_json(_request: Request) -> Response:
    return Response("<html>Bad things</html>")


async def large(_request: Request) -> Response:
    async def parts() -> Any:
        for _ in range(64):
            yield b"x" * 65536
            await asyncio.sleep(0)

    return StreamingResponse(parts())


async def elsewhere(_request: Request) -> Response:
    return Response(status_code=302, headers={"Location": "http://127.0.0.1:1/inside"})


UNAVAILABLE: dict[str, Answering] = {
    "slow": slow,
    "dripping": dripping,
    "busy": answers({"error": "busy"}, 429),
    "failing": answers({"error": "oops"}, 500),
    "down": answers({"error": "maintenance"}, 503),
}
BROKEN: dict[str, Answering] = {
    "no JSON": not_json,
    "a list": answers([]),
    "no record": answers({"ethnicity": "汉族"}),
    "a record that is text": answers({"record": "汉族"}),
    "a wrong type": answers({"record": {"ethnicity": 1}}),
    "an object as value": answers({"record": {"ethnicity": {"$ne": None}}}),
    "a NUL": answers({"record": {"ethnicity": "a\0b"}}),
    "a value that is too long": answers({"record": {"ethnicity": "汉" * 41}}),
    "a wrong moment": answers({"record": {"ethnicity": "汉族"}, "as_of": "today"}),
    "a moment without offset": answers({"record": {}, "as_of": "2026-01-01T00:00:00"}),
    "a body of 4 MB": large,
    "a wrong path": answers({"detail": "Not Found"}, 404),
    "a redirect": elsewhere,
    "a refused key": answers({"detail": "who are you"}, 401),
}


async def test_a_source_that_does_not_answer_is_503_with_retry_after(
    exchange: Exchange, short: Path
) -> None:
    for number, answering in enumerate(UNAVAILABLE.values()):
        async with source(short / f"{number}.sock", answering) as url:
            await exchange.connect(url)
            answer = await asyncio.wait_for(exchange.ask(), 3)
        assert answer.status_code == 503
        assert answer.json()["type"].endswith("/source-unavailable")
        assert int(answer.headers["retry-after"]) > 0
    await _recorded(exchange, "source_unavailable", len(UNAVAILABLE))


async def test_an_answer_that_breaks_the_definition_is_502_and_stays_inside(
    exchange: Exchange, short: Path
) -> None:
    for number, (name, answering) in enumerate(BROKEN.items()):
        async with source(short / f"{number}.sock", answering) as url:
            await exchange.connect(url)
            answer = await exchange.ask()
        assert answer.status_code == 502, (name, answer.text)
        assert answer.json()["type"].endswith("/source-broken")
        assert "汉" not in answer.text
    await _recorded(exchange, "source_broken", len(BROKEN))


async def test_a_source_that_is_not_there_is_503(exchange: Exchange, short: Path) -> None:
    await exchange.connect(f"unix:{short}/nobody.sock")
    assert (await exchange.ask()).status_code == 503
    await _recorded(exchange, "source_unavailable")


async def test_the_demo_department_can_be_taken_down_and_comes_back(exchange: Exchange) -> None:
    exchange.down_file.touch()
    assert (await exchange.ask()).status_code == 503
    exchange.down_file.unlink()
    assert (await exchange.ask()).status_code == 200


async def test_a_lost_key_file_is_the_operators_matter_and_not_told(
    exchange: Exchange, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "keys/connectors/demo-department.key").unlink()
    answer = await exchange.ask()
    assert answer.status_code == 503
    assert "demo-department" not in answer.text
    assert "demo-department.key" in "".join(capfd.readouterr())


async def test_after_several_failures_the_source_is_left_alone(
    exchange: Exchange, short: Path
) -> None:
    met = 0

    async def failing(_request: Request) -> Response:
        nonlocal met
        met += 1
        return JSONResponse({}, 503)

    async with source(short / "s.sock", failing) as url:
        await exchange.connect(url)
        for _ in range(12):
            assert (await exchange.ask()).status_code == 503
    assert met <= 6 * 3  # five failures open it; each was tried three times
    assert len(await exchange.rows("calls")) == 12


async def test_identity_away_is_503_and_asks_no_source(exchange: Exchange, short: Path) -> None:
    asked = []

    async def asking(request: Request) -> Response:
        asked.append(await request.body())
        return JSONResponse({"record": {}})

    exchange.identity.down = True
    async with source(short / "s.sock", asking) as url:
        await exchange.connect(url)
        assert (await exchange.ask()).status_code == 503
    assert asked == []
    await _recorded(exchange, "identity_unavailable")


async def test_only_what_was_asked_leaves_whatever_the_source_adds(
    exchange: Exchange, short: Path
) -> None:
    sent = []

    async def generous(request: Request) -> Response:
        sent.append((request.url.path, dict(request.headers), await request.json()))
        record = {"ethnicity": "汉族", "name": "张若溪", "key": NUMBER}
        return JSONResponse({"record": record, "as_of": "2026-01-02T03:04:05+08:00"})

    async with source(short / "s.sock", generous) as url:
        await exchange.connect(url)
        answer = await exchange.ask()
    assert answer.json()["values"] == {"ethnicity": "汉族"}
    assert answer.json()["source"]["as_of"].startswith("2026-01-01T19:04:05")
    ((path, headers, question),) = sent
    assert NUMBER not in path
    assert question == {"key": NUMBER, "fields": ["ethnicity"]}
    assert len(headers["x-api-key"]) >= 32


async def test_a_field_that_is_left_empty_is_null(exchange: Exchange, short: Path) -> None:
    async with source(short / "s.sock", answers({"record": {}})) as url:
        await exchange.connect(url)
        assert (await exchange.ask()).json()["values"] == {"ethnicity": None}


async def _recorded(exchange: Exchange, outcome: str, times: int = 1) -> None:
    rows = await exchange.rows("calls")
    assert [(row.outcome, row.party) for row in rows] == [(outcome, CITIZEN)] * times
    evidence = {row.id for row in await exchange.rows("evidence_rows")}
    assert evidence.issuperset(row.evidence for row in rows)
    assert len(await exchange.rows("access_log")) == times
    assert await exchange.rows("answers") == []


async def test_a_department_gets_the_trace_but_not_our_baggage(
    exchange: Exchange, short: Path
) -> None:
    seen: list[dict[str, str]] = []

    async def looking(request: Request) -> Response:
        seen.append(dict(request.headers))
        return JSONResponse({"record": {"ethnicity": "汉族"}})

    trace = "0af7651916cd43dd8448eb211c80319c"
    carried = {
        "traceparent": f"00-{trace}-b7ad6b7169203331-00",
        "baggage": f"tongban.case_number={CASE}",
    }
    async with source(short / "s.sock", looking) as url:
        await exchange.connect(url)
        assert (await exchange.ask(who={**exchange.citizen(), **carried})).status_code == 200
    (headers,) = seen
    assert headers["traceparent"].startswith(f"00-{trace}-")
    assert not {"baggage", "tracestate"} & headers.keys()
    assert CASE not in str(headers)
