"""Files of figures that somebody may fetch for a while"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)
json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "figure_export",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=True),
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column(
            "family",
            _words(("SERVICE_LEVELS", "WORKLOAD", "DEMAND", "BACKLOG"), name="family"),
            nullable=False,
        ),
        sa.Column("format", _words(("CSV", "XLSX"), name="format"), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("asked", json, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_figure_export_site_id_site")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_figure_export_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_export")),
        sa.UniqueConstraint("digest", name=op.f("uq_figure_export_digest")),
    )
    op.create_index(op.f("ix_figure_export_user_id"), "figure_export", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_table("figure_export")


def _words(values: tuple[str, ...], *, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
