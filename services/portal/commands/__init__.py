"""What changes in the portal: visits, logins, and forms while they are filled in."""

from services.portal.commands.applications import Application, Applications
from services.portal.commands.visits import DESK, PERSON, Login, Visit, Visits

__all__ = ["DESK", "PERSON", "Application", "Applications", "Login", "Visit", "Visits"]
