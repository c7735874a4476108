"""Finding an item by everyday words, also while they are typed."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.portal.clients import Json, NotThere, Refused, Trouble
from services.portal.domain import themes
from services.portal.pages.opening import Open
from services.portal.pages.page import Page

router = APIRouter(include_in_schema=False)
_A_PAGE = 15
_WHILE_TYPING = 6

Words = Annotated[str, Query(max_length=400)]
Short = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for."""

    q: str = ""
    audience: str = ""
    region: str = ""
    theme: str = ""
    department: str = ""
    appliable: str = ""

    def query(self, **changes: str) -> str:
        """The address of this search with some of it changed."""
        values = {
            "q": self.q, "audience": self.audience, "region": self.region, "theme": self.theme,
            "department": self.department, "appliable": self.appliable, **changes,
        }  # fmt: skip
        return "/search?" + urlencode({name: value for name, value in values.items() if value})

    @property
    def asked(self) -> dict[str, str]:
        """The search as the catalogue is asked."""
        return {
            "q": self.q[:100],
            "audience": self.audience if self.audience in tuple("123456") else "",
            "region": self.region,
            "descendants": "true" if self.region else "",
            "theme": self.theme,
            "department": self.department,
            "appliable": "true" if self.appliable == "1" else "",
        }

    @property
    def theme_name(self) -> str:
        """The name of the theme that is looked in."""
        return {**themes.PERSON, **themes.ORGANISATION}.get(self.theme, "")


@router.get("/search")
async def search(
    page: Open,
    q: Words = "",
    audience: Short = "",
    region: Short = "",
    theme: Short = "",
    department: Short = "",
    appliable: Short = "",
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """The results page; for htmx only the results, and fewer while somebody types on a page."""
    wanted = Wanted(q.strip(), audience, region, theme, department, appliable)
    typing = page.partial and page.request.headers.get("hx-target") == "suggestions"
    limit = _WHILE_TYPING if typing else _A_PAGE
    found = await _find(page, wanted, cursor, limit)
    places = await page.portal.places.map_or_empty()
    context: dict[str, Any] = {"wanted": wanted, "found": found, "places": places, "typing": typing}
    if typing:
        return page.render("parts/suggestions.html", **context)
    return page.render("parts/results.html" if page.partial else "search.html", **context)


async def _find(page: Page, wanted: Wanted, cursor: str | None, limit: int) -> Json | None:
    """The items; none for words that the catalogue cannot read; None while it is away."""
    try:
        return await page.portal.catalogue.find(
            language=page.language, cursor=cursor, limit=limit, **wanted.asked
        )
    except (NotThere, Refused):
        return {"items": [], "next": None}
    except Trouble:
        return None
