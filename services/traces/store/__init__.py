"""The SQL of traces."""

from services.traces.store.database import database_for_spans
from services.traces.store.pruning import Pruning
from services.traces.store.reading import TraceReader, Wanted
from services.traces.store.rows import Kept, Stored
from services.traces.store.tables import mechanisms
from services.traces.store.writing import SpanWriter

__all__ = [
    "Kept",
    "Pruning",
    "SpanWriter",
    "Stored",
    "TraceReader",
    "Wanted",
    "database_for_spans",
    "mechanisms",
]
