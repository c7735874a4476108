"""Find items, read their guides, forms and versions."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from services.catalogue.api.models import ItemDetail, ItemSummary, ItemVersion, detail, summary
from services.catalogue.domain import full_region
from services.catalogue.domain.search import LONGEST_QUERY
from services.catalogue.queries import Search, Wanted
from services.catalogue.store import Items
from shared.db import Database
from shared.web import Cursor, Limit, Page, Text, etag
from shared.web.problems import BadRequest, Conflict, NotFound

router = APIRouter(prefix="/v1", tags=["items"])

Code = Annotated[
    str, Path(max_length=64, description="implementing, local or base code of an item")
]
_MONTH = "public, max-age=2592000, immutable"


class ItemNotFound(NotFound):
    """No item has this code."""

    slug = "item-not-found"
    title = Text("没有这个事项", "There is no such item")


class NoForm(Conflict):
    """The item cannot be applied for here."""

    slug = "item-not-appliable"
    title = Text("此事项不能在这里申请", "This item cannot be applied for here")
    remedy = Text("按 link 到原办理处办理", "Follow its link to where it is handled")


@router.get("/items")
async def find_items(
    request: Request,
    q: Annotated[str, Query(max_length=LONGEST_QUERY, description="everyday words")] = "",
    region: Annotated[
        str | None, Query(description="6, 9 or 12 digits: its items and those it inherits")
    ] = None,
    descendants: Annotated[bool, Query(description="the regions below it too")] = False,
    audience: Annotated[str | None, Query(pattern="^[1-6]$")] = None,
    theme: Annotated[str | None, Query(max_length=20, examples=["person:010"])] = None,
    department: Annotated[str | None, Query(min_length=18, max_length=18)] = None,
    appliable: Annotated[bool, Query(description="only items that can be applied for")] = False,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[ItemSummary]:
    """Find items by everyday words; without words, all in the order of their codes."""
    search: Search = request.app.state.search
    wanted = Wanted(
        words=q,
        region=_region(region),
        descendants=descendants,
        department=department,
        audience=audience,
        theme=theme,
        appliable=appliable,
    )
    async with _db(request).read() as connection:
        found, following = await search.page(connection, wanted, cursor, limit)
    return Page(items=[summary(one) for one in found], next=following)


@router.get("/items/{code}")
async def read_item(code: Code, request: Request, response: Response) -> ItemDetail:
    """The item's present version with its guide."""
    row = await _found(request, code)
    response.headers["ETag"] = etag(row.version)
    return detail(row)


@router.get("/items/{code}/form")
async def read_form(code: Code, request: Request, response: Response) -> dict[str, Any]:
    """The item's form as a JSON Schema (2020-12), with where each field can be filled from."""
    row = await _found(request, code)
    if not row.item.get("form"):
        raise NoForm(
            Text("这个事项没有在线表单。", "This item has no form."), link=row.item.get("link")
        )
    response.headers["ETag"] = etag(row.version)
    return {"code": row.code, "version": row.version, "schema": row.item["form"]}


@router.get("/items/{code}/versions/{number}")
async def read_version(
    code: Code, number: Annotated[int, Path(ge=1, le=999_999)], request: Request, response: Response
) -> ItemVersion:
    """One version; it never changes and may be kept for ever."""
    async with _db(request).read() as connection:
        row = await Items(connection).version(code, number)
    if row is None:
        raise ItemNotFound(Text(f"{code} 没有第 {number} 版。", f"{code} has no version {number}."))
    response.headers["Cache-Control"] = _MONTH
    return ItemVersion(
        code=code, version=number, effective=row.effective, status=row.status, item=row.item
    )


async def _found(request: Request, code: str) -> Any:
    async with _db(request).read() as connection:
        row = await Items(connection).find(code)
    if row is None:
        raise ItemNotFound(Text(f"没有编码为 {code} 的事项。", f"No item has the code {code}."))
    return row


def _db(request: Request) -> Database:
    db: Database = request.app.state.runtime.db
    return db


def _region(code: str | None) -> str | None:
    if code is None:
        return None
    try:
        return full_region(code)
    except ValueError:
        raise BadRequest(
            Text("区划代码应为 6、9 或 12 位数字。", "A region code has 6, 9 or 12 digits.")
        ) from None
