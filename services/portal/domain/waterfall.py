"""A trace as it is drawn: every span and every business event at its place on one axis."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MOST_ROWS = 400
COLOURS = 8
_DEEPEST = 10  # steps to the right; deeper ones stand there, too
_THINNEST = 0.4  # per cent of the axis: what took no time can still be seen
_WHOLE = 100.0
_PARTS = 4

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Axis:
    """A length of time, drawn from 0 to 100 per cent."""

    start: float
    length: float

    @property
    def ticks(self) -> list[float]:
        """The times at each quarter, from the beginning of the axis."""
        return [self.length * part / _PARTS for part in range(_PARTS + 1)]

    def place(self, at: float) -> float:
        """Where a moment stands; what is beyond the ends stands at the end."""
        if self.length <= 0:
            return 0.0
        return round(min(_WHOLE, max(0.0, (at - self.start) / self.length * _WHOLE)), 3)

    def bar(self, at: float, lasting: float) -> tuple[float, float]:
        """Beginning and width of a bar, never so thin that it is not seen."""
        begin, end = self.place(at), self.place(at + lasting)
        width = max(end - begin, _THINNEST)
        return round(min(begin, _WHOLE - width), 3), round(width, 3)


@dataclass(frozen=True, slots=True)
class Row:
    """A span with its bar."""

    span: Json
    colour: int
    indent: int
    x: float
    width: float
    above: bool = False  # whether spans stand below it, so that one can zoom in


@dataclass(frozen=True, slots=True)
class Mark:
    """A stage of a business event."""

    stage: str
    service: str
    offset_ms: float
    x: float
    error: bool
    span_id: str


@dataclass(slots=True)
class Journey:
    """A business event from its creation to those who made something of it."""

    type: str
    subject: str | None
    id: str | None
    marks: list[Mark] = field(default_factory=list)

    @property
    def ends(self) -> tuple[float, float]:
        """Where it begins and ends on the axis."""
        places = [mark.x for mark in self.marks]
        return min(places), max(places)


@dataclass(frozen=True, slots=True)
class Waterfall:
    """All that a picture of a trace needs."""

    axis: Axis
    rows: list[Row]
    journeys: list[Journey]
    colours: dict[str, int]
    hidden: int
    zoomed: Json | None


def waterfall(trace: Json, zoom: str | None = None) -> Waterfall:
    """The picture of a trace, or of what one of its spans set off."""
    tree: Sequence[Json] = trace["tree"]
    colours = {name: at % COLOURS for at, name in enumerate(sorted(trace["services"]))}
    shown = _below(tree, zoom) if zoom else []
    zoomed = shown[0] if shown else None
    spans = shown or tree
    axis = _axis(spans)
    rows = [_row(span, at, spans, axis, colours) for at, span in enumerate(spans[:MOST_ROWS])]
    ids = {span["span_id"] for span in spans}
    events = [one for one in trace["events"] if one["span_id"] in ids]
    return Waterfall(axis, rows, journeys(events, axis), colours, len(spans) - len(rows), zoomed)


def journeys(events: Iterable[Json], axis: Axis) -> list[Journey]:
    """The stages of each business event together, the events as they began."""
    found: dict[tuple[str, str | None], Journey] = {}
    for event in events:
        # An event's creation may be told before it has an id; its subject and type are the same.
        key = (event["type"], event["subject"])
        journey = found.setdefault(key, Journey(event["type"], event["subject"], event["id"]))
        journey.id = journey.id or event["id"]
        offset = event["offset_ms"]
        journey.marks.append(
            Mark(
                event["stage"],
                event["service"],
                offset,
                axis.place(offset),
                event["error"],
                event["span_id"],
            )
        )
    return list(found.values())


def _row(span: Json, at: int, spans: Sequence[Json], axis: Axis, colours: Mapping[str, int]) -> Row:
    x, width = axis.bar(span["offset_ms"], span["duration_ms"])
    following = spans[at + 1] if at + 1 < len(spans) else None
    return Row(
        span,
        colours.get(span["service"], 0),
        min(_DEEPEST, span["depth"] - spans[0]["depth"]),
        x,
        width,
        following is not None and following["depth"] > span["depth"],
    )


def _below(tree: Sequence[Json], span_id: str) -> Sequence[Json]:
    """A span and all that it set off; nothing when it is not there."""
    begin = next((at for at, span in enumerate(tree) if span["span_id"] == span_id), None)
    if begin is None:
        return []
    end = begin + 1
    while end < len(tree) and tree[end]["depth"] > tree[begin]["depth"]:
        end += 1
    return tree[begin:end]


def _axis(spans: Sequence[Json]) -> Axis:
    start = min((span["offset_ms"] for span in spans), default=0.0)
    end = max((span["offset_ms"] + span["duration_ms"] for span in spans), default=0.0)
    return Axis(start, end - start)
