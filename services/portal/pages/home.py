"""The first page, the help page and the entrance for elders."""

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from services.portal.clients import Json, Trouble
from services.portal.commands import PERSON
from services.portal.pages.opening import Open
from services.portal.pages.page import Page

router = APIRouter(include_in_schema=False)

# What people really say; each leads to the search, which knows what they mean.
EVERYDAY = ("孩子刚出生", "身份证丢了", "开一家小餐馆", "办居住证", "退休养老金", "换驾照")
_MY_OPEN_CASES = 3


@router.get("/")
async def home(page: Open) -> Response:
    """One search box, six entrances, and what is under way."""
    items, cases = await asyncio.gather(_items(page), _open_cases(page))
    return page.render("home.html", items=items, cases=cases, everyday=EVERYDAY)


@router.get("/elder")
async def elders(page: Open) -> Response:
    """What helps elders: large letters, a phone number, somebody who helps."""
    return page.render("elder.html", everyday=EVERYDAY)


@router.get("/help")
async def help_page(page: Open) -> Response:
    """Where help is to be had."""
    return page.render("help.html")


async def _items(page: Page) -> list[Json] | None:
    try:
        return await page.portal.home.items()
    except Trouble:
        return None


async def _open_cases(page: Page) -> list[Json] | None:
    """The person's open cases; nothing for nobody, None while they cannot be read."""
    if page.person is None:
        return []
    token = await page.portal.visits.token(page.secret, PERSON)
    if token is None:
        return []
    try:
        found = await page.portal.cases.mine(token, open="true", limit=_MY_OPEN_CASES)
    except Trouble:
        return None
    cases: list[Json] = found["items"]
    return cases
