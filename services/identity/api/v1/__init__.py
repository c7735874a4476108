"""The API under /v1: one file per resource."""

from services.identity.api.v1.delegations import router as delegations
from services.identity.api.v1.deputations import router as deputations
from services.identity.api.v1.evidence import router as evidence
from services.identity.api.v1.me import router as me
from services.identity.api.v1.organisations import router as organisations
from services.identity.api.v1.people import router as people
from services.identity.api.v1.roles import router as roles
from services.identity.api.v1.secondments import router as secondments
from services.identity.api.v1.sessions import router as sessions
from services.identity.api.v1.staff import router as staff
from services.identity.api.v1.staff_acts import router as staff_acts
from services.identity.api.v1.upstreams import router as upstreams
from services.identity.api.v1.window import router as window
from services.identity.api.v1.window_logins import router as window_logins

routers = (
    me,
    sessions,
    delegations,
    people,
    organisations,
    staff,
    staff_acts,
    deputations,
    secondments,
    roles,
    evidence,
    upstreams,
    window,
    window_logins,
)

__all__ = ["routers"]
