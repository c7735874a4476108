"""The envelope of an event: CloudEvents 1.0 in structured JSON."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from shared import clock
from shared.events.errors import BadEnvelope
from shared.events.event import Event, topic_of
from shared.ids import uuid7

SEQUENCE_DIGITS = 10
SEQUENCE_MAX = 10**SEQUENCE_DIGITS - 1
_LENGTHS = {"id": 64, "source": 200, "type": 200, "subject": 200}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SEQUENCE = re.compile(rf"[0-9]{{{SEQUENCE_DIGITS}}}", re.ASCII)
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?", re.ASCII)
_JSON_TYPES = {"application/json", "application/json; charset=utf-8"}

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One event on its way. `sequence` counts gaplessly from 1 per subject and topic."""

    source: str
    type: str
    subject: str
    sequence: int
    data: dict[str, Any]
    id: str = field(default_factory=uuid7)
    time: datetime = field(default_factory=clock.now)
    traceparent: str | None = None

    @classmethod
    def wrap(
        cls, event: Event, *, source: str, subject: str, sequence: int, trace: str | None = None
    ) -> Self:
        """Put the owner's event into an envelope; a wrong subject or sequence is a ValueError."""
        if not 0 < sequence <= SEQUENCE_MAX:
            raise ValueError(f"a sequence counts from 1 to {SEQUENCE_MAX}, not {sequence}")
        if (fault := _text_fault("subject", subject)) is not None:
            raise ValueError(fault)
        data = event.model_dump(mode="json")
        return cls(
            source=source,
            type=event.TYPE,
            subject=subject,
            sequence=sequence,
            data=data,
            traceparent=trace,
        )

    @property
    def topic(self) -> str:
        """Where an event of this type is published."""
        return topic_of(self.type)

    def encode(self) -> bytes:
        """The envelope as it travels and is stored."""
        attributes: dict[str, Any] = {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": clock.rfc3339(self.time),
            "datacontenttype": "application/json",
            "sequence": f"{self.sequence:0{SEQUENCE_DIGITS}d}",
        }
        if self.traceparent is not None:
            attributes["traceparent"] = self.traceparent
        attributes["data"] = self.data
        return orjson.dumps(attributes)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read an envelope; BadEnvelope says which attribute is wrong."""
        attributes = _object(raw)
        if attributes.get("specversion") != "1.0":
            raise BadEnvelope("specversion is not 1.0: this is no CloudEvents 1.0 event")
        if str(attributes.get("datacontenttype", "application/json")).lower() not in _JSON_TYPES:
            raise BadEnvelope("datacontenttype is not application/json")
        texts = {name: _text(attributes, name) for name in _LENGTHS}
        return cls(
            **texts,
            time=_time(attributes.get("time")),
            sequence=_sequence(attributes.get("sequence")),
            traceparent=_traceparent(attributes.get("traceparent")),
            data=_data(attributes.get("data")),
        )

    def read(self, model: Callable[..., M]) -> M:
        """The data as the consumer's own model; BadEnvelope when it does not fit."""
        try:
            return model(**self.data)
        except ValidationError as error:
            faults = (f"data.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise BadEnvelope(f"{self.type} {self.id}: {'; '.join(faults)}") from None


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadEnvelope(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadEnvelope("not a JSON object")
    return value


def _text_fault(name: str, value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return f"{name} is missing or is not text"
    if len(value) > _LENGTHS[name]:
        return f"{name} is longer than {_LENGTHS[name]} characters"
    if _UNPRINTABLE.search(value):
        return f"{name} has unprintable characters"
    return None


def _text(attributes: dict[str, Any], name: str) -> str:
    if (fault := _text_fault(name, attributes.get(name))) is not None:
        raise BadEnvelope(fault)
    return str(attributes[name])


def _time(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise BadEnvelope("time is missing or is no RFC 3339 time") from None
    if moment.tzinfo is None:
        raise BadEnvelope("time has no offset from UTC")
    return moment


def _sequence(value: object) -> int:
    if not isinstance(value, str) or not _SEQUENCE.fullmatch(value) or not int(value):
        raise BadEnvelope(f"sequence is not {SEQUENCE_DIGITS} digits that count from 1")
    return int(value)


def _traceparent(value: object) -> str | None:
    # A broken trace header must not stop an event: the trace ends here, the event goes on.
    return value if isinstance(value, str) and _TRACEPARENT.fullmatch(value) else None


def _data(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadEnvelope("data is missing or is not a JSON object")
    return value
