"""The border of a service for spans: what is not on the list stays."""

from collections.abc import Mapping

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, Status
from opentelemetry.util.types import Attributes, AttributeValue

from shared.telemetry.context import ALLOWED
from shared.telemetry.scrub import mask

_KEPT = frozenset({
    "cloudevents.event_subject", "cloudevents.event_type", "db.collection.name",
    "db.operation.batch.size", "db.operation.name", "db.system.name", "error.type",
    "exception.type", "http.request.method", "http.response.status_code", "http.route",
    "messaging.batch.message_count", "messaging.destination.name", "messaging.message.id",
    "sampled_late", "server.address", "server.port",
} | {f"tongban.{name}" for name in ALLOWED})  # fmt: skip


def safe(span: ReadableSpan, carried: Mapping[str, str]) -> ReadableSpan:
    """Only attributes on the list and what is carried; messages of errors repeat values, and stay.

    A service's exporter gets nothing else to see.
    """
    attributes = {f"tongban.{name}": mask(value) for name, value in carried.items()}
    return ReadableSpan(
        mask(span.name),
        span.context,
        span.parent,
        span.resource,
        attributes | _listed(span.attributes),
        [Event(event.name, _listed(event.attributes), event.timestamp) for event in span.events],
        [Link(link.context, _listed(link.attributes)) for link in span.links],
        span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _listed(attributes: Attributes) -> dict[str, AttributeValue]:
    return {
        name: mask(value) if isinstance(value, str) else value
        for name, value in (attributes or {}).items()
        if name in _KEPT
    }
