"""The ways in the order of the login page; a new one is added here."""

from services.identity.pages.ways import code, password, scan, window
from services.identity.pages.ways.way_page import WayPage

WAY_PAGES: tuple[WayPage, ...] = (password.PAGE, code.PAGE, scan.PAGE, window.PAGE)
