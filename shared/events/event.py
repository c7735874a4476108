"""What an event says: models that their owner publishes, and the small copies of consumers."""

import re
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

_TYPE = re.compile(r"(?P<topic>tongban\.(?P<service>[a-z][a-z0-9_]*))\.[a-z][a-z0-9_]*\.v[1-9]\d*")
_published: dict[str, dict[str, type["Event"]]] = {}


class Event(BaseModel):
    """A fact that its owner publishes; a subclass names its type in TYPE, or is a common base."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    TYPE: ClassVar[str]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register the event under its service, for its contract."""
        super().__pydantic_init_subclass__(**kwargs)
        if "TYPE" not in cls.__dict__:
            return
        events = _published.setdefault(service_of(cls.TYPE), {})
        known = events.setdefault(cls.TYPE, cls)
        if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(
                f"{cls.TYPE} is already published by {known.__module__}.{known.__qualname__}: "
                "a consumer declares its copy as a Received, and a new form gets a new version"
            )
        events[cls.TYPE] = cls


class Received(BaseModel):
    """A consumer's own small copy of another's event: it ignores what it does not need."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def topic_of(event_type: str) -> str:
    """The topic of an event type: `tongban.<service>`."""
    return _match(event_type)["topic"]


def service_of(event_type: str) -> str:
    """The service that owns an event type."""
    return _match(event_type)["service"]


def published_by(service: str) -> dict[str, type[Event]]:
    """Every event that the service publishes, by type, in the order of the types."""
    return dict(sorted(_published.get(service, {}).items()))


def _match(event_type: str) -> re.Match[str]:
    match = _TYPE.fullmatch(event_type)
    if match is None:
        raise ValueError(f"an event type is tongban.<service>.<fact>.v<n>, not {event_type!r}")
    return match
