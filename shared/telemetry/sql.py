"""Spans of SQL statements from the engine's own events: the verb and the table, never a value."""

import re
from functools import lru_cache
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue
from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection, ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine

_VERB = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*([A-Za-z]+)", re.DOTALL)
_CHANGED = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+\"?([A-Za-z_][\w.]*)", re.IGNORECASE
)
_READ = re.compile(r"\b(?:FROM|TABLE|INDEX)\s+\"?([A-Za-z_][\w.]*)", re.IGNORECASE)
_LOOKED_AT = 4000


def instrument_engine(engine: Engine | AsyncEngine, tracer: Tracer) -> None:
    """Trace each statement that belongs to a recorded trace; others cost a look at the context."""
    listened = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
    statements = _Statements(tracer, engine.dialect.name)
    event.listen(listened, "before_cursor_execute", statements.begun)
    event.listen(listened, "after_cursor_execute", statements.done)
    event.listen(listened, "handle_error", statements.failed)


class _Statements:
    """The three moments of a statement that the engine tells of."""

    def __init__(self, tracer: Tracer, system: str) -> None:
        self._tracer = tracer
        self._system = system

    def begun(self, _c: Connection, _cursor: Any, *statement: Any) -> None:
        text, parameters, context, many = statement
        if not trace.get_current_span().is_recording():
            return
        verb, table = verb_and_table(text)
        attributes: dict[str, AttributeValue] = {
            "db.system.name": self._system,
            "db.operation.name": verb,
            "db.collection.name": table,
        }
        if many:
            attributes["db.operation.batch.size"] = len(parameters)
        name = f"{verb} {table}".rstrip()
        context._telemetry_span = self._tracer.start_span(name, None, SpanKind.CLIENT, attributes)

    def done(self, _c: Connection, _cursor: Any, *statement: Any) -> None:
        span = _taken(statement[2])
        if span is not None:
            span.end()

    def failed(self, failure: ExceptionContext) -> None:
        span = _taken(failure.execution_context)
        if span is not None:
            span.set_attribute("error.type", type(failure.original_exception).__name__)
            span.set_status(StatusCode.ERROR)
            span.end()


def _taken(context: Any) -> Span | None:
    span: Span | None = getattr(context, "_telemetry_span", None)
    if span is not None:
        context._telemetry_span = None
    return span


@lru_cache(maxsize=2048)
def verb_and_table(statement: str) -> tuple[str, str]:
    """What a statement does, to which table; of a WITH the change counts, not the reading."""
    start = statement[:_LOOKED_AT]
    found = _VERB.match(start)
    verb = found[1].upper() if found else "OTHER"
    changed = _CHANGED.search(start)
    if verb == "WITH":
        verb = changed[0].split()[0].upper() if changed else "SELECT"
    table = (changed if verb in ("INSERT", "UPDATE", "DELETE") else None) or _READ.search(start)
    return verb, table[1].lower() if table else ""
