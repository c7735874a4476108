"""What the routes of exchange share: codes in URLs, actors, and the problems that all declare."""

from typing import Annotated, Any

from fastapi import Path, Request

from services.exchange.settings import Settings
from shared.auth import Subject
from shared.db import Database

ResourceCode = Annotated[
    str,
    Path(
        max_length=64,
        pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){1,3}$",
        description="the resource's code, its / written as .",
        examples=["population.household"],
    ),
]
_LONGEST_TYPE = 120
_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}
_MEANINGS = {
    401: "No valid token",
    403: "Not allowed; `reason` says why",
    404: "There is none",
    409: "The present state does not allow this",
    412: "Somebody else changed it meanwhile",
    422: "Fields are missing or wrong",
    502: "The department's system answered wrongly",
    503: "The department's system, or this one, is unavailable for now",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem answers of a route, for its contract."""
    return {status: {"description": _MEANINGS[status], **_PROBLEM} for status in (401, *statuses)}


def code_of(in_url: str) -> str:
    """The resource's code as it is."""
    return in_url.replace(".", "/")


def actor_of(subject: Subject) -> str:
    """The opaque id under which an act is recorded."""
    return subject.staff.id if subject.staff else subject.sub


def database(request: Request) -> Database:
    """The service's database."""
    db: Database = request.app.state.runtime.db
    return db


def settings_of(request: Request) -> Settings:
    """The service's settings."""
    settings: Settings = request.app.state.runtime.settings
    return settings


def is_event_type(text: str) -> bool:
    """Whether a text is an event type, or all of a service as in tongban.cases.*"""
    name = text.removesuffix(".*").removesuffix("*")
    plain = name.replace(".", "").replace("_", "")
    return len(text) <= _LONGEST_TYPE and plain.isascii() and plain.isalnum()
