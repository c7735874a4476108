"""Every sealed column of exchange, for those who change its data key."""

from services.exchange.store.tables import answers
from shared.crypto import SealedColumn, SealedTable

sealed = (SealedTable(answers, (SealedColumn("sealed", "sealed"),), ("call",)),)
