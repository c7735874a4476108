"""The same for the posts of staff: an office, its roles, its deputies, its secondments."""

from collections.abc import Callable
from typing import Any

from tests.support.stack_load import Act
from tests.support.stack_places import STAFF, Places

_EDITOR = {"role": "catalogue_editor"}


def staff_posts() -> dict[str, Callable[[Places], Act]]:
    """One row for each."""
    return {
        "identity /v1/staff": lambda at: Act(STAFF, at.new_office(), "personnel", 201),
        "identity /v1/staff/{staff}/move": _move,
        "identity /v1/staff/{staff}/grant-role": lambda at: Act(
            f"{_new_office(at)}/grant-role", _EDITOR, "security"
        ),
        "identity /v1/staff/{staff}/take-role": _take_role,
        "identity /v1/staff/{staff}/deactivate": lambda at: Act(
            f"{at.office()}/deactivate", None, "security"
        ),
        "identity /v1/staff/{staff}/activate": _activate,
        "identity /v1/staff/{staff}/deputations": lambda at: _created(at.absence(), "security"),
        "identity /v1/deputations/{deputation}/end": _end_deputation,
        "identity /v1/staff/{staff}/secondments": lambda at: _created(at.secondment(), "personnel"),
        "identity /v1/secondments/{secondment}/end": _end_secondment,
    }


def _created(there: tuple[str, dict[str, Any]], by: str) -> Act:
    path, body = there
    return Act(path, body, by, 201)


def _new_office(at: Places) -> str:
    made = at.done(STAFF, at.new_office(), "personnel", 201)
    return f"{STAFF}/{made['id']}"


def _move(at: Places) -> Act:
    body = at.new_office()
    made = at.done(STAFF, body, "personnel", 201)
    there = {"department": body["department"], "region": "990102001000"}
    return Act(f"{STAFF}/{made['id']}/move", there, "personnel")


def _take_role(at: Places) -> Act:
    office = _new_office(at)
    at.done(f"{office}/grant-role", _EDITOR, "security")
    return Act(f"{office}/take-role", _EDITOR, "security")


def _activate(at: Places) -> Act:
    office = _new_office(at)
    at.done(f"{office}/grant-role", _EDITOR, "security")
    return Act(f"{office}/activate", None, "security")


def _end_deputation(at: Places) -> Act:
    path, body = at.absence()
    made = at.done(path, body, "security", 201)
    return Act(f"/api/identity/v1/deputations/{made['id']}/end", None, "security")


def _end_secondment(at: Places) -> Act:
    path, body = at.secondment()
    made = at.done(path, body, "personnel", 201)
    return Act(f"/api/identity/v1/secondments/{made['id']}/end", None, "personnel")
