"""The addresses of the administration."""

from starlette.routing import Route

from services.identity.pages.administration.entry import ROOT
from services.identity.pages.administration.listing import show_staff
from services.identity.pages.administration.office import change_office, show_office

ADMINISTRATION = (
    Route(ROOT, show_staff, methods=["GET"]),
    Route(f"{ROOT}/{{office}}", show_office, methods=["GET"]),
    Route(f"{ROOT}/{{office}}", change_office, methods=["POST"]),
)
