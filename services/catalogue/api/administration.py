"""Publish and withdraw items, for the editors of departments."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalogue.api.items import Code, ItemNotFound
from services.catalogue.api.models import ItemDetail, Withdrawn, detail
from services.catalogue.commands import Publishing
from services.catalogue.commands.forms import form_flaws
from services.catalogue.domain import flaws, full_region
from services.catalogue.policy import MAINTENANCE, policy
from services.catalogue.store import Items, Places
from shared.auth import Subject, requires
from shared.service import caller_of
from shared.web import Answer, InvalidFields, Text, etag

router = APIRouter(prefix="/v1", tags=["administration"])

Editor = Annotated[Subject, requires("catalogue.manage")]


@router.post("/items", status_code=201, response_model=ItemDetail)
async def publish_item(item: dict[str, Any], request: Request, editor: Editor) -> Response:
    """Publish an item, or its next version (the same content again changes nothing)."""
    policy.check(editor, "publish_item", item.get("department", ""), MAINTENANCE)
    publishing: Publishing = request.app.state.publishing

    async def publish(tx: AsyncConnection) -> Answer:
        await _require_sound(tx, item)
        await _require_own(tx, item, editor)
        await publishing.item(tx, item, _actor(editor))
        row = await Items(tx).find(str(item.get("code") or item["local_code"]))
        answer = detail(row)
        return Answer(201, answer, {"ETag": etag(answer.version)})

    runtime = request.app.state.runtime
    result: Response = await runtime.idempotency.run(request, caller_of(editor), publish)
    return result


@router.post("/items/{code}/withdraw", response_model=Withdrawn)
async def withdraw_item(code: Code, request: Request, editor: Editor) -> Response:
    """Take an item out of the catalogue; cases that pinned a version keep it."""
    publishing: Publishing = request.app.state.publishing

    async def withdraw(tx: AsyncConnection) -> Answer:
        row = await Items(tx).find(code)
        if row is None:
            raise ItemNotFound(Text(f"没有编码为 {code} 的事项。", f"No item has the code {code}."))
        policy.check(editor, "withdraw_item", row.department, MAINTENANCE)
        await publishing.withdraw(tx, row.code, _actor(editor))
        return Answer(200, Withdrawn(code=row.code))

    runtime = request.app.state.runtime
    result: Response = await runtime.idempotency.run(request, caller_of(editor), withdraw)
    return result


async def _require_sound(tx: AsyncConnection, item: dict[str, Any]) -> None:
    try:
        item["region"] = full_region(str(item.get("region", "")))
    except ValueError as error:
        raise InvalidFields([{"pointer": "/region", "detail": str(error)}]) from None
    wrong = [*flaws(item), *form_flaws(item)]
    errors = [{"pointer": f"/{f.field}", "detail": f.reason} for f in wrong]
    if errors:
        raise InvalidFields(errors)
    if await Places(tx).region(item["region"]) is None:
        errors.append({"pointer": "/region", "detail": "没有这个区划 (unknown region)"})
    if await Places(tx).department(str(item.get("department"))) is None:
        errors.append({"pointer": "/department", "detail": "没有这个部门 (unknown department)"})
    if errors:
        raise InvalidFields(errors)


async def _require_own(tx: AsyncConnection, item: dict[str, Any], editor: Subject) -> None:
    """A code that is taken is changed by its department: naming one's own takes nothing over."""
    old = await Items(tx).current(str(item.get("code") or item["local_code"]))
    if old is not None:
        policy.check(editor, "publish_item", old.department, MAINTENANCE)


def _actor(editor: Subject) -> str:
    return editor.staff.id if editor.staff else editor.sub
