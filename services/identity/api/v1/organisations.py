"""Organisations."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel

from services.identity.api.v1.caller import holds, provider_of
from services.identity.queries.organisations import organisation_of
from shared.auth import Subject
from shared.web.problems import NotFound

router = APIRouter(prefix="/v1/organisations", tags=["organisations"])


class OrganisationDetail(BaseModel):
    """An organisation; its legal representative by opaque id."""

    id: str
    code: str
    name: str
    legal_representative: str | None


@router.get("/{organisation}", response_model=OrganisationDetail)
async def read_organisation(
    organisation: Annotated[str, Path(max_length=40)],
    request: Request,
    subject: Annotated[Subject, holds()],
) -> OrganisationDetail:
    """For who may act for it, and for services of the platform."""
    found = await organisation_of(provider_of(request).db, subject, organisation)
    if found is None:
        raise NotFound("There is no such organisation.")
    return OrganisationDetail(
        id=found.id,
        code=found.code,
        name=found.name,
        legal_representative=found.legal_representative,
    )
