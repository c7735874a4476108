"""Staff: ending an office, which ends its logins at once."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.api.v1.caller import holds, provider_of, runtime_of
from services.identity.policy import policy
from shared.auth import Subject
from shared.service import caller_of
from shared.web import Answer
from shared.web.problems import NotFound

router = APIRouter(prefix="/v1/staff", tags=["staff"])


class OfficeOut(BaseModel):
    """An office after the act."""

    id: str
    status: str


@router.post("/{staff}/deactivate", response_model=OfficeOut)
async def deactivate_staff(
    staff: Annotated[str, Path(max_length=40)],
    request: Request,
    subject: Annotated[Subject, holds("identity.manage")],
) -> Response:
    """End an office; tokens that name it are refused everywhere within moments."""
    policy.check(subject, "deactivate_staff", None, "administration")
    offices = provider_of(request).offices

    async def deactivate(tx: AsyncConnection) -> Answer:
        if not await offices.deactivate(tx, staff, by=subject.sub):
            raise NotFound("There is no such active office.")
        return Answer(200, orjson.dumps({"id": staff, "status": "deactivated"}))

    return await runtime_of(request).idempotency.run(request, caller_of(subject), deactivate)
