"""The alembic environment: connection and tables are handed over by shared.db.migrate."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from shared.db.columns import UTCDateTime


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our column types by their short names."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        return "UTCDateTime()"
    varies = bool(getattr(item, "_variant_mapping", None))
    if varies and isinstance(item, sa.JSON):
        return "Document()"
    return f"Key({item.length})" if varies and isinstance(item, sa.String) else False


config = context.config
context.configure(
    connection=config.attributes["connection"],
    target_metadata=config.attributes["metadata"],
    render_as_batch=True,
    render_item=render_item,
    compare_type=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
