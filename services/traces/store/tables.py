"""The tables of traces: spans, each trace in short, and by what it is found."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, Text, text

from shared.db import Document, Key
from shared.service import Mechanisms

metadata = MetaData()
mechanisms = Mechanisms(metadata)

spans = Table(
    "spans",
    metadata,
    Column("trace_id", Key(32), primary_key=True),
    Column("span_id", Key(16), primary_key=True),
    Column("parent_id", Key(16)),
    Column("service", Key(200), nullable=False),
    Column("name", Key(300), nullable=False),
    Column("kind", Key(12), nullable=False),
    Column("start_ns", BigInteger, nullable=False),
    Column("duration_ns", BigInteger, nullable=False),
    Column("failed", Boolean, nullable=False),
    Column("late", Boolean, nullable=False),
    # What it answers, for the figures of routes; null for work inside.
    Column("route", Key(300)),
    Column("is_event", Boolean, nullable=False),
    # Attributes, moments and links as JSON that is only ever read whole.
    Column("detail", Text, nullable=False),
    Index(
        "spans_entries",
        "start_ns",
        sqlite_where=text("route IS NOT NULL"),
        postgresql_where=text("route IS NOT NULL"),
    ),
)

traces = Table(
    "traces",
    metadata,
    Column("trace_id", Key(32), primary_key=True),
    # When it began as far as was known when its first spans came. It never changes, so that
    # lists have a stable order and cursor while spans arrive late.
    Column("at_ns", BigInteger, nullable=False),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger, nullable=False),
    Column("root_stands_in", Boolean, nullable=False),
    Column("root_start_ns", BigInteger, nullable=False),
    Column("root_span_id", Key(16), nullable=False),
    Column("root_service", Key(200), nullable=False),
    Column("root_name", Key(300), nullable=False),
    Column("root_duration_ns", BigInteger, nullable=False),
    Column("spans", Integer, nullable=False),
    Column("errors", Integer, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("over", Integer, nullable=False),  # spans beyond the limit of one trace
    Column("bytes", BigInteger, nullable=False),
    Column("facets", Document(), nullable=False),
    Column("asked", Document()),  # what the request was, in the service's words
    Index("traces_newest", "at_ns", "trace_id"),
    Index(
        "traces_failed",
        "at_ns",
        "trace_id",
        sqlite_where=text("errors > 0"),
        postgresql_where=text("errors > 0"),
    ),
)

# By case, item, department, service and route: a search is one range of this key.
trace_facets = Table(
    "trace_facets",
    metadata,
    Column("kind", Key(12), primary_key=True),
    Column("value", Key(200), primary_key=True),
    Column("at_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("trace_id", Key(32), primary_key=True),
    sqlite_with_rowid=False,
)
