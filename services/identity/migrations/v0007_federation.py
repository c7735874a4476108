"""Federation: upstream providers, links with accounts there, and visits under way."""

import sqlalchemy as sa
from alembic import op

from shared.db.columns import Document, Key, UTCDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "upstreams",
        sa.Column("code", Key(32), nullable=False),
        sa.Column("definition", Document(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", Key(64), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_upstreams")),
    )
    _links()
    op.create_table(
        "upstream_visits",
        sa.Column("id", Key(64), nullable=False),
        sa.Column("browser", Key(64), nullable=False),
        sa.Column("upstream", Key(32), nullable=False),
        sa.Column("interaction", Key(64), nullable=True),
        sa.Column("person", Key(40), nullable=True),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("told", sa.LargeBinary(), nullable=True),
        sa.Column("back", sa.String(4000), nullable=True),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upstream_visits")),
    )
    op.create_index(op.f("ix_upstream_visits_expires_at"), "upstream_visits", ["expires_at"])
    op.create_table(
        "upstream_logins",
        sa.Column("login", Key(40), nullable=False),
        sa.Column("upstream", Key(32), nullable=False),
        sa.Column("subject_index", Key(48), nullable=False),
        sa.Column("sid_hash", Key(64), nullable=True),
        sa.Column("id_token", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_upstream_logins")),
    )
    for column in ("sid_hash", "subject_index"):
        op.create_index(op.f(f"ix_upstream_logins_{column}"), "upstream_logins", [column])


def _links() -> None:
    op.create_table(
        "upstream_links",
        sa.Column("id", Key(40), nullable=False),
        sa.Column("upstream", Key(32), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("subject_index", Key(48), nullable=False),
        sa.Column("person", Key(40), nullable=False),
        sa.Column("linked_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_upstream_links_person")),
        sa.ForeignKeyConstraint(
            ["upstream"], ["upstreams.code"], name=op.f("fk_upstream_links_upstream")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upstream_links")),
        sa.UniqueConstraint("upstream", "person", name="uq_upstream_links_upstream_person"),
        sa.UniqueConstraint("upstream", "subject_index", name=op.f("uq_upstream_links_upstream")),
    )
    op.create_index(op.f("ix_upstream_links_person"), "upstream_links", ["person"])


def downgrade() -> None:
    """Take it back."""
    for table in ("upstream_logins", "upstream_visits", "upstream_links", "upstreams"):
        op.drop_table(table)
