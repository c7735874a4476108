"""The portal before a small gateway, and browsers that visit it."""

import re
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.portal.app import create_app
from services.portal.settings import Settings
from tests.support.portal_gateway import BASE, PortalGateway

DEPARTMENT = "11990102MB2824177L"
POLICE = {"code": "11990100MB2865569R", "name": "云州市公安局", "region": "990100000000"}
REGION = {"code": "990102000000", "name": "南湖区", "parent": None, "level": "county"}


def item(code: str = "item-1", **changes: Any) -> dict[str, Any]:
    """An item with a form that is partly known already."""
    known = {"source": "population/household", "trust": "authoritative"}
    form = {
        "type": "object",
        "title": "申请表",
        "required": ["name", "address", "child", "delivery"],
        "properties": {
            "name": {
                "type": "string", "title": "姓名",
                "x-prefill": {"source": "identity", "field": "name", "trust": "authoritative"},
            },
            "address": {
                "type": "string", "title": "户籍地址",
                "x-prefill": {**known, "field": "household_address"},
            },
            "phone": {
                "type": "string", "title": "手机",
                "x-prefill": {"source": "identity", "field": "phone", "trust": "suggested"},
            },
            "child": {"type": "string", "title": "孩子姓名", "minLength": 2},
            "delivery": {"type": "string", "title": "领取方式", "enum": ["邮寄", "自取"]},
        },
        "allOf": [
            {
                "if": {"properties": {"delivery": {"const": "邮寄"}}, "required": ["delivery"]},
                "then": {
                    "required": ["post"],
                    "properties": {"post": {"type": "string", "title": "邮寄地址"}},
                },
            }
        ],
    }  # fmt: skip
    return {
        "code": code, "name": "出生登记", "version": 1, "effective": "2026-03-01",
        "department": DEPARTMENT, "region": REGION["code"], "audience": ["1"],
        "themes": ["person:005"], "keywords": ["孩子刚出生"], "summary": "给孩子上户口。",
        "online_depth": 4, "visits": 0, "promise_days": 2, "project_type": "2",
        "fee": {"charged": False}, "materials": [], "guide": {"conditions": ["在本区出生"]},
        "form": form,
    } | changes  # fmt: skip


@pytest.fixture
def gateway() -> PortalGateway:
    department = {"code": DEPARTMENT, "name": "南湖区卫生健康局", "region": REGION["code"]}
    listed = item("item-2", name="护照办理", guide=None, form=None, link="https://example.org/")
    gateway = PortalGateway([item(), listed], [department, POLICE], [REGION])
    gateway.records["population/household"] = {
        "owner": POLICE["code"],
        "as_of": "2026-11-20",
        "basis": "若干规定第十条",
        "values": {"household_address": "湖滨路20号"},
    }
    return gateway


@pytest.fixture
def kept_in(tmp_path: Path) -> str:
    """The portal's database: SQLite, unless a module of tests says otherwise."""
    return f"sqlite:///{tmp_path}/portal.db"


@pytest.fixture
async def app(gateway: PortalGateway, tmp_path: Path, kept_in: str) -> AsyncGenerator[FastAPI]:
    settings = Settings(
        TONGBAN_ENVIRONMENT="onebox",
        PUBLIC_BASE=BASE,
        EVENTS_URL=f"sqlite:///{tmp_path}/events.db",
        KEYS_FOLDER=tmp_path / "keys",
        database_url=kept_in,
    )
    made: list[httpx.AsyncClient] = []

    def reach() -> httpx.AsyncClient:
        transport = httpx.ASGITransport(gateway.app)
        made.append(httpx.AsyncClient(transport=transport, base_url=BASE))
        return made[-1]

    app = create_app(settings, reach)
    runtime = app.state.runtime
    await runtime.migrations.upgrade(runtime.db)
    async with app.router.lifespan_context(app):
        yield app
    for client in made:
        await client.aclose()


class Browser(httpx.AsyncClient):
    """A browser without JavaScript: cookies, redirects, and forms posted as they stand."""

    gateway: PortalGateway

    async def visit(self, path: str) -> httpx.Response:
        """A page, redirects followed to the identity provider and back."""
        return await self._follow(await self.get(path))

    async def submit(self, page: httpx.Response, path: str, **fields: Any) -> httpx.Response:
        """A form of a page, posted to `path`."""
        return await self._follow(await self.post(path, data={"_csrf": csrf(page), **fields}))

    async def _follow(self, response: httpx.Response) -> httpx.Response:
        while response.is_redirect:
            target = response.headers["location"]
            if target.startswith(f"{BASE}/identity/"):
                transport = httpx.ASGITransport(self.gateway.app)
                async with httpx.AsyncClient(transport=transport) as provider:
                    response = await provider.get(target)
            else:
                response = await self.get(target)
        return response


def csrf(page: httpx.Response) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert found, page.text[:500]
    return found[1]


@pytest.fixture
async def open_browser(
    app: FastAPI, gateway: PortalGateway
) -> AsyncGenerator[Callable[[], Browser]]:
    opened: list[Browser] = []

    def open_browser() -> Browser:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        browser = Browser(transport=transport, base_url=BASE)
        browser.gateway = gateway
        opened.append(browser)
        return browser

    yield open_browser
    for browser in opened:
        await browser.aclose()


@pytest.fixture
def browser(open_browser: Callable[[], Browser]) -> Browser:
    return open_browser()
