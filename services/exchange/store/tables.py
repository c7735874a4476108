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
    Column("at", UTCDateTime()),  # null: before this column was there
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

# What identity told of clients: a subscription ends to be served with its client's right to follow.
known_clients = Table(
    "known_clients",
    metadata,
    Column("client", Key(120), primary_key=True),
    Column("department", Key(18)),
    Column("follows", Boolean, nullable=False),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Key(40), primary_key=True),
    Column("client", Key(120), nullable=False, index=True),
    Column("department", Key(18), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("types", Document(), nullable=False),
    Column("items", Document(), nullable=False),
    Column("regions", Document(), nullable=False),
    Column("description", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("secret_version", Integer, nullable=False),
    Column("previous_secret", LargeBinary),
    Column("previous_until", UTCDateTime()),
    Column("created_at", UTCDateTime(), nullable=False),
    Column("changed_at", UTCDateTime(), nullable=False),
    Column("changed_by", Key(120), nullable=False),
    Column("version", Integer, nullable=False),
    Column("told", Integer, nullable=False),  # the sequence of its last event
    Column("paused", Key(12)),
    Column("paused_at", UTCDateTime()),
    # Nothing is queued while it is paused: resumed, it is filled from here.
    Column("paused_position", BigInteger),
    # Events between these two positions of the feed are being put into its queue.
    Column("filled", BigInteger),
    Column("fill_until", BigInteger),
)

# What deliveries change, apart from what its owner changes: that has a version.
subscription_health = Table(
    "subscription_health",
    metadata,
    Column("subscription", Key(40), ForeignKey("subscriptions.id"), primary_key=True),
    Column("failures", Integer, nullable=False),  # in a row
    Column("unanswered", Integer, nullable=False),  # in a row
    Column("held_until", UTCDateTime()),
    Column("last_success", UTCDateTime()),
    Column("last_failure", UTCDateTime()),
    Column("last_reason", Key(80)),
)

# Events wait in the order of their positions; of each subject the first is tried.
deliveries = Table(
    "deliveries",
    metadata,
    Column("subscription", Key(40), ForeignKey("subscriptions.id"), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", Key(200), nullable=False),
    Column("event_id", Key(64), nullable=False),
    Column("type", Key(200), nullable=False),
    Column("queued_at", UTCDateTime(), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", Key(80)),
    Column("dead_at", UTCDateTime()),
)
_dead = deliveries.c.dead_at.is_not(None)
Index("deliveries_subject", deliveries.c.subscription, deliveries.c.subject, deliveries.c.position)
Index(
    "deliveries_dead",
    deliveries.c.subscription,
    deliveries.c.position,
    postgresql_where=_dead,
    sqlite_where=_dead,
)

# One row for each subject that has something waiting: whoever holds its lease delivers it, alone.
lanes = Table(
    "lanes",
    metadata,
    Column("subscription", Key(40), ForeignKey("subscriptions.id"), primary_key=True),
    Column("subject", Key(200), primary_key=True),
    Column("due_at", UTCDateTime()),  # null: behind a dead letter
    Column("lease", Integer, nullable=False),  # counts up with each claim, and fences the mark
    Column("leased_until", UTCDateTime()),
)
Index("lanes_due", lanes.c.subscription, lanes.c.due_at)
