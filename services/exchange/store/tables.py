"""The tables of exchange. Values of answers lie sealed, for a short time, in `answers` only."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from shared.db import Document, Key, UTCDateTime
from shared.service import Mechanisms

metadata = MetaData()
mechanisms = Mechanisms(metadata)

resources = Table(
    "resources",
    metadata,
    Column("code", Key(64), primary_key=True),
    Column("owner", Key(18), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("definition", Document(), nullable=False),
    Column("digest", Key(64), nullable=False),
    Column("loaded", Key(64)),  # digest of the definition that a file last gave
    Column("changed_at", UTCDateTime(), nullable=False),
    Column("changed_by", Key(80), nullable=False),
)

# A call names the version it was made under; what that version said must stay readable.
resource_versions = Table(
    "resource_versions",
    metadata,
    Column("code", Key(64), ForeignKey("resources.code"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("definition", Document(), nullable=False),
    Column("published_at", UTCDateTime(), nullable=False),
    Column("published_by", Key(80), nullable=False),
)

permits = Table(
    "permits",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("resource", Key(64), ForeignKey("resources.code"), nullable=False),
    Column("owner", Key(18), nullable=False, index=True),
    Column("client", Key(120), index=True),
    Column("department", Key(18), index=True),
    Column("items", Document(), nullable=False),
    Column("purposes", Document(), nullable=False),
    Column("fields", Document(), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("granted_at", UTCDateTime(), nullable=False),
    Column("granted_by", Key(80), nullable=False),
    Column("revoked", Boolean, nullable=False),
    Column("revoked_at", UTCDateTime()),
    Column("revoked_by", Key(80)),
    Column("ground", Text),
    Column("version", Integer, nullable=False),
    Column("digest", Key(64), nullable=False, index=True),
)
Index("permits_asked", permits.c.resource, permits.c.id)

calls = Table(
    "calls",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("at", UTCDateTime(), nullable=False),
    Column("resource", Key(64), nullable=False),
    Column("resource_version", Integer, nullable=False),
    Column("owner", Key(18), nullable=False),
    Column("client", Key(120), nullable=False),
    Column("department", Key(18)),
    Column("caller", Key(80), nullable=False),
    Column("party_type", Key(12), nullable=False),
    Column("party", Key(80), nullable=False),
    Column("item", Key(64)),
    Column("case_number", Key(40)),
    Column("purpose", Key(40), nullable=False),
    Column("permit", Key(40)),
    Column("basis", Text, nullable=False),
    Column("fields", Document(), nullable=False),
    Column("outcome", Key(24), nullable=False),
    Column("reason", Key(40)),
    Column("latency_ms", Integer, nullable=False),
    Column("as_of", UTCDateTime()),
    Column("evidence", Key(40), nullable=False),
)
Index("calls_of_party", calls.c.party, calls.c.id.desc())

answers = Table(
    "answers",
    metadata,
    Column("call", Key(40), ForeignKey("calls.id"), primary_key=True),
    Column("party", Key(80), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("kept_until", UTCDateTime(), nullable=False, index=True),
)

# What events told of cases: the occasion without which no department asks about a person.
known_cases = Table(
    "known_cases",
    metadata,
    Column("number", Key(40), primary_key=True),
    Column("department", Key(18), nullable=False),
    Column("item", Key(64), nullable=False),
    Column("party_type", Key(12)),
    Column("party", Key(80)),
    Column("status", Key(16), nullable=False),
)

feed = Table(
    "feed",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("audience", Key(18), nullable=False),
    Column("type", Key(200), nullable=False),
    Column("event", LargeBinary, nullable=False),
)
Index("feed_audience", feed.c.audience, feed.c.position)

# One row, put there by the migration. A writer holds its lock until the commit, so that positions
# become visible in their order.
feed_head = Table(
    "feed_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
)
