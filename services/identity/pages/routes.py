"""The addresses of the pages."""

from pathlib import Path

from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from services.identity.pages import scanned
from services.identity.pages.account.sections import SECTIONS
from services.identity.pages.administration.routes import ADMINISTRATION
from services.identity.pages.choose import choose, show_choose
from services.identity.pages.consent import consent, show_consent
from services.identity.pages.device import answer_device, device_done, show_device, type_code
from services.identity.pages.federation.going import go
from services.identity.pages.federation.returning import callback, left
from services.identity.pages.federation.welcome import show_welcome, welcome
from services.identity.pages.logout import log_out, show_logged_out, show_logout
from services.identity.pages.office import choose_office, show_office
from services.identity.pages.sign_up import show_sign_up, sign_up
from services.identity.pages.step_up import show_step_up
from services.identity.pages.ways import forgot, second
from services.identity.pages.ways.way_pages import WAY_PAGES

_STATIC = Path(__file__).parent / "static"


def page_routes() -> list[BaseRoute]:
    """Reached from the authorization or the end session endpoint, or pages of the account."""
    return [
        *(route for way in WAY_PAGES for route in way.routes),
        *second.ROUTES,
        *forgot.ROUTES,
        *scanned.ROUTES,
        Route("/identity/sign-up/{id}", show_sign_up, methods=["GET"]),
        Route("/identity/sign-up/{id}", sign_up, methods=["POST"]),
        Route("/identity/choose/{id}", show_choose, methods=["GET"]),
        Route("/identity/choose/{id}", choose, methods=["POST"]),
        Route("/identity/office/{id}", show_office, methods=["GET"]),
        Route("/identity/office/{id}", choose_office, methods=["POST"]),
        Route("/identity/federation/{code}/go/{id}", go, methods=["GET"]),
        Route("/identity/federation/{code}/callback", callback, methods=["GET"]),
        Route("/identity/federation/{code}/left", left, methods=["GET"]),
        Route("/identity/welcome/{id}", show_welcome, methods=["GET"]),
        Route("/identity/welcome/{id}", welcome, methods=["POST"]),
        Route("/identity/step-up/{id}", show_step_up, methods=["GET"]),
        Route("/identity/consent/{id}", show_consent, methods=["GET"]),
        Route("/identity/consent/{id}", consent, methods=["POST"]),
        Route("/identity/device", show_device, methods=["GET"]),
        Route("/identity/device", type_code, methods=["POST"]),
        Route("/identity/device/done", device_done, methods=["GET"]),
        Route("/identity/device/{code}", answer_device, methods=["POST"]),
        Route("/identity/logout", show_logout, methods=["GET"]),
        Route("/identity/logout", log_out, methods=["POST"]),
        Route("/identity/logged-out", show_logged_out, methods=["GET"]),
        *(route for section in SECTIONS for route in section.routes),
        *ADMINISTRATION,
        Mount("/identity/static", StaticFiles(directory=_STATIC)),
    ]
