"""Regions and departments."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from services.catalogue.api.models import Department, Region
from services.catalogue.store import Places
from shared.web import Text
from shared.web.problems import NotFound

router = APIRouter(prefix="/v1", tags=["places"])


class PlaceNotFound(NotFound):
    """No region or department has this code."""

    slug = "place-not-found"
    title = Text("没有这个区划或部门", "There is no such region or department")


@router.get("/regions")
async def list_regions(request: Request) -> dict[str, list[Region]]:
    """Every region, those above before those below."""
    async with request.app.state.runtime.db.read() as connection:
        rows = await Places(connection).regions()
    return {"items": [Region.model_validate(row, from_attributes=True) for row in rows]}


@router.get("/regions/{code}")
async def read_region(code: str, request: Request) -> Region:
    """One region."""
    async with request.app.state.runtime.db.read() as connection:
        row = await Places(connection).region(code)
    if row is None:
        raise PlaceNotFound(Text(f"没有区划 {code}。", f"There is no region {code}."))
    return Region.model_validate(row, from_attributes=True)


@router.get("/departments")
async def list_departments(
    request: Request, region: Annotated[str | None, Query(pattern=r"^\d{12}$")] = None
) -> dict[str, list[Department]]:
    """The departments, of one region or of all."""
    async with request.app.state.runtime.db.read() as connection:
        rows = await Places(connection).departments(region)
    return {"items": [Department.model_validate(row, from_attributes=True) for row in rows]}


@router.get("/departments/{code}")
async def read_department(code: str, request: Request) -> Department:
    """One department."""
    async with request.app.state.runtime.db.read() as connection:
        row = await Places(connection).department(code)
    if row is None:
        raise PlaceNotFound(Text(f"没有部门 {code}。", f"There is no department {code}."))
    return Department.model_validate(row, from_attributes=True)
