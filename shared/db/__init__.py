"""A service's database: one writer and many readers, on SQLite or PostgreSQL."""

from shared.db.columns import Document, Key, UTCDateTime
from shared.db.database import Database
from shared.db.errors import (
    DatabaseError,
    DatabaseUnavailable,
    UnknownRevision,
    UnusableText,
    WriterBusy,
)
from shared.db.migrate import Migrations

__all__ = [
    "Database",
    "DatabaseError",
    "DatabaseUnavailable",
    "Document",
    "Key",
    "Migrations",
    "UTCDateTime",
    "UnknownRevision",
    "UnusableText",
    "WriterBusy",
]
