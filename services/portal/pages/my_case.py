"""One of my cases: where it stands, what comes next, what I can do about it."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from services.portal.clients import Json, Refused, Trouble
from services.portal.pages.apply import change_rows, changes_rows, told
from services.portal.pages.forms import Look, find_errors, lay_out, parse
from services.portal.pages.opening import Form, Personal
from services.portal.pages.page import Page
from shared.ids import new_id

router = APIRouter(include_in_schema=False)

Number = Annotated[str, Path(pattern="^[0-9A-Z-]{1,40}$")]
_UNPROCESSABLE = 422


@router.get("/me/cases/{number}")
async def progress(number: Number, page: Personal) -> Response:
    """Status in plain words, the next step, who has it, until when, and what happened so far."""
    case = await page.portal.cases.read(page.token, number, page.language)
    history, clock, item = await asyncio.gather(
        _or_none(page.portal.cases.history(page.token, number, page.language)),
        _or_none(page.portal.cases.clock(page.token, number, page.language)),
        _or_none(page.portal.catalogue.version(case["item"]["code"], case["item"]["version"])),
    )
    fields = _answers(page, case, item)
    names = asked_names(item, case.get("correction"), page)
    return page.render(
        "me/case.html", case=case, history=history, clock=clock, item=item, fields=fields,
        names=names, key=new_id("key"),
    )  # fmt: skip


@router.get("/me/cases/{number}/receipt")
async def receipt(number: Number, page: Personal) -> Response:
    """The application came in: its number, and what happens now."""
    case = await page.portal.cases.read(page.token, number, page.language)
    return page.render("me/receipt.html", case=case)


@router.get("/me/cases/{number}/correct")
async def correct(number: Number, page: Personal) -> Response:
    """The fields that the notice asks for, and no others."""
    case = await page.portal.cases.read(page.token, number, page.language)
    if case["status"] != "correcting":
        return page.go(f"/me/cases/{number}")
    item = await _item(page, case)
    return _correction(page, case, item, case.get("form") or {}, {}, key=new_id("key"))


@router.post("/me/cases/{number}/correct")
async def send_correction(number: Number, page: Personal, form: Form) -> Response:
    """Send what was corrected."""
    case = await page.portal.cases.read(page.token, number, page.language)
    if case["status"] != "correcting":
        return page.go(f"/me/cases/{number}")
    item = await _item(page, case)
    asked = _asked(item, case)
    note = form.one("note")[:4000]
    given = parse(asked, form, empty_rows=changes_rows(form))
    change_rows(given, form)
    whole = {**(case.get("form") or {}), **given}
    if changes_rows(form):
        return _correction(page, case, item, whole, {}, key=form.one("key"), note=note)
    errors = {
        name: words
        for name, words in find_errors(item["form"], whole, page.translate).items()
        if name.partition(".")[0].partition("[")[0] in asked["properties"]
    }
    key = form.one("key")
    if errors:
        return _correction(page, case, item, whole, errors, key=key, note=note)
    try:
        await page.portal.cases.act(
            page.token, number, "correct", {"form": given, "note": note},
            key=key, language=page.language,
        )  # fmt: skip
    except Refused as refused:
        if refused.status != _UNPROCESSABLE:
            raise
        return _correction(page, case, item, whole, told(refused), key=new_id("key"), note=note)
    return page.go(f"/me/cases/{number}")


@router.post("/me/cases/{number}/withdraw")
async def withdraw(number: Number, page: Personal, form: Form) -> Response:
    """Take the application back, when the person really says so."""
    if form.one("sure") != "1":
        return page.go(f"/me/cases/{number}#withdraw")
    await page.portal.cases.act(
        page.token, number, "withdraw", {"reasons": form.one("reasons")[:4000]},
        key=form.one("key"), language=page.language,
    )  # fmt: skip
    return page.go(f"/me/cases/{number}")


def asked_names(item: Json | None, correction: Json | None, page: Page) -> list[str]:
    """What a notice asks for, by the names that people know."""
    if not correction:
        return []
    asked = _parts(item, correction["fields"])
    titles = [field.title for field in lay_out(asked, {}, Look(page.language))]
    papers = {one["code"]: one["name"] for one in (item or {}).get("materials") or ()}
    return [*titles, *(papers.get(code, code) for code in correction["materials"])]


def _correction(
    page: Page,
    case: Json,
    item: Json,
    data: Json,
    errors: dict[str, str],
    *,
    key: str,
    note: str = "",
) -> Response:
    fields = lay_out(_asked(item, case), data, Look(page.language, errors))
    return page.render(
        "me/correct.html", _UNPROCESSABLE if errors else 200, case=case, item=item,
        fields=fields, errors=errors, key=key, note=note,
        papers=asked_names(item, case["correction"], page),
    )  # fmt: skip


def _asked(item: Json, case: Json) -> dict[str, Any]:
    """The part of the form that the notice names; branches are questions like any other here."""
    return _parts(item, (case.get("correction") or {}).get("fields", ()))


def _parts(item: Json | None, names: list[str] | tuple[str, ...]) -> dict[str, Any]:
    schema = (item or {}).get("form") or {}
    every = _every_field(schema)
    properties = {name: every.get(name, {"type": "string", "title": name}) for name in names}
    required = [name for name in schema.get("required", ()) if name in properties]
    return {"type": "object", "properties": properties, "required": required}


def _every_field(schema: Json) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for part in (*schema.get("allOf", ()), schema.get("then"), schema.get("else")):
        if isinstance(part, dict):
            fields |= _every_field(part)
    fields.update(schema.get("properties", {}))
    return fields


def _answers(page: Page, case: Json, item: Json | None) -> list[Any]:
    schema, form = (item or {}).get("form"), case.get("form")
    return lay_out(schema, form, Look(page.language)) if schema and form else []


async def _item(page: Page, case: Json) -> Json:
    item = case["item"]
    return await page.portal.catalogue.version(item["code"], item["version"])


async def _or_none(asked: Any) -> Any:
    """A part of a page that may be missing."""
    try:
        return await asked
    except Trouble:
        return None
