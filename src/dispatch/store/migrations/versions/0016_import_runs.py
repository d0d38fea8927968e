"""Imports that any worker may carry out, and what came of each"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)
json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_KINDS = ("TICKETS", "TECHNICIANS", "UNITS", "MATERIALS")
_STATES = ("QUEUED", "RUNNING", "DONE", "FAILED")


def upgrade() -> None:
    op.create_table(
        "import_run",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("kind", _words(_KINDS, name="kind"), nullable=False),
        sa.Column("state", _words(_STATES, name="state"), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("mapping", json, nullable=True),
        sa.Column("is_dry_run", sa.Boolean(), nullable=False),
        sa.Column("is_background", sa.Boolean(), nullable=False),
        sa.Column("takes", sa.Integer(), nullable=False),
        sa.Column("requested_by_id", big_id, nullable=True),
        sa.Column("requested_by_name", sa.String(200), nullable=False),
        sa.Column("requested_at", moment, nullable=False),
        sa.Column("started_at", moment, nullable=True),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("outcome", json, nullable=True),
        sa.Column("refusal", json, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_import_run_site_id")),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["user_account.id"], name=op.f("fk_import_run_requested_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index("ix_import_run_site_id_requested_at", "import_run", ["site_id", "requested_at"])


def downgrade() -> None:
    op.drop_table("import_run")


def _words(members: tuple[str, ...], *, name: str) -> sa.Enum:
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=32)
