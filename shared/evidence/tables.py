"""The tables of a service's evidence; each service declares them on its own metadata."""

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from shared.db import Key, UTCDateTime


@dataclass(frozen=True, slots=True)
class EvidenceTables:
    """Rows and salts are written by acts, tiles and checkpoints by the sealer."""

    rows: Table
    salts: Table
    tiles: Table
    checkpoints: Table


def evidence_tables(metadata: MetaData) -> EvidenceTables:
    """Declare them."""
    return EvidenceTables(_rows(metadata), _salts(metadata), _tiles(metadata), _notes(metadata))


def witness_table(metadata: MetaData) -> Table:
    """Checkpoints of other services' logs."""
    return Table(
        "evidence_witnessed",
        metadata,
        Column("origin", Key(200), primary_key=True),
        Column("size", BigInteger, primary_key=True, autoincrement=False),
        Column("note", Text, nullable=False),
        Column("received_at", UTCDateTime, nullable=False),
    )


def _rows(metadata: MetaData) -> Table:
    """One per act; `position` is empty until the sealer gives it."""
    rows = Table(
        "evidence_rows",
        metadata,
        Column("id", Key(40), primary_key=True),
        Column("position", BigInteger, unique=True),
        Column("leaf", LargeBinary(32), nullable=False),
        Column("row", Text, nullable=False),
    )
    waiting = rows.c.position.is_(None)
    Index("ix_evidence_rows_waiting", rows.c.id, sqlite_where=waiting, postgresql_where=waiting)
    return rows


def _salts(metadata: MetaData) -> Table:
    """What opens the commitments of a row; deleted when the person's data are deleted."""
    return Table(
        "evidence_salts",
        metadata,
        Column("row_id", Key(40), primary_key=True),
        Column("name", Key(80), primary_key=True),
        Column("person", Key(80), nullable=False, index=True),
        Column("salt", LargeBinary(32), nullable=False),
    )


def _tiles(metadata: MetaData) -> Table:
    """256 hashes side by side, of height 8 x level (C2SP tlog-tiles)."""
    return Table(
        "evidence_tiles",
        metadata,
        Column("level", Integer, primary_key=True, autoincrement=False),
        Column("number", BigInteger, primary_key=True, autoincrement=False),
        Column("hashes", LargeBinary(256 * 32), nullable=False),
    )


def _notes(metadata: MetaData) -> Table:
    return Table(
        "evidence_checkpoints",
        metadata,
        Column("size", BigInteger, primary_key=True, autoincrement=False),
        Column("note", Text, nullable=False),
        Column("sealed_at", UTCDateTime, nullable=False),
    )
