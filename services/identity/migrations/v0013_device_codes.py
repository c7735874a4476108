"""Devices that wait for a person to confirm them."""

import sqlalchemy as sa
from alembic import op

from shared.db.columns import Document, Key, UTCDateTime

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "device_codes",
        sa.Column("id", Key(64), nullable=False),
        sa.Column("user_code", Key(64), nullable=False),
        sa.Column("client", Key(64), nullable=False),
        sa.Column("scopes", Document(), nullable=False),
        sa.Column("audience", Document(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("grant", Key(40), nullable=True),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("polled_at", UTCDateTime(), nullable=True),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_codes")),
        sa.UniqueConstraint("user_code", name=op.f("uq_device_codes_user_code")),
    )
    with op.batch_alter_table("device_codes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_device_codes_expires_at"), ["expires_at"], unique=False
        )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("device_codes")
