"""The way of spans out of a service: a bounded queue, only what is listed, by OTLP."""

from shared.telemetry.export.otlp import OtlpExporter, parse_headers
from shared.telemetry.export.queue import SpanQueue

__all__ = ["OtlpExporter", "SpanQueue", "parse_headers"]
