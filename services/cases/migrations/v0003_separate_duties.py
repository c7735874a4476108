"""Who accepted a case."""

import sqlalchemy as sa
from alembic import op

from shared.db.columns import Document

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Bring the schema forward; of cases accepted before nobody is kept from deciding."""
    op.add_column(
        "cases", sa.Column("accepted_by", Document(), nullable=False, server_default="[]")
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_column("cases", "accepted_by")
