"""Several offices of one person; roles as data; deputies; resident staff."""

import sqlalchemy as sa
from alembic import op

from shared.db.columns import Document, Key, UTCDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Bring the schema forward."""
    with op.batch_alter_table("staff") as table:
        table.add_column(sa.Column("ends_at", UTCDateTime(), nullable=True))
        table.add_column(
            sa.Column("changed_by", Key(80), nullable=False, server_default="operator")
        )
        table.drop_constraint("uq_staff_person", type_="unique")
        table.create_unique_constraint("uq_staff_person_place", ["person", "department", "region"])
        table.create_index("ix_staff_ends_at", ["ends_at"])
    with op.batch_alter_table("staff") as table:
        table.alter_column("changed_by", server_default=None)
    with op.batch_alter_table("grants") as table:
        table.add_column(sa.Column("office", Key(40), nullable=True))
    # Until now a person had one office at most: it is the one that a grant for the desk is for.
    staff = sa.table("staff", sa.column("id"), sa.column("person"))
    grants = sa.table("grants", sa.column("person"), sa.column("office"), sa.column("scopes"))
    held = sa.select(staff.c.id).where(staff.c.person == grants.c.person).scalar_subquery()
    op.execute(sa.update(grants).values(office=held))
    _roles()
    _deputations()
    _secondments()


def _roles() -> None:
    op.create_table(
        "staff_roles",
        sa.Column("id", Key(40), nullable=False),
        sa.Column("zh", sa.String(length=60), nullable=False),
        sa.Column("en", sa.String(length=60), nullable=False),
        sa.Column("scopes", Document(), nullable=False),
        sa.Column("conflicts", Document(), nullable=False),
        sa.Column("passes", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", Key(80), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_roles")),
    )


def _deputations() -> None:
    op.create_table(
        "deputations",
        sa.Column("id", Key(40), nullable=False),
        sa.Column("office", Key(40), nullable=False),
        sa.Column("deputy", Key(40), nullable=False),
        sa.Column("roles", Document(), nullable=False),
        *_dates(),
        sa.ForeignKeyConstraint(["office"], ["staff.id"], name=op.f("fk_deputations_office")),
        sa.ForeignKeyConstraint(["deputy"], ["staff.id"], name=op.f("fk_deputations_deputy")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputations")),
    )
    for column in ("office", "deputy", "ends_at"):
        op.create_index(f"ix_deputations_{column}", "deputations", [column])


def _secondments() -> None:
    op.create_table(
        "secondments",
        sa.Column("id", Key(40), nullable=False),
        sa.Column("office", Key(40), nullable=False),
        sa.Column("hall_department", Key(18), nullable=False),
        sa.Column("hall_region", Key(12), nullable=False),
        *_dates(),
        sa.ForeignKeyConstraint(["office"], ["staff.id"], name=op.f("fk_secondments_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secondments")),
    )
    for column in ("office", "ends_at"):
        op.create_index(f"ix_secondments_{column}", "secondments", [column])
    op.create_index("ix_secondments_hall", "secondments", ["hall_department", "hall_region"])


def _dates() -> list[sa.Column[object]]:
    return [
        sa.Column("begins_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.Column("granted_by", Key(80), nullable=False),
        sa.Column("granted_at", UTCDateTime(), nullable=False),
        sa.Column("ended_by", Key(80), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
    ]


def downgrade() -> None:
    """Bring the schema back; of several offices of a person the oldest stays."""
    for name in ("secondments", "deputations", "staff_roles"):
        op.drop_table(name)
    with op.batch_alter_table("grants") as table:
        table.drop_column("office")
    staff = sa.table("staff", sa.column("id"), sa.column("person"))
    first = sa.select(sa.func.min(staff.c.id)).group_by(staff.c.person).scalar_subquery()
    op.execute(sa.delete(staff).where(staff.c.id.not_in(first)))
    with op.batch_alter_table("staff") as table:
        table.drop_index("ix_staff_ends_at")
        table.drop_constraint("uq_staff_person_place", type_="unique")
        table.create_unique_constraint("uq_staff_person", ["person"])
        table.drop_column("changed_by")
        table.drop_column("ends_at")
