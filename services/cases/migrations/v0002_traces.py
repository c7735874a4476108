"""Traces of acts."""

import sqlalchemy as sa
from alembic import op

from shared.db.columns import Key

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("case_history", sa.Column("trace_id", Key(32), nullable=True))


def downgrade() -> None:
    """Undo it."""
    op.drop_column("case_history", "trace_id")
