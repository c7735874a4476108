"""Spans of one service: its own provider, sampling decided first, and nothing personal exported."""

from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, TraceFlags, TraceState
from opentelemetry.util.types import Attributes, AttributeValue

_LOW_64_BITS = (1 << 64) - 1
_VERSION, _IDS = "00", (32, 16)
_RECORD, _DROPPED = Decision.RECORD_AND_SAMPLE, SamplingResult(Decision.DROP)

_ids = RandomIdGenerator()


class Deciding(Sampler):
    """Who asked has decided; a trace that points to a recorded one is recorded; else a share is."""

    def __init__(self, bound: int, *, exporting: bool) -> None:
        self._bound = bound
        self._exporting = exporting

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,  # noqa: ARG002
        kind: SpanKind | None = None,  # noqa: ARG002
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,  # noqa: ARG002
    ) -> SamplingResult:
        """Called by the tracer for each span."""
        parent = trace.get_current_span(parent_context).get_span_context()
        if parent.is_valid:
            recorded = parent.trace_flags.sampled
        elif links and any(link.context.trace_flags.sampled for link in links):
            recorded = self._exporting
        else:
            recorded = trace_id & _LOW_64_BITS < self._bound
        return SamplingResult(_RECORD, attributes) if recorded else _DROPPED

    def get_description(self) -> str:
        """For OpenTelemetry's own messages."""
        return "tongban"


class _OneResource(Resource):
    """A service's own: the encoder asks for its hash at every span, which is dear to compute."""

    @classmethod
    def of(cls, attributes: dict[str, AttributeValue]) -> "_OneResource":
        made = Resource.create(attributes)
        return cls(made.attributes, made.schema_url)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


class Tracing:
    """The provider of one service, and the writer of spans that are known only afterwards."""

    def __init__(self, service: str, sample: float, processor: SpanProcessor | None) -> None:
        # Where nobody listens nothing is recorded, but the decision of others is passed on.
        share = sample if processor else 0
        self._bound = round(share * (_LOW_64_BITS + 1))
        resource = _OneResource.of({"service.name": service, "service.namespace": "tongban"})
        deciding = Deciding(self._bound, exporting=processor is not None)
        self.provider = TracerProvider(deciding, resource, shutdown_on_exit=False)
        # Requests are decided on before their span is made, so this one only records.
        servers = TracerProvider(ALWAYS_ON, resource, shutdown_on_exit=False)
        self.server_tracer = servers.get_tracer("tongban.http")
        self._processor = processor
        if self._processor is not None:
            self.provider.add_span_processor(self._processor)
            servers.add_span_processor(self._processor)

    def begin(self, parent: SpanContext | None) -> SpanContext:
        """A new span's ids; the parent's decision holds, and a new trace is decided here."""
        if parent is not None:
            trace_id, flags = parent.trace_id, parent.trace_flags
        else:
            trace_id = _ids.generate_trace_id()
            flags = TraceFlags(int(trace_id & _LOW_64_BITS < self._bound))
        return SpanContext(trace_id, _ids.generate_span_id(), is_remote=False, trace_flags=flags)

    def write_late(
        self,
        name: str,
        *,
        context: SpanContext,
        parent: SpanContext | None,
        links: Sequence[Link],
        times: tuple[int, int],
        status: Status,
        attributes: dict[str, AttributeValue],
    ) -> None:
        """Export a server span that was not sampled, under the ids that it had all the time."""
        if self._processor is None:
            return
        flags = TraceFlags(context.trace_flags | TraceFlags.SAMPLED)
        self._processor.on_end(
            ReadableSpan(
                name,
                SpanContext(context.trace_id, context.span_id, is_remote=False, trace_flags=flags),
                parent,
                self.provider.resource,
                attributes | {"sampled_late": True},
                links=links,
                kind=SpanKind.SERVER,
                status=status,
                start_time=times[0],
                end_time=times[1],
            )
        )


def parse_traceparent(header: str | None) -> SpanContext | None:
    """The remote parent that a W3C traceparent names; None when it is missing or malformed."""
    parts = header.strip().split("-") if header and len(header) < 512 else []  # noqa: PLR2004
    if len(parts) < 4 or (parts[0] == _VERSION and len(parts) > 4):  # noqa: PLR2004
        return None
    version, trace_id, span_id, flags = parts[:4]
    if (len(version), len(trace_id), len(span_id), len(flags)) != (2, *_IDS, 2) or version == "ff":
        return None
    if not set("".join(parts[:4])) <= set("0123456789abcdef"):
        return None
    context = SpanContext(
        int(trace_id, 16),
        int(span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(int(flags, 16) & TraceFlags.SAMPLED),
    )
    return context if context.is_valid else None
