"""The signals that docs/telemetry.md states, and those that a running platform was seen to give."""

import re
from collections.abc import Iterable
from pathlib import Path

from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

from tests.support.collector import Seen

PAGE = Path(__file__).parents[2] / "docs/telemetry.md"
SERVICES = ("identity", "catalogue", "cases", "exchange", "portal", "traces")
_GROUPS = {"each process": ("gateway", *SERVICES), "each service": SERVICES}
_ROW = re.compile(r"^\| `([^`]+)` \| ([a-z]+) \| ([a-z, ]+) \| ([^|]*)\|", re.MULTILINE)
_TYPE = re.compile(r"^# TYPE (\w+) (\w+)$", re.MULTILINE)

Signal = tuple[str, str, str]  # service, name, kind


def stated(section: str, page: str | None = None) -> set[Signal]:
    """The signals of one section's table, by service; those that the story cannot show too."""
    return {signal for signal, _ in _rows(section, page)}


def shown(section: str) -> set[Signal]:
    """Those that a story in which nothing goes wrong shows."""
    return {signal for signal, when in _rows(section, None) if "seldom" not in when}


def metrics_of(service: str, exposition: str) -> set[Signal]:
    """What a service's /metrics tells of."""
    found = _TYPE.findall(exposition)
    return {(service, name, kind) for name, kind in found if not name.endswith("_created")}


def spans_of(spans: Iterable[Seen]) -> set[Signal]:
    """The shapes of spans: what differs from request to request is named by what it is."""
    return {(span.service, _shape(span), _kind(span)) for span in spans}


def _rows(section: str, page: str | None) -> list[tuple[Signal, str]]:
    text = page or PAGE.read_text("utf-8")
    part = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return [
        ((service, name, kind), when)
        for name, kind, who, when in _ROW.findall(part)
        for one in who.split(",")
        for service in _GROUPS.get(one.strip(), (one.strip(),))
    ]


def _kind(span: Seen) -> str:
    return str(WireSpan.SpanKind.Name(span.wire.kind)).removeprefix("SPAN_KIND_").lower()


def _shape(span: Seen) -> str:
    first, _, _ = span.name.rpartition(" ")
    if _kind(span) == "server":
        return "METHOD route"
    if "db.system.name" in span.attributes:
        return "VERB table"
    if first in ("create", "publish", "process", "fetch for", "deliver"):
        return f"{first} TYPE"
    if first == "settle":
        return "settle GROUP"
    return "METHOD host" if "server.address" in span.attributes else span.name
