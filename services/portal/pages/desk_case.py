"""A case on an officer's desk: the form with its sources, the materials, and the acts."""

import asyncio
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from services.portal.clients import Json, Refused
from services.portal.commands import OPERATES
from services.portal.domain.provenance import Origin, Trust
from services.portal.domain.trace_links import CASE, TRACE, filled
from services.portal.pages.forms import Look, lay_out
from services.portal.pages.my_case import Number
from services.portal.pages.opening import AtDesk, Form, Posted
from services.portal.pages.page import Page
from shared.ids import new_id
from shared.telemetry import CODE_LENGTH

router = APIRouter(include_in_schema=False)
_CONFLICT, _CHANGED, _UNPROCESSABLE = 409, 412, 422
_TOLD_HERE = frozenset({_CONFLICT, _CHANGED, _UNPROCESSABLE})
_LONGEST = 4000


@router.get("/desk/cases/{number}")
async def case(number: Number, page: AtDesk, done: str = "") -> Response:
    """Everything that is needed to decide, on one page."""
    return await _show(page, number, done=done)


@router.post("/desk/cases/{number}/{act}")
async def act(number: Number, act: str, page: AtDesk, form: Form) -> Response:
    """One act on the version that the officer saw."""
    body = _body(act, form)
    if body is None:
        return await _show(page, number, wrong=page.translate("没有这种办理动作。"), status=404)
    version = form.one("version")
    try:
        await page.portal.cases.act(
            page.token,
            number,
            act,
            body,
            key=form.one("key") or new_id("key"),
            version=int(version) if version.isdecimal() else None,
            language=page.language,
        )
    except Refused as refused:
        if refused.status not in _TOLD_HERE:
            raise
        return await _show(
            page, number, refused=refused, status=refused.status, opened=act, typed=form
        )
    return page.go(f"/desk/cases/{number}?done={act}")


def _body(act: str, form: Posted) -> Json | None:
    """The body of an act, as the form of that act gives it; None for an unknown act."""
    text = {name: form.one(name)[:_LONGEST] for name in form}
    match act:
        case "accept" | "resume":
            return {"note": text.get("note", "")}
        case "refuse":
            return _given(text, "ground", "reasons", "remedies", "referral")
        case "request-correction":
            return {
                "fields": form.all("fields"),
                "materials": form.all("materials"),
                "reasons": text.get("reasons", ""),
            }
        case "decide":
            return _given(text, "outcome", "result", "reasons", "remedies")
        case "deliver":
            return {"means": text.get("means", ""), "note": text.get("note", "")}
        case _unknown:
            return None


def _given(text: dict[str, str], *names: str) -> Json:
    return {name: text[name] for name in names if text.get(name)}


async def _show(
    page: Page,
    number: str,
    *,
    done: str = "",
    wrong: str = "",
    refused: Refused | None = None,
    opened: str = "",
    typed: Posted | None = None,
    status: int = 200,
) -> Response:
    cases = page.portal.cases
    case, history, clock = await asyncio.gather(
        cases.read(page.token, number, page.language),
        cases.history(page.token, number, page.language),
        cases.clock(page.token, number, page.language),
    )
    item = await page.portal.catalogue.version(case["item"]["code"], case["item"]["version"])
    places = await page.portal.places.map_or_empty()
    form, schema = case.get("form"), item.get("form")
    look = Look(page.language, {}, _origins(case.get("provenance") or {}))
    fields = lay_out(schema, form, look) if schema and form is not None else []
    return page.render(
        "desk/case.html", refused.status if refused else status,
        case=case, history=history, clock=clock, item=item,
        fields=fields, places=places, done=done, wrong=wrong, refused=refused,
        opened=opened, typed=typed or Posted(), key=new_id("key"),
        traces=_traces(page, number, history),
    )  # fmt: skip


def _traces(page: Page, number: str, history: list[Json]) -> Json:
    """Where the acts are to be followed, for who may; others tell an operator the short code."""
    settings = page.portal.settings
    one, search = settings.trace_url, settings.trace_search_url
    operates = page.may(OPERATES)
    lines = [line for line in history if line.get("trace_id")]
    return {
        "lines": [
            {
                "act": line["act"],
                "at": line["at"],
                "code": line["trace_id"][:CODE_LENGTH],
                "address": filled(one, TRACE, line["trace_id"]) if _opens(one, operates) else "",
            }
            for line in lines
        ],
        "search": filled(search, CASE, number) if lines and _opens(search, operates) else "",
    }


def _opens(address: str, operates: bool) -> bool:
    # Our own room of traces is the operators'; a tool elsewhere has a login of its own.
    return operates or not address.startswith("/")


def _origins(provenance: dict[str, dict[str, Any]]) -> dict[str, Origin]:
    """Where the case says that its values come from."""
    return {
        name: Origin(
            Trust.AUTHORITATIVE if kept["state"] == "authoritative" else Trust.SELF_DECLARED,
            str(kept.get("source") or ""),
            as_of=str(kept.get("as_of") or ""),
            call=str(kept.get("call") or ""),
            reason=str(kept.get("reason") or kept["state"]),
        )
        for name, kept in provenance.items()
    }
