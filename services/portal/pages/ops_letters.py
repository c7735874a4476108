"""Dead letters of all services: what they are, why, and an operator's decision on each."""

import asyncio
import re
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.responses import Response

from services.portal.clients import Json, NotThere, Refused
from services.portal.commands import DECIDES
from services.portal.domain.trace_links import TRACE, filled
from services.portal.pages import ops_words
from services.portal.pages.opening import AtOps, Form
from services.portal.pages.page import NotTheirs, Page
from shared.ids import new_id

router = APIRouter(prefix="/ops/dead-letters", include_in_schema=False)

Service = Annotated[str, Path(pattern="^[a-z]{2,40}$")]
Letter = Annotated[str, Path(pattern="^[0-9]{1,18}-[0-9a-f]{8}$")]
Word = Annotated[str, Query(max_length=300)]

_FILTERS = ("consumer", "topic", "subject", "type")
_A_PAGE, _OF_EACH = 50, 20
_NOT_FOUND = 404
_TOLD_HERE = frozenset({409, 412, 422})
_TRACE_PARENT = re.compile("00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_LOOKS, _LOOK_SECONDS = 12, 0.3


@router.get("")
async def list_letters(
    page: AtOps,
    service: Word = "",
    consumer: Word = "",
    topic: Word = "",
    subject: Word = "",
    type_: Annotated[str, Query(alias="type", max_length=300)] = "",
    cursor: Annotated[str, Query(max_length=1000)] = "",
    done: Word = "",
    count: Annotated[int, Query(ge=0, le=1000)] = 0,
) -> Response:
    """The dead letters of one service or of all, the oldest first."""
    given = {"consumer": consumer, "topic": topic, "subject": subject, "type": type_}
    wanted = {name: text.strip() for name, text in given.items()}
    known = await page.portal.health.services()
    chosen = service if service in known else ""
    found = await page.portal.health.letters(
        page.token, [chosen] if chosen else known, page.language,
        **wanted, cursor=cursor if chosen else "", limit=_A_PAGE if chosen else _OF_EACH,
    )  # fmt: skip
    return page.render(
        "ops/letters.html", found=found, services=known, chosen=chosen, wanted=wanted,
        narrowed=bool(chosen and any(wanted.values())), decides=page.may(DECIDES),
        key=new_id("key"), done=done, count=count, ops=ops_words,
    )  # fmt: skip


@router.get("/{service}/{letter}")
async def letter(service: Service, letter: Letter, page: AtOps, done: Word = "") -> Response:
    """One dead letter; after a replay, what came of it."""
    await _known(page, service)
    found = await _after_replay(page, service, letter) if done else None
    if found is None:
        try:
            found = await _read(page, service, letter)
        except NotThere:
            return _gone(page, service, done)
    return _show(page, service, found, done=done)


@router.post("/{service}/replay")
async def replay_all(service: Service, page: AtOps, form: Form) -> Response:
    """Have all tried again that fit what the operator looked at."""
    await _deciding(page, service)
    wanted = {name: form.one(name)[:300] for name in _FILTERS if form.one(name)}
    body = {**wanted, "why": form.one("why")[:1000], "limit": 100}
    made = await page.portal.operations.act(
        service, page.token, "/dead-letters/replay", body,
        key=form.one("key") or new_id("key"), language=page.language,
    )  # fmt: skip
    return page.go(
        f"/ops/dead-letters?service={service}&done=replayed&count={len(made['replayed'])}"
    )


@router.post("/{service}/{letter}/{decision}")
async def decide(
    service: Service, letter: Letter, decision: str, page: AtOps, form: Form
) -> Response:
    """Replay or discard it, as it was when the operator looked."""
    await _deciding(page, service)
    if decision not in ops_words.DECISION:
        raise HTTPException(_NOT_FOUND)
    version = form.one("version")
    try:
        await page.portal.operations.act(
            service, page.token, f"/dead-letters/{letter}/{decision}",
            {"why": form.one("why")[:1000]},
            key=form.one("key") or new_id("key"),
            version=int(version) if version.isdecimal() else None,
            language=page.language,
        )  # fmt: skip
    except NotThere:
        return _gone(page, service, "")
    except Refused as refused:
        if refused.status not in _TOLD_HERE:
            raise
        found = await _read(page, service, letter)
        return _show(page, service, found, refused=refused, opened=decision, why=form.one("why"))
    if decision == "discard":
        return page.go(f"/ops/dead-letters?service={service}&done=discarded")
    return page.go(f"/ops/dead-letters/{service}/{letter}?done=replay")


async def _after_replay(page: Page, service: str, letter: str) -> Json | None:
    """What came of it, awaited for a moment: a consumer takes it up within a second."""
    for _ in range(_LOOKS):
        try:
            found = await _read(page, service, letter)
        except NotThere:
            return None
        if found["last_at"] is not None:
            return found
        await asyncio.sleep(_LOOK_SECONDS)
    return found


async def _read(page: Page, service: str, letter: str) -> Json:
    return await page.portal.operations.ask(
        service, page.token, f"/dead-letters/{letter}", page.language
    )


def _trace(page: Page, found: Json) -> str:
    """Where the trace in which the event was told is looked at."""
    told = _TRACE_PARENT.fullmatch(str((found["envelope"] or {}).get("traceparent", "")))
    return filled(page.portal.settings.trace_url, TRACE, told[1]) if told else ""


async def _known(page: Page, service: str) -> None:
    if service not in await page.portal.health.services():
        raise HTTPException(_NOT_FOUND)


async def _deciding(page: Page, service: str) -> None:
    await _known(page, service)
    if not page.may(DECIDES):
        raise NotTheirs("ops")


def _gone(page: Page, service: str, done: str) -> Response:
    status = 200 if done else _NOT_FOUND
    return page.render("ops/gone.html", status, service=service, done=done, ops=ops_words)


def _show(
    page: Page,
    service: str,
    found: Json,
    *,
    done: str = "",
    refused: Refused | None = None,
    opened: str = "",
    why: str = "",
) -> Response:
    return page.render(
        "ops/letter.html", refused.status if refused else 200, service=service, letter=found,
        trace=_trace(page, found), done=done, refused=refused, opened=opened, why=why,
        decides=page.may(DECIDES), key=new_id("key"), ops=ops_words,
    )  # fmt: skip
