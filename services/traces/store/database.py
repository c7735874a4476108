"""The connection that spans are written by: quicker than the others, and less sure.

What is lost when the power fails is the last moment of traces, which tell how something went and
are no record of it: history, evidence and outbox are elsewhere, in transactions that wait for the
disk. Spans do not, so that a thousand of them cost the disk nothing. No transaction is ever torn:
after a crash the database is what it was a moment before. The audit of look-ups is written by the
service's ordinary connection.
"""

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection

from shared.db import Database


def database_for_spans(url: str) -> Database:
    """The same database, written without waiting for the disk at each commit."""
    db = Database(url, readers=1, writers=1)
    engine = db.engine.sync_engine
    if db.dialect == "sqlite":

        @event.listens_for(engine, "connect")
        def relax(connection: Any, _record: object) -> None:
            cursor = connection.cursor()
            cursor.execute("PRAGMA synchronous=NORMAL")
            cursor.close()

    else:

        @event.listens_for(engine, "begin")
        def relax_transaction(connection: Connection) -> None:
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")

    return db
