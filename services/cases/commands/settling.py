"""Which values of a form a source vouches for, and which the applicant declares himself (自填)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from services.cases.commands.branches import asked_fields
from services.cases.domain.item import PinnedItem, authoritative

IDENTITY = "identity"

Marks = Mapping[str, Mapping[str, Any]]
NO_MARKS: Marks = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Vouched:
    """A value with where it comes from."""

    value: Any
    call: str | None = None
    as_of: str | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the sources answered before the transaction began; a source that is down stops nothing.

    `silent` gives for each source that did not answer the reason why.
    """

    values: Mapping[tuple[str, str], Vouched] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)
    snapshot: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """The form as it will be kept, where each value comes from, what we still fill in, and what
    was sent covered (`张*三`) although nobody tells the whole: that is no value to keep.
    """

    form: dict[str, Any]
    provenance: dict[str, dict[str, Any]]
    pending: frozenset[str]
    covered: frozenset[str]


def prefilled(item: PinnedItem, calls: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The marks of a draft: which call a field was filled in from, as the client says."""
    known = calls.keys() & item.fields.keys()
    return {name: {"state": "prefilled", "call": calls[name]} for name in sorted(known)}


def settle(
    item: PinnedItem, form: Mapping[str, Any], gathered: Gathered, marks: Marks = NO_MARKS
) -> Settled:
    """Put authoritative values in place; what differs from them or lacks a source is marked."""
    settled, provenance = dict(form), {}
    for name, (source, key) in authoritative(asked_fields(item, form)).items():
        posted = settled.get(name)
        vouched = gathered.values.get((source, key))
        if vouched is not None and (_left_to_us(posted) or _same(posted, vouched.value)):
            settled[name] = vouched.value
            provenance[name] = {
                "state": "authoritative",
                "source": source,
                "call": vouched.call,
                "as_of": vouched.as_of,
            }
        elif posted is not None and _vouched_before(marks.get(name), source, gathered):
            provenance[name] = dict(marks[name])
        elif posted is not None:
            unproved = _unproved(source, posted, gathered, differs=vouched is not None)
            provenance[name] = unproved | _claimed(marks.get(name))
        elif source == IDENTITY and source in gathered.silent:
            provenance[name] = {"state": "pending", "source": source}
    pending = frozenset(name for name, of in provenance.items() if of["state"] == "pending")
    covered = frozenset(
        name
        for name, of in provenance.items()
        if of["state"] == "self_declared" and _sent_covered(settled[name], marks.get(name))
    )
    return Settled(settled, provenance, pending, covered)


def _unproved(source: str, posted: Any, gathered: Gathered, *, differs: bool) -> dict[str, Any]:
    silent = source == IDENTITY and source in gathered.silent
    if silent and _left_to_us(posted):
        return {"state": "pending", "source": source}
    reason = "differs" if differs else gathered.silent.get(source, "no_value")
    return {"state": "self_declared", "source": source, "reason": reason}


def _vouched_before(mark: Mapping[str, Any] | None, source: str, gathered: Gathered) -> bool:
    """A source that is silent now does not take back what it said of the same value."""
    return bool(mark and mark["state"] == "authoritative" and source in gathered.silent)


def _claimed(mark: Mapping[str, Any] | None) -> dict[str, Any]:
    """The call that the client named while it drafted: for the desk to look up, no proof."""
    return {"claimed_call": mark["call"]} if mark and mark["state"] == "prefilled" else {}


def _left_to_us(posted: Any) -> bool:
    """Whether the applicant left the value to the source: not typed, or still masked."""
    return posted is None or posted == "" or _is_covered(posted)


def _sent_covered(posted: Any, mark: Mapping[str, Any] | None) -> bool:
    """Covered, and sent just now: what was settled earlier cannot be typed anew in a correction."""
    return _is_covered(posted) and (mark is None or mark["state"] == "prefilled")


def _is_covered(posted: Any) -> bool:
    return isinstance(posted, str) and "*" in posted


def _same(posted: Any, value: Any) -> bool:
    return posted == value or str(posted).strip().upper() == str(value).strip().upper()
