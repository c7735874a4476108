"""Authorization: pushed requests, claims, consents, and subjects of third parties."""

import sqlalchemy as sa
from alembic import op

from shared.db.columns import Document, Key, UTCDateTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "consents",
        sa.Column("id", Key(40), nullable=False),
        sa.Column("person", Key(40), nullable=False),
        sa.Column("client", Key(64), nullable=False),
        sa.Column("scopes", Document(), nullable=False),
        sa.Column("claims", Document(), nullable=False),
        sa.Column("given_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sa.UniqueConstraint("person", "client", name=op.f("uq_consents_person")),
    )
    op.create_index(op.f("ix_consents_client"), "consents", ["client"])
    op.create_table(
        "pushed_requests",
        sa.Column("hash", Key(64), nullable=False),
        sa.Column("client", Key(64), nullable=False),
        sa.Column("parameters", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_pushed_requests")),
    )
    op.create_index(op.f("ix_pushed_requests_expires_at"), "pushed_requests", ["expires_at"])
    op.create_table(
        "pairwise_subjects",
        sa.Column("subject", Key(80), nullable=False),
        sa.Column("person", Key(40), nullable=False),
        sa.Column("sector", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_pairwise_subjects")),
        sa.UniqueConstraint("person", "sector", name=op.f("uq_pairwise_subjects_person")),
    )
    with op.batch_alter_table("interactions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("consented", Key(40), nullable=True))
        batch_op.add_column(sa.Column("login_hint", sa.LargeBinary(), nullable=True))
    _widen_clients()
    _widen_grants()


def _widen_clients() -> None:
    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.add_column(sa.Column("third_party", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("sector", sa.String(255), nullable=True))
        batch_op.add_column(sa.Column("require_par", sa.Boolean(), nullable=True))
    # Who is known to a client already stays known to it by the same id.
    clients = sa.table("clients", sa.column("third_party"), sa.column("require_par"))
    op.execute(sa.update(clients).values(third_party=sa.false(), require_par=sa.false()))
    with op.batch_alter_table("clients", schema=None) as batch_op:
        for name in ("third_party", "require_par"):
            batch_op.alter_column(name, existing_type=sa.Boolean(), nullable=False)


def _widen_grants() -> None:
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.add_column(sa.Column("subject", Key(80), nullable=True))
        batch_op.add_column(sa.Column("claims", Document(), nullable=True))
    grants = sa.table("grants", sa.column("subject"), sa.column("person"))
    op.execute(sa.update(grants).values(subject=grants.c.person))
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.alter_column("subject", existing_type=Key(80), nullable=False)


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.drop_column("claims")
        batch_op.drop_column("subject")
    with op.batch_alter_table("clients", schema=None) as batch_op:
        for name in ("require_par", "sector", "third_party"):
            batch_op.drop_column(name)
    with op.batch_alter_table("interactions", schema=None) as batch_op:
        batch_op.drop_column("login_hint")
        batch_op.drop_column("consented")
    op.drop_table("pairwise_subjects")
    op.drop_table("pushed_requests")
    op.drop_table("consents")
