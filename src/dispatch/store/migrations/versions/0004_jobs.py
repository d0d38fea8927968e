"""Periodic work, and plan runs that any worker may carry out"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "periodic_work",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("next_at", moment, nullable=False),
        sa.Column("began_at", moment, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_periodic_work")),
        sa.UniqueConstraint("name", name=op.f("uq_periodic_work_name")),
    )
    op.add_column(
        "plan_run",
        sa.Column("kind", sa.String(32), nullable=False, server_default="PROPOSE"),
    )
    op.add_column(
        "plan_run",
        sa.Column("is_queued", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("plan_run", sa.Column("takes", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("plan_run", "takes")
    op.drop_column("plan_run", "is_queued")
    op.drop_column("plan_run", "kind")
    op.drop_table("periodic_work")
