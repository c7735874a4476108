import json
import logging
from typing import Any

import pytest
import structlog

from shared.telemetry import Telemetry, TelemetrySettings, facts
from tests.unit.telemetry.conftest import Start


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


async def test_each_request_is_one_line(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    cases = start()
    await cases.http.get("/v1/cases/42?who=marker", headers={"X-Request-ID": "req_1"})
    (line,) = lines(capsys)
    assert len(line.pop("trace_id")) == 32
    assert len(line.pop("span_id")) == 16
    assert line.pop("time").endswith("+00:00")
    assert line.pop("milliseconds") > 0
    assert line == {
        "event": "request",
        "level": "info",
        "service": "cases",
        "request_id": "req_1",
        "method": "GET",
        "route": "/v1/cases/{number}",
        "path": "/v1/cases/42",
        "status": 200,
        "case_number": "42",
        "item_code": "ITEM-1",
    }


async def test_probes_are_not_logged(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    await start().http.get("/metrics")
    assert lines(capsys) == []


async def test_a_line_within_a_request_knows_it(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = start("cases")

    @cases.app.get("/think")
    async def think() -> None:
        structlog.get_logger("thinking").warning("thought", depth=1)
        logging.getLogger("library").warning("a library thought of %s", "13800138000")

    await cases.http.get("/think", headers={"X-Request-ID": "req_1"})
    own, library, access = lines(capsys)
    for line in (own, library):
        assert (line["service"], line["request_id"]) == ("cases", "req_1")
        assert line["trace_id"] == access["trace_id"]
    assert (own["event"], own["depth"], own["level"]) == ("thought", 1, "warning")
    assert library["event"] == "a library thought of [phone]"
    assert library["logger"] == "library"


async def test_an_error_is_told_by_place_and_type(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    class OurMistake(Exception):
        __module__ = "services.cases.domain"
        __qualname__ = "OurMistake"

    telemetry = start("cases").telemetry
    try:
        try:
            int("张三")
        except ValueError as unreadable:
            raise OurMistake("case 42 has no step") from unreadable
    except OurMistake:
        telemetry.log.exception("failed")
    (line,) = lines(capsys)
    ours, cause = line["error"]
    assert (ours["type"], ours["message"]) == (
        "services.cases.domain.OurMistake",
        "case 42 has no step",
    )
    assert cause["type"] == "builtins.ValueError"
    assert "message" not in cause
    assert cause["at"][-1].endswith("test_an_error_is_told_by_place_and_type")
    assert "张三" not in json.dumps(line, ensure_ascii=False)
    assert line["service"] == "cases"


async def test_an_error_of_the_system_says_which(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = Telemetry.start("cases", TelemetrySettings())
    telemetry.log.error("unread", exc_info=FileNotFoundError(2, "No such file", "张三.pdf"))
    (line,) = lines(capsys)
    assert line["error"][0]["message"] == "No such file"
    assert "张三" not in str(line)
    await telemetry.close()


async def test_personal_numbers_do_not_reach_the_log(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = start()
    await cases.http.get("/lean/99010219900307123X")
    (line,) = lines(capsys)
    assert line["path"] == "/lean/[identity number]"
    assert line["scrubbed"] is True


async def test_a_failing_request_is_logged_with_its_status(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    await start().http.post("/v1/cases/42/break")
    (line,) = lines(capsys)
    assert (line["status"], line["error_type"]) == (500, "RuntimeError")


async def test_facts_of_background_work_stay_with_it(start: Start) -> None:
    telemetry = start().telemetry
    with telemetry.span("work"):
        facts(case_number="42")
    with telemetry.span("work"), structlog.testing.capture_logs() as captured:
        telemetry.log.info("next")
    assert captured == [{"event": "next", "service": "cases", "log_level": "info"}]


@pytest.mark.parametrize(("level", "expected"), [("ERROR", []), ("DEBUG", ["said", "quiet"])])
async def test_the_level_decides_what_is_said(
    capsys: pytest.CaptureFixture[str], level: str, expected: list[str]
) -> None:
    telemetry = Telemetry.start("cases", TelemetrySettings(log_level=level))
    telemetry.log.info("said")
    telemetry.log.debug("quiet")
    assert [line["event"] for line in lines(capsys)] == expected
    await telemetry.close()
