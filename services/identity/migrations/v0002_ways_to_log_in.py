"""Ways to log in."""

import sqlalchemy as sa
from alembic import op

from shared.db.columns import Document, Key

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Bring the schema forward."""
    with op.batch_alter_table("logins", schema=None) as batch_op:
        batch_op.add_column(sa.Column("amr", Document(), nullable=True))
        batch_op.add_column(sa.Column("assurance", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("helped_by", Key(40), nullable=True))
    logins = sa.table("logins", sa.column("amr", Document()), sa.column("assurance", sa.Integer()))
    op.execute(sa.update(logins).values(amr=["pwd"], assurance=3))
    with op.batch_alter_table("logins", schema=None) as batch_op:
        batch_op.alter_column("amr", existing_type=Document(), nullable=False)
        batch_op.alter_column("assurance", existing_type=sa.Integer(), nullable=False)
        batch_op.drop_column("method")


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("logins", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("method", sa.String(16), nullable=False, server_default="pwd")
        )
        batch_op.drop_column("helped_by")
        batch_op.drop_column("assurance")
        batch_op.drop_column("amr")
    with op.batch_alter_table("logins", schema=None) as batch_op:
        batch_op.alter_column("method", existing_type=sa.String(16), server_default=None)
