"""Every sealed column of cases, for those who change its data key."""

from services.cases.store.tables import cases, history
from shared.crypto import SealedColumn, SealedTable

sealed = (
    SealedTable(cases, (SealedColumn("form", "form"), SealedColumn("snapshot", "snapshot"))),
    SealedTable(history, (SealedColumn("note", "note"),), ("case_id", "seq")),
)
