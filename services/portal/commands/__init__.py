"""What changes in the portal: visits, logins, and forms while they are filled in."""

from services.portal.commands.applications import Application, Applications
from services.portal.commands.visits import DESK, HANDLES, PERSON, Login, Visit, Visits

__all__ = ["DESK", "HANDLES", "PERSON", "Application", "Applications", "Login", "Visit", "Visits"]
