"""From OTLP's messages to our spans; what is no span is counted by what is wrong with it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from services.traces.domain import KINDS, Link, Occurrence, Span

_TRACE_ID, _SPAN_ID = 16, 8
_NO_TRACE, _NO_SPAN = bytes(_TRACE_ID), bytes(_SPAN_ID)
_SERVICE = "service.name"
_LATEST = 2**63 - 1
_DEEPEST = 4


@dataclass(slots=True)
class Export:
    """The spans of one request, and how many were rejected for which reason."""

    spans: list[Span] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)

    @property
    def why(self) -> str:
        """What was wrong with those that were rejected."""
        return "; ".join(f"{count} × {reason}" for reason, count in self.rejected.most_common())


def read(request: ExportTraceServiceRequest, earliest_ns: int) -> Export:
    """Every span of the request that can be kept; `earliest_ns`: where retention begins."""
    export = Export()
    for of_resource in request.resource_spans:
        service = _service(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            for message in of_scope.spans:
                wrong = _wrong(message, earliest_ns)
                if wrong is None:
                    export.spans.append(_span(message, service))
                else:
                    export.rejected[wrong] += 1
    return export


def _wrong(message: Message, earliest_ns: int) -> str | None:
    if len(message.trace_id) != _TRACE_ID or message.trace_id == _NO_TRACE:
        return "invalid trace_id"
    if len(message.span_id) != _SPAN_ID or message.span_id == _NO_SPAN:
        return "invalid span_id"
    if not 0 < message.start_time_unix_nano <= _LATEST:
        return "invalid start_time_unix_nano"
    if message.end_time_unix_nano > _LATEST:
        return "invalid end_time_unix_nano"
    if message.start_time_unix_nano < earliest_ns:
        return "older than traces are kept"
    return None


def _span(message: Message, service: str) -> Span:
    parent = message.parent_span_id
    start = message.start_time_unix_nano
    return Span(
        message.trace_id.hex(),
        message.span_id.hex(),
        parent.hex() if len(parent) == _SPAN_ID and parent != _NO_SPAN else None,
        service,
        message.name,
        KINDS[message.kind] if 0 <= message.kind < len(KINDS) else KINDS[0],
        start,
        max(0, message.end_time_unix_nano - start),
        message.status.code == Status.STATUS_CODE_ERROR,
        _attributes(message.attributes),
        [
            Occurrence(one.name, min(one.time_unix_nano, _LATEST), _attributes(one.attributes))
            for one in message.events
        ],
        [
            Link(link.trace_id.hex(), link.span_id.hex())
            for link in message.links
            if len(link.trace_id) == _TRACE_ID and len(link.span_id) == _SPAN_ID
        ],
        message.dropped_attributes_count,
    )


def _service(attributes: Iterable[KeyValue]) -> str:
    for one in attributes:
        if one.key == _SERVICE:
            return one.value.string_value
    return ""


def _attributes(given: Iterable[KeyValue]) -> dict[str, Any]:
    return {one.key: _value(one.value) for one in given}


def _value(value: AnyValue, depth: int = 0) -> Any:
    kind = value.WhichOneof("value")
    if kind is None or depth > _DEEPEST:
        return None
    if kind == "array_value":
        return [_value(one, depth + 1) for one in value.array_value.values]
    if kind == "kvlist_value":
        return {one.key: _value(one.value, depth + 1) for one in value.kvlist_value.values}
    return getattr(value, kind)
