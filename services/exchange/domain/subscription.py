"""A subscription: which events a department's system wants sent to it, and how it fares."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.exchange.domain.permit import EVERY_ITEM, item_codes

# The levels of a region's twelve digits: province, city, county, township; then the village.
_LEVELS = (2, 4, 6, 9)
FAILING_AFTER = 5  # failures in a row


class Pause(StrEnum):
    """Why nothing is sent."""

    OWNER = "owner"  # its owner said so
    GONE = "gone"  # the receiver answered 410
    WITHDRAWN = "withdrawn"  # its client may no longer follow its department's events


class Status(StrEnum):
    """How a subscription fares."""

    ACTIVE = "active"
    PAUSED = "paused"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Facts:
    """What an event is about, as far as a subscription can ask for it."""

    type: str
    items: tuple[str, ...] = ()
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Wants:
    """What a subscription asks for; an empty part asks for everything."""

    types: tuple[str, ...] = ()
    items: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()

    def cover(self, facts: Facts) -> bool:
        """Whether an event of these facts is wanted."""
        return (
            (not self.types or any(is_of(facts.type, wanted) for wanted in self.types))
            and (not self.items or any(self._names(item) for item in facts.items))
            and (not self.regions or any(lies_in(facts.region, one) for one in self.regions))
        )

    def _names(self, item: str) -> bool:
        return item == EVERY_ITEM or not self.items.isdisjoint(item_codes(item))


def is_of(event_type: str, wanted: str) -> bool:
    """Whether a type is the wanted one; `tongban.cases.*` wants all of a service."""
    if wanted.endswith("*"):
        return event_type.startswith(wanted[:-1])
    return event_type == wanted


def lies_in(region: str | None, outer: str) -> bool:
    """Whether a region is the outer one or lies below it."""
    if region is None:
        return False
    level = next((at for at in _LEVELS if not outer[at:].strip("0")), len(outer))
    return region.startswith(outer[:level])


def facts_of(event_type: str, data: Mapping[str, Any]) -> Facts:
    """What an event is about: its case, or what its data name themselves."""
    case = data.get("case")
    about = case if isinstance(case, Mapping) else data
    item, region = about.get("item"), about.get("region")
    if isinstance(item, Mapping):
        item = item.get("code")
    fact = event_type.split(".")[2]
    if fact.startswith("item_"):
        item = data.get("code")
    elif fact.startswith("region_"):
        region = data.get("code")
    items = data.get("items")
    named = items if isinstance(items, list) else [item]
    return Facts(
        event_type,
        tuple(one for one in named if isinstance(one, str)),
        region if isinstance(region, str) else None,
    )


def status_of(paused: str | None, failures: int) -> Status:
    """The status by what is stored."""
    if paused is not None:
        return Status.PAUSED
    return Status.FAILING if failures >= FAILING_AFTER else Status.ACTIVE
