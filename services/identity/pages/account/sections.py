"""The navigation of the account, in its order; a new page is added here."""

from services.identity.pages.account import (
    delegations,
    family,
    level,
    organisations,
    overview,
    privacy,
    security,
    sessions,
    upstreams,
)
from services.identity.pages.account.section import Section

SECTIONS: tuple[Section, ...] = (
    overview.SECTION,
    level.SECTION,
    delegations.SECTION,
    family.SECTION,
    organisations.SECTION,
    security.SECTION,
    sessions.SECTION,
    upstreams.SECTION,
    privacy.SECTION,
)
