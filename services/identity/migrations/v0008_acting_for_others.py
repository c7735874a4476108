"""Acting for a child or a relative, agents who accept, and proofs of who people are."""

import sqlalchemy as sa
from alembic import op

from shared.db.columns import Document, Key, UTCDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Bring the schema forward."""
    with op.batch_alter_table("delegations", schema=None) as batch_op:
        batch_op.alter_column("organisation", existing_type=Key(40), nullable=True)
        batch_op.add_column(sa.Column("person", Key(40), nullable=True))
        batch_op.add_column(sa.Column("under", Key(40), nullable=True))
        batch_op.add_column(sa.Column("accepted_at", UTCDateTime(), nullable=True))
        batch_op.add_column(
            sa.Column("may_delegate", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_delegations_person"), "people", ["person"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_delegations_person"), ["person"])
        batch_op.create_index(batch_op.f("ix_delegations_under"), ["under"])
    op.execute(sa.text("UPDATE delegations SET accepted_at = granted_at"))
    with op.batch_alter_table("delegations", schema=None) as batch_op:
        batch_op.alter_column("may_delegate", existing_type=sa.Boolean(), server_default=None)
    _create_entrustments()
    _create_proofs()


def _create_entrustments() -> None:
    op.create_table(
        "entrustments",
        sa.Column("id", Key(40), nullable=False),
        sa.Column("agent", Key(40), nullable=False),
        sa.Column("person", Key(40), nullable=True),
        sa.Column("shown", sa.String(length=100), nullable=False),
        sa.Column("items", Document(), nullable=True),
        sa.Column("valid_until", UTCDateTime(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("code_hash", Key(64), nullable=False),
        sa.Column("code_until", UTCDateTime(), nullable=False),
        sa.Column("code_tries", sa.Integer(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["agent"], ["people.id"], name=op.f("fk_entrustments_agent")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_entrustments_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entrustments")),
    )
    with op.batch_alter_table("entrustments", schema=None) as batch_op:
        for column in ("agent", "person", "expires_at"):
            batch_op.create_index(batch_op.f(f"ix_entrustments_{column}"), [column])


def _create_proofs() -> None:
    op.create_table(
        "proofs",
        sa.Column("id", Key(40), nullable=False),
        sa.Column("person", Key(40), nullable=False),
        sa.Column("means", sa.String(length=16), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", Key(64), nullable=False),
        sa.Column("basis", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_proofs_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proofs")),
    )
    op.create_table(
        "confirmations",
        sa.Column("person", Key(40), nullable=False),
        sa.Column("code_hash", Key(64), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_confirmations_person")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_confirmations")),
    )
    with op.batch_alter_table("proofs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proofs_person"), ["person"])
    with op.batch_alter_table("confirmations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_confirmations_until"), ["until"])


def downgrade() -> None:
    """Take it back; an authority for a person has no place in the old table."""
    for table in ("confirmations", "proofs", "entrustments"):
        op.drop_table(table)
    op.execute(sa.text("DELETE FROM delegations WHERE organisation IS NULL"))
    with op.batch_alter_table("delegations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delegations_under"))
        batch_op.drop_index(batch_op.f("ix_delegations_person"))
        batch_op.drop_constraint(batch_op.f("fk_delegations_person"), type_="foreignkey")
        for column in ("may_delegate", "accepted_at", "under", "person"):
            batch_op.drop_column(column)
        batch_op.alter_column("organisation", existing_type=Key(40), nullable=False)
