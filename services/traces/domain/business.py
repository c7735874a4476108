"""Business events among spans: what was told to the other services, and what they made of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from services.traces.domain.span import Span, Value

Stage = Literal["created", "published", "processed", "delivered"]
_OURS = "tongban."
_TYPE = ("cloudevents.event_type", "tongban.event_type")
_ID = ("cloudevents.event_id", "messaging.message.id", "tongban.event_id")
_SUBJECT = ("cloudevents.event_subject", "tongban.case_number")
_BY_WORD: dict[str, Stage] = {
    "create": "created",
    "publish": "published",
    "send": "published",
    "receive": "processed",
    "process": "processed",
    "deliver": "delivered",
}
_BY_KIND: dict[str, Stage] = {"producer": "published", "consumer": "processed"}


@dataclass(frozen=True, slots=True)
class BusinessEvent:
    """One stage of a business event: it was created, published, processed or delivered."""

    at_ns: int
    stage: Stage
    type: str
    id: str | None
    subject: str | None
    service: str
    span_id: str
    failed: bool


def business_event(span: Span) -> BusinessEvent | None:
    """The event that a span stands for, if it stands for one."""
    kind = _first(span.attributes, _TYPE)
    stage = _BY_WORD.get(span.name.partition(" ")[0].lower()) or _BY_KIND.get(span.kind)
    if kind is None or stage is None or not kind.startswith(_OURS):
        return None
    return _event(span, span.attributes, span.start_ns, stage, kind)


def business_events(span: Span) -> Iterator[BusinessEvent]:
    """The event that a span stands for, and those that it notes as moments of its own."""
    own = business_event(span)
    if own is not None:
        yield own
    for moment in span.occurrences:
        kind = _first(moment.attributes, _TYPE)
        if kind is not None and kind.startswith(_OURS):
            stage = _BY_WORD.get(moment.name.partition(" ")[0].lower(), "created")
            yield _event(span, moment.attributes, moment.at_ns, stage, kind)


def _event(
    span: Span, attributes: Mapping[str, Value], at_ns: int, stage: Stage, kind: str
) -> BusinessEvent:
    return BusinessEvent(
        at_ns,
        stage,
        kind,
        _first(attributes, _ID),
        _first(attributes, _SUBJECT),
        span.service,
        span.span_id,
        span.failed,
    )


def _first(attributes: Mapping[str, Value], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = attributes.get(name)
        if isinstance(value, str) and value:
            return value
    return None
