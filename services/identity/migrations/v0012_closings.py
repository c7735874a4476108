"""Accounts that are to be closed."""

import sqlalchemy as sa
from alembic import op

from shared.db.columns import Key, UTCDateTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "closings",
        sa.Column("person", Key(40), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_closings_person")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_closings")),
    )
    with op.batch_alter_table("closings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_closings_due_at"), ["due_at"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("closings")
