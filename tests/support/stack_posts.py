"""How each POST that takes an Idempotency-Key is called on a stack: one row for each of them."""

from collections.abc import Callable

from tests.support.journey import birth_form
from tests.support.stack_load import CASES, ITEMS, Act
from tests.support.stack_people import APPLICANT
from tests.support.stack_places import (
    ACTS,
    DELEGATIONS,
    PERMITS,
    RESOURCES,
    RETIRED,
    SUBSCRIPTIONS,
    Places,
    subscription,
)
from tests.support.stack_posts_staff import staff_posts

_SESSIONS = "/api/identity/v1/me/sessions"
_WINDOW = "/api/identity/v1/window"
_PAPER = {"evidence": "hall-1/2026-000017"}
_DAUGHTER = {"name": "周敏", "id_number": "99010219711103086X"}
_CHILD = {"name": "王一诺", "id_number": "990102201605200039"}
_WHY = {"why": "the department has mended its record"}

Row = Callable[[Places], Act]


def _act(act: str, *before: str, by: str = "system") -> Row:
    """An act of the department on a case."""
    return lambda at: Act(f"{at.case(*before)}/{act}", ACTS[act], by)


def _letters(service: str) -> dict[str, Row]:
    """The operators' decisions, the same at every service."""

    def replay_many(at: Places) -> Act:
        path, _, _ = at.letter(service).rpartition("/")
        return Act(f"{path}/replay", _WHY | {"consumer": RETIRED}, "operator")

    path = f"{service} /v1/dead-letters"
    return {
        f"{path}/replay": replay_many,
        f"{path}/{{letter}}/replay": lambda at: Act(
            f"{at.letter(service)}/replay", _WHY, "operator"
        ),
        f"{path}/{{letter}}/discard": lambda at: Act(
            f"{at.letter(service)}/discard", _WHY, "operator"
        ),
    }


def _end_others(at: Places) -> Act:
    at.sender.people.elsewhere()
    return Act(f"{_SESSIONS}/end-others", None, "applicant")


ROWS: dict[str, Row] = {
    "cases /v1/cases": lambda at: Act(
        CASES,
        {"item": at.stack.demo["item"], "form": birth_form(), "status": "submitted"},
        "applicant",
        201,
    ),
    "cases /v1/cases/{number}/submit": lambda at: Act(
        f"{at.case(status='draft')}/submit", None, "applicant"
    ),
    "cases /v1/cases/{number}/correct": lambda at: Act(
        f"{at.case('request-correction')}/correct", {"form": {"child_name": "李沐和"}}, "applicant"
    ),
    "cases /v1/cases/{number}/withdraw": lambda at: Act(
        f"{at.case()}/withdraw", {"reasons": "不办了"}, "applicant"
    ),
    "cases /v1/cases/{number}/accept": _act("accept"),
    "cases /v1/cases/{number}/refuse": _act("refuse"),
    "cases /v1/cases/{number}/request-correction": _act("request-correction"),
    "cases /v1/cases/{number}/suspend": _act("suspend", "accept"),
    "cases /v1/cases/{number}/resume": _act("resume", "accept", "suspend"),
    "cases /v1/cases/{number}/extend": _act("extend", "accept", by="approver"),
    "cases /v1/cases/{number}/decide": _act("decide", "accept"),
    "cases /v1/cases/{number}/deliver": _act("deliver", "accept", "decide"),
    "catalogue /v1/items": lambda at: Act(ITEMS, at.item(), "editor", 201),
    "catalogue /v1/items/{code}/withdraw": lambda at: Act(
        f"{ITEMS}/{at.done(ITEMS, at.item(), 'editor', 201)['code']}/withdraw", None, "editor"
    ),
    "exchange /v1/resources": lambda at: Act(RESOURCES, at.resource(), "data_officer", 201),
    "exchange /v1/permits": lambda at: Act(PERMITS, at.permit(), "data_officer", 201),
    "exchange /v1/permits/{permit_id}/revoke": lambda at: Act(
        f"{PERMITS}/{at.done(PERMITS, at.permit(), 'data_officer', 201)['id']}/revoke",
        {"ground": "用途已结束"},
        "data_officer",
    ),
    "exchange /v1/subscriptions": lambda _: Act(SUBSCRIPTIONS, subscription(), "system", 201),
    "exchange /v1/subscriptions/{subscription_id}/pause": lambda at: Act(
        f"{at.subscription()}/pause", None, "system"
    ),
    "exchange /v1/subscriptions/{subscription_id}/resume": lambda at: Act(
        f"{at.subscription('pause')}/resume", None, "system"
    ),
    "exchange /v1/subscriptions/{subscription_id}/replay": lambda at: Act(
        f"{at.subscription()}/replay", {"since": "2036-01-01T00:00:00Z"}, "system"
    ),
    "exchange /v1/subscriptions/{subscription_id}/secret": lambda at: Act(
        f"{at.subscription()}/secret", {"overlap_hours": 1}, "system"
    ),
    "exchange /v1/subscriptions/{subscription_id}/dead-letters/{event_id}/replay": (
        lambda at: Act(f"{at.undelivered()}/replay", None, "system")
    ),
    "exchange /v1/subscriptions/{subscription_id}/dead-letters/{event_id}/discard": (
        lambda at: Act(f"{at.undelivered()}/discard", None, "system")
    ),
    "identity /v1/me/delegations": lambda at: Act(
        DELEGATIONS, at.delegation(), "representative", 201
    ),
    "identity /v1/me/delegations/{delegation}/revoke": lambda at: Act(
        f"{DELEGATIONS}/{_delegated(at)}/revoke", None, "representative"
    ),
    **staff_posts(),
    "identity /v1/me/delegations/{delegation}/accept": lambda at: Act(
        f"{DELEGATIONS}/{_offered(at)}/accept", None, "applicant"
    ),
    "identity /v1/window/proofs": lambda _: Act(
        f"{_WINDOW}/proofs", {"account": "zhoumin", **_DAUGHTER, **_PAPER}, "clerk", 201
    ),
    "identity /v1/window/logins": lambda _: Act(
        f"{_WINDOW}/logins",
        {"account": "zhoumin", "id_number": _DAUGHTER["id_number"], **_PAPER},
        "clerk",
        201,
    ),
    "identity /v1/window/guardianships": lambda _: Act(
        f"{_WINDOW}/guardianships", {"guardian": "wanghaitao", **_CHILD, **_PAPER}, "clerk", 201
    ),
    "identity /v1/window/entrustments": lambda at: Act(
        f"{_WINDOW}/entrustments",
        {"person": "wuguilan", "agent": "zhoumin", "valid_until": at.soon(), **_PAPER},
        "clerk",
        201,
    ),
    "identity /v1/me/sessions/{session}/end": lambda at: Act(
        f"{_SESSIONS}/{at.sender.people.elsewhere()}/end", None, "applicant"
    ),
    "identity /v1/me/sessions/end-others": _end_others,
    **_letters("cases"),
    **_letters("catalogue"),
    **_letters("exchange"),
    **_letters("identity"),
    **_letters("traces"),
}


def _offered(at: Places) -> str:
    """An offer to the applicant."""
    wish = at.delegation() | {"agent": at.sender.people.id_of(APPLICANT)}
    given: str = at.done(DELEGATIONS, wish, "representative", 201)["id"]
    return given


def _delegated(at: Places) -> str:
    given: str = at.done(DELEGATIONS, at.delegation(), "representative", 201)["id"]
    return given
