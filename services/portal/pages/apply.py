"""Filling in the form of an item: prefilled, typed, saved as a draft."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.portal.clients import Json, Refused
from services.portal.pages import filling as steps
from services.portal.pages.filling import Filling
from services.portal.pages.forms import Look, add_row, find_errors, lay_out, remove_row
from services.portal.pages.guide import Code
from services.portal.pages.opening import Form, Personal, Posted
from services.portal.pages.page import Page

router = APIRouter(include_in_schema=False)

Key = Annotated[str, Query(alias="a", max_length=64)]
_UNPROCESSABLE = 422


@router.get("/items/{code}/apply")
async def fill_in(
    code: Code,
    page: Personal,
    key: Key = "",
    case: Annotated[str, Query(max_length=40, pattern="^[0-9A-Z-]*$")] = "",
    saved: str = "",
) -> Response:
    """The form; without an application under way, a new one filled with what is known."""
    found = await steps.find(page, key)
    if found is None:
        begun = await steps.begin(page, code, case)
        if not begun.item.get("form"):
            return page.go(f"/items/{code}")
        return page.go(begun.address)
    if found.application.sent:
        return page.go(f"/me/cases/{found.application.number}/receipt")
    return show(page, found, {}, saved=bool(saved))


@router.post("/items/{code}/apply")
async def answer(code: Code, page: Personal, form: Form, key: Key = "") -> Response:
    """Take the answers; then what the pressed button says."""
    found = await steps.find(page, key)
    if found is None:
        return page.go(f"/items/{code}/apply")
    if found.application.sent:
        return page.go(f"/me/cases/{found.application.number}/receipt")
    again = page.partial or changes_rows(form)
    steps.answer(found, form, empty_rows=again)
    change_rows(found.application.form, form)
    await steps.keep(page, found)
    if again:
        return show(page, found, {})
    if "_save" in form:
        return await _save(page, found)
    return await _check(page, found)


def changes_rows(form: Posted) -> bool:
    """Whether the button that was pressed is one of those that add or take away a row."""
    return "_add" in form or "_remove" in form


def change_rows(data: Json, form: Posted) -> None:
    """One row more or less, when that is the button that was pressed."""
    if "_add" in form:
        add_row(data, form.one("_add"))
    elif "_remove" in form:
        remove_row(data, form.one("_remove"))


async def _save(page: Page, found: Filling) -> Response:
    try:
        await steps.save_draft(page, found)
    except Refused as refused:
        if refused.status != _UNPROCESSABLE:
            raise
        return show(page, found, told(refused), status=_UNPROCESSABLE)
    return page.go(f"{found.address}&saved=1")


async def _check(page: Page, found: Filling) -> Response:
    one = found.application
    errors = find_errors(found.schema, steps.sendable(found), page.translate, one.fixed)
    if errors:
        return show(page, found, errors, status=_UNPROCESSABLE)
    try:
        await steps.save_draft(page, found)
    except Refused as refused:
        if refused.status != _UNPROCESSABLE:
            raise
        return show(page, found, told(refused), status=_UNPROCESSABLE)
    return page.go(found.check_address)


def show(
    page: Page, found: Filling, errors: dict[str, str], *, status: int = 200, saved: bool = False
) -> Response:
    """The form with the errors of its fields."""
    look = Look(page.language, errors, found.origins)
    fields = lay_out(found.schema, found.application.form, look)
    template = "parts/form.html" if page.partial else "apply.html"
    return page.render(
        template, status, found=found, fields=fields, errors=errors, saved=saved,
        item=found.item,
    )  # fmt: skip


def told(refused: Refused) -> dict[str, str]:
    """The fields that the service itself finds wrong, by the names of our form."""
    found: dict[str, str] = {}
    for error in refused.problem.get("errors") or ():
        steps_of = str(error.get("pointer", "")).removeprefix("/form").strip("/").split("/")
        name = "".join(f"[{s}]" if s.isdigit() else f".{s}" for s in steps_of).removeprefix(".")
        found.setdefault(name, str(error.get("detail", "")))
    return found or {"": refused.words}
