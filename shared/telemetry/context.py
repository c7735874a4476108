"""What is known of the work in hand: its service, its request, and the business facts of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from opentelemetry import trace

from shared.telemetry.scrub import mask

FactValue = str | int | bool

# Business facts only: nothing here may name or describe a person.
ALLOWED = frozenset({
    "act", "attempt", "bundle_code", "case_number", "channel", "count", "delegation", "department",
    "event_id", "event_type", "item_code", "item_version", "permit", "position", "purpose",
    "region", "resource_code", "status", "step",
})  # fmt: skip
_LONGEST = 128


@dataclass(slots=True)
class Work:
    """One request, or one piece of background work."""

    service: str
    request_id: str | None = None
    facts: dict[str, FactValue] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)  # by who asked for it, as baggage
    known: dict[str, str] | None = None  # what is carried on, once somebody wanted to know


current: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def working_for(service: str, given: Mapping[str, str]) -> Iterator[None]:
    """Work of a service in the background, for what somebody else began."""
    working = current.set(Work(service, given=given))
    try:
        yield
    finally:
        current.reset(working)


def facts(**given: FactValue) -> None:
    """Note business facts of the work in hand: on its span, in its log line, in its metrics."""
    attributes = attributes_of(given)
    work = current.get()
    if work is not None:
        work.facts.update(given)
        work.known = None
    span = trace.get_current_span()
    if span.is_recording():
        span.set_attributes(attributes)


def attributes_of(given: dict[str, FactValue]) -> dict[str, FactValue]:
    """The facts as span attributes; a fact outside the list is a mistake in the code."""
    if not given.keys() <= ALLOWED:
        unknown = ", ".join(sorted(given.keys() - ALLOWED))
        raise ValueError(f"{unknown}: not on the list of business facts ({__name__}.ALLOWED)")
    return {
        f"tongban.{name}": mask(value)[:_LONGEST] if isinstance(value, str) else value
        for name, value in given.items()
    }


def request_id() -> str | None:
    """The id of the request in hand, for calls to other services and for error pages."""
    work = current.get()
    return work.request_id if work is not None else None
