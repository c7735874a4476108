"""The tables of cases. What people wrote is sealed; what the clock and the lists need is not."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

from shared.db import Document, Key, UTCDateTime
from shared.service import Mechanisms

metadata = MetaData()
mechanisms = Mechanisms(metadata)

cases = Table(
    "cases",
    metadata,
    Column("id", Key(36), primary_key=True),  # UUIDv7: rows lie in the order of their coming
    Column("number", Key(33), nullable=False, unique=True),
    Column("item_code", Key(64), nullable=False),
    Column("item_version", Integer, nullable=False),
    Column("region", Key(12), nullable=False),
    Column("department", Key(18), nullable=False),
    Column("channel", Key(3), nullable=False),
    Column("applicant_type", Key(6), nullable=False),
    Column("applicant", Key(64), nullable=False),
    Column("agent", Key(64), nullable=False),
    Column("promised_days", Integer, nullable=False),
    Column("statutory_days", Integer),
    Column("status", Key(12), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("drafted_at", UTCDateTime(), nullable=False),
    Column("submitted_at", UTCDateTime()),
    Column("received_at", UTCDateTime()),
    Column("received_on", Date),
    Column("accepted_at", UTCDateTime()),
    Column("accepted_by", Document(), nullable=False, server_default="[]"),
    Column("counted_from", Date),
    Column("decided_at", UTCDateTime()),
    Column("decided_on", Date),
    Column("closed_at", UTCDateTime()),
    Column("closed_on", Date),
    Column("corrections", Integer, nullable=False),
    Column("stops", Document(), nullable=False),
    Column("extension", Integer, nullable=False),
    Column("outcome", Key(8)),
    Column("due_on", Date),
    Column("due_promised", Date),
    Column("due_statutory", Date),
    Column("timer_on", Date),
    Column("changed_at", UTCDateTime(), nullable=False),
    Column("changed_by", Key(64), nullable=False),
    Column("form", LargeBinary, nullable=False),
    Column("provenance", Document(), nullable=False),
    Column("snapshot", LargeBinary),
    Column("unidentified_since", UTCDateTime()),
)
_c = cases.c
Index("cases_applicant", _c.applicant, _c.id)
# Only what a department still owes something on lies in its list, so the index stays small.
_owed = _c.due_on.is_not(None)
Index(
    "cases_work",
    _c.department,
    _c.due_on,
    _c.id,
    postgresql_where=_owed,
    sqlite_where=_owed,
)
_timed = _c.timer_on.is_not(None)
Index("cases_timer", _c.timer_on, postgresql_where=_timed, sqlite_where=_timed)
_unknown = _c.unidentified_since.is_not(None)
Index("cases_unknown_applicant", _c.id, postgresql_where=_unknown, sqlite_where=_unknown)

history = Table(
    "case_history",
    metadata,
    Column("case_id", Key(36), ForeignKey("cases.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("act", Key(24), nullable=False),
    Column("from_status", Key(12)),
    Column("to_status", Key(12), nullable=False),
    Column("version", Integer, nullable=False),
    Column("actor", Key(64), nullable=False),
    Column("actor_kind", Key(10), nullable=False),
    Column("at", UTCDateTime(), nullable=False),
    Column("facts", Document(), nullable=False),  # codes, days and flags, nothing personal
    Column("note", LargeBinary),  # the words for people, sealed
    Column("trace_id", Key(32)),
)

# Item versions as the catalogue told of them; `item` is null until the text was fetched, once.
item_versions = Table(
    "item_versions",
    metadata,
    Column("code", Key(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("effective", Date, nullable=False),
    Column("item", Document()),
)
item_states = Table(
    "item_states",
    metadata,
    Column("code", Key(64), primary_key=True),
    Column("status", Key(10), nullable=False),
)

number_leases = Table(
    "number_leases",
    metadata,
    Column("series", Key(23), primary_key=True),  # region, day and channel
    Column("next", Integer, nullable=False),
)

workday_calendar = Table(
    "workday_calendar",
    metadata,
    Column("day", Date, primary_key=True),
    Column("working", Boolean, nullable=False),
    Column("name", String(100), nullable=False),
    Column("source", String(200), nullable=False),
    Column("overridden", Boolean, nullable=False),
)
