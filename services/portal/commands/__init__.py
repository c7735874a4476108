"""What changes in the portal: visits, logins, and forms while they are filled in."""

from services.portal.commands.applications import Application, Applications
from services.portal.commands.visits import (
    DECIDES,
    DESK,
    HANDLES,
    OPERATES,
    PERSON,
    Login,
    Visit,
    Visits,
)

__all__ = [
    "DECIDES",
    "DESK",
    "HANDLES",
    "OPERATES",
    "PERSON",
    "Application",
    "Applications",
    "Login",
    "Visit",
    "Visits",
]
