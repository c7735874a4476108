"""The tables that every service has beside its own."""

from sqlalchemy import MetaData

from shared.access import access_table
from shared.events import inbox_tables, outbox_table
from shared.evidence import evidence_tables
from shared.web import idempotency_table


class Mechanisms:
    """The tables of the shared mechanisms, declared on a service's own metadata."""

    def __init__(self, metadata: MetaData) -> None:
        self.metadata = metadata
        self.outbox = outbox_table(metadata)
        self.inbox = inbox_tables(metadata)
        self.idempotency = idempotency_table(metadata)
        self.evidence = evidence_tables(metadata)
        self.access = access_table(metadata)
