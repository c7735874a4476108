"""Traces, metrics and logs of each service: its own, handed over, with business facts only."""

from shared.telemetry.baggage import baggage
from shared.telemetry.context import facts, request_id, working_for
from shared.telemetry.core import (
    CODE_LENGTH,
    FASTAPI_TELEMETRY,
    Telemetry,
    trace_id,
    traceparent,
    trouble_code,
)
from shared.telemetry.metrics import metrics_response
from shared.telemetry.settings import TelemetrySettings
from shared.telemetry.sql import instrument_engine
from shared.telemetry.tracing import parse_traceparent

__all__ = [
    "CODE_LENGTH",
    "FASTAPI_TELEMETRY",
    "Telemetry",
    "TelemetrySettings",
    "baggage",
    "facts",
    "instrument_engine",
    "metrics_response",
    "parse_traceparent",
    "request_id",
    "trace_id",
    "traceparent",
    "trouble_code",
    "working_for",
]
