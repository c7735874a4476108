"""Traces: finding them, one as a waterfall, all of a case, and the services' figures."""

import re
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from services.portal.clients import NoTraceStore, NotThere
from services.portal.domain.trace_links import CASE, filled
from services.portal.domain.waterfall import Axis, journeys, waterfall
from services.portal.pages import ops_words, trace_words
from services.portal.pages.opening import AtOps
from services.portal.pages.page import Page
from shared import clock

router = APIRouter(prefix="/ops/traces", include_in_schema=False)

TraceId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Word = Annotated[str, Query(max_length=200)]
SpanId = Annotated[str, Query(max_length=16)]
_CASE = re.compile(r"[0-9A-Z]{30}(-[0-9]{2})?")
_SPANS = (15, 60, 24 * 60)  # minutes that one may look back
_SLOWER = (100, 300, 1_000, 3_000, 10_000)
_FIGURES = (15, 60, 24 * 60)
_DAY_MS, _YEAR_MINUTES = 86_400_000, 527_040
_PAGE = 50
_NOT_FOUND = 404


@router.get("")
async def find_traces(
    page: AtOps,
    case: Word = "",
    item: Word = "",
    department: Word = "",
    service: Word = "",
    route: Word = "",
    error: Word = "",
    slower: Word = "",
    within: Word = "",
    background: Word = "",
    cursor: Annotated[str, Query(max_length=512)] = "",
) -> Response:
    """Search; all of one case, when nothing else is asked for."""
    number = "".join(case.split()).upper()
    wanted = {
        "case": number,
        "item": item.strip(),
        "department": department.strip(),
        "service": service.strip(),
        "route": route.strip(),
    }
    least, minutes = _number(slower, _DAY_MS), _number(within, _YEAR_MINUTES)
    narrow = {"error": "1" if error else "", "slower": least or "", "within": minutes or "",
              "background": "1" if background else ""}  # fmt: skip
    wrong = bool(number) and not _CASE.fullmatch(number)
    shown: dict[str, Any] = {
        "wanted": wanted | narrow, "wrong": wrong, "services": _services(), "within": _SPANS,
        "slower": sorted({*_SLOWER, *([least] if least else [])}), "cursor": cursor,
    }  # fmt: skip
    try:
        if wrong:
            return _show(page, "ops/traces.html", found={"items": [], "next": None}, **shown)
        if number and not any([*list(wanted.values())[1:], *narrow.values()]):
            return await _of_case(page, number, cursor, shown)
        found = await page.portal.traces.search(
            page.token, page.language, _asked(wanted, narrow) | {"cursor": cursor, "limit": _PAGE}
        )
    except NoTraceStore:
        return _no_store(page, number)
    return _show(page, "ops/traces.html", found=found, **shown)


@router.get("/services")
async def figures(page: AtOps, minutes: Annotated[int, Query(ge=1, le=10_080)] = 60) -> Response:
    """Rate, errors and duration of each service, and who calls on whom."""
    try:
        found = await page.portal.traces.figures(page.token, page.language, minutes)
    except NoTraceStore:
        return _no_store(page, "")
    return _show(
        page, "ops/figures.html", found=found, minutes=minutes, choices=_FIGURES, at=clock.now()
    )


@router.get("/{trace_id}")
async def show_trace(page: AtOps, trace_id: TraceId, zoom: SpanId = "") -> Response:
    """One trace; `zoom`: what one of its spans set off."""
    try:
        trace = await page.portal.traces.trace(page.token, page.language, trace_id)
    except NoTraceStore:
        return _no_store(page, "")
    except NotThere as gone:
        return _show(page, "ops/trace_gone.html", _NOT_FOUND, told=gone, trace_id=trace_id)
    return _show(page, "ops/trace.html", trace=trace, picture=waterfall(trace, zoom or None))


async def _of_case(page: Page, number: str, cursor: str, shown: dict[str, Any]) -> Response:
    found = await page.portal.traces.of_case(page.token, page.language, number, cursor)
    axis = Axis(0, max((one["offset_ms"] for one in found["items"]), default=0))
    events: dict[str, list[Any]] = {}
    for one in found["items"]:
        if one["kind"] == "event":
            events.setdefault(one["event"]["trace_id"], []).append(one["event"])
    of_traces = [one for one in found["items"] if one["kind"] == "trace"]
    return _show(
        page, "ops/case_traces.html", number=number, traces=of_traces, next=found["next"],
        journeys={trace: journeys(some, axis) for trace, some in events.items()}, **shown,
    )  # fmt: skip


def _asked(wanted: dict[str, str], narrow: dict[str, Any]) -> dict[str, str | int]:
    """What the API is asked for, in its words."""
    asked: dict[str, str | int] = dict(wanted)
    if not narrow["background"]:
        asked["requests"] = "true"
    if narrow["error"]:
        asked["error"] = "true"
    if narrow["slower"]:
        asked["min_ms"] = narrow["slower"]
    if narrow["within"]:
        asked["from"] = (clock.now() - timedelta(minutes=narrow["within"])).isoformat()
    return asked


def _number(text: str, most: int) -> int:
    """What was chosen from a list; nothing for a text that is no number."""
    return min(int(text), most) if text.isascii() and text.isdigit() else 0


def _services() -> dict[str, str]:
    return {"gateway": trace_words.GATEWAY, **ops_words.SERVICE}


def _no_store(page: Page, number: str) -> Response:
    template = page.portal.settings.trace_search_url
    elsewhere = "" if template.startswith("/") else filled(template, CASE, number)
    return _show(page, "ops/no_traces.html", elsewhere=elsewhere)


def _show(page: Page, template: str, status: int = 200, /, **context: Any) -> Response:
    def took(milliseconds: float | None) -> str:
        return trace_words.took(page.translate, page.formats, milliseconds)

    return page.render(template, status, tw=trace_words, names=_services(), took=took, **context)
