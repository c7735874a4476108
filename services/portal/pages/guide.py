"""The guide of an item (办事指南)."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from services.portal.pages.opening import Open

router = APIRouter(include_in_schema=False)

Code = Annotated[str, Path(max_length=64)]


@router.get("/items/{code}")
async def guide(code: Code, page: Open) -> Response:
    """Everything that somebody must know before he applies."""
    item = await page.portal.catalogue.item(code, page.language)
    places = await page.portal.places.map_or_empty()
    return page.render(
        "guide.html",
        item=item,
        guide=item.get("guide") or {},
        region=places.region(item["region"]),
        appliable=item["status"] == "published" and item["has_form"],
    )
