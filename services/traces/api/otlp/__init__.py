"""OTLP/HTTP (opentelemetry.io/docs/specs/otlp): spans of any sender, as protobuf or JSON."""

from services.traces.api.otlp.endpoint import Otlp

__all__ = ["Otlp"]
