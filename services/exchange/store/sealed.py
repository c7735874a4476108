"""Every sealed column of exchange, for those who change its data key."""

from services.exchange.store.tables import answers, subscriptions
from shared.crypto import SealedColumn, SealedTable

sealed = (
    SealedTable(answers, (SealedColumn("sealed", "sealed"),), ("call",)),
    SealedTable(
        subscriptions,
        (
            SealedColumn("secret", "secret"),
            SealedColumn("previous_secret", "previous_secret"),
        ),
    ),
)
