"""Ways to an item without words: departments, themes, for persons, for organisations."""

from fastapi import APIRouter
from starlette.responses import Response

from services.portal.domain import themes
from services.portal.pages.opening import Open

router = APIRouter(include_in_schema=False)


@router.get("/departments")
async def departments(page: Open) -> Response:
    """Every department, by region."""
    places = await page.portal.places.map()
    groups = [
        (region, [one for one in places.departments if one["region"] == region["code"]])
        for region in places.regions
    ]
    return page.render("departments.html", groups=[group for group in groups if group[1]])


@router.get("/themes")
async def all_themes(page: Open) -> Response:
    """The subject classes of both kinds."""
    return page.render("themes.html", room="themes", person=themes.PERSON, org=themes.ORGANISATION)


@router.get("/people")
async def people(page: Open) -> Response:
    """The subject classes for natural persons."""
    return page.render("themes.html", room="people", person=themes.PERSON, org={})


@router.get("/business")
async def business(page: Open) -> Response:
    """The subject classes for legal persons."""
    return page.render("themes.html", room="business", person={}, org=themes.ORGANISATION)
