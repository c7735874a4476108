"""Everything that the rooms share, put together once at the start."""

from dataclasses import dataclass

from starlette.requests import Request

from services.portal.clients import Cases, Catalogue, Identity, Operations, Traces
from services.portal.commands import Applications, Visits
from services.portal.pages.templates import Templates
from services.portal.queries.health import Health
from services.portal.queries.home import Home
from services.portal.queries.places import Places
from services.portal.queries.prefill import Prefill
from services.portal.queries.problems import Problems
from services.portal.settings import Settings
from services.portal.store import Sealed


@dataclass(frozen=True, slots=True)
class Portal:
    """The portal's parts."""

    settings: Settings
    templates: Templates
    catalogue: Catalogue
    cases: Cases
    identity: Identity
    operations: Operations
    health: Health
    traces: Traces
    visits: Visits
    applications: Applications
    prefill: Prefill
    home: Home
    places: Places
    problems: Problems
    sealed: Sealed

    @classmethod
    def of(cls, request: Request) -> "Portal":
        """The portal that a request came to."""
        portal: Portal = request.app.state.portal
        return portal
