"""Clients that are known by a certificate."""

import sqlalchemy as sa
from alembic import op

from shared.db.columns import Document

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Bring the schema forward."""
    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tls_client_auth", Document(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "certificate_bound_access_tokens",
                sa.Boolean(),
                server_default=sa.false(),
                nullable=False,
            )
        )


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.drop_column("certificate_bound_access_tokens")
        batch_op.drop_column("tls_client_auth")
