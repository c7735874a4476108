"""The table of a service's access log; each service declares it on its own metadata."""

from sqlalchemy import Column, Index, MetaData, Table, Text

from shared.db import Document, Key, UTCDateTime


def access_table(metadata: MetaData) -> Table:
    """Opaque ids and the names of fields; never what stood in them."""
    table = Table(
        "access_log",
        metadata,
        Column("id", Key(40), primary_key=True),
        Column("at", UTCDateTime, nullable=False),
        Column("subject_id", Key(80), nullable=False),
        Column("fields", Document(), nullable=False),
        Column("purpose", Key(120), nullable=False),
        Column("basis", Text, nullable=False),
        Column("case_number", Key(40)),
        Column("reader", Key(80), nullable=False),
        Column("acting_for", Key(80), nullable=False),
        Column("client_id", Key(120), nullable=False),
        Column("staff_id", Key(80)),
        Column("department", Key(40)),
    )
    Index("ix_access_log_subject", table.c.subject_id, table.c.id.desc())
    return table
