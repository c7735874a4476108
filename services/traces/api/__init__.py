"""Traces over HTTP: OTLP in, for services; look-ups, for operators."""

from services.traces.api import cases, figures, traces
from services.traces.api.otlp import Otlp

routers = (traces.router, cases.router, figures.router)

__all__ = ["Otlp", "routers"]
