"""The API under /v1: one file per resource."""

from services.identity.api.v1.delegations import router as delegations
from services.identity.api.v1.me import router as me
from services.identity.api.v1.organisations import router as organisations
from services.identity.api.v1.people import router as people
from services.identity.api.v1.staff import router as staff

routers = (me, delegations, people, organisations, staff)

__all__ = ["routers"]
