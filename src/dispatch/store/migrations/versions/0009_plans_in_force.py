"""The plan in force of a day, what disturbs it, and what customers were told of it"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "plan_in_force",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cause", sa.String(40), nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("repairing_until", moment, nullable=True),
        sa.Column("watched_at", moment, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_plan_in_force_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_in_force")),
        sa.UniqueConstraint("site_id", "day", name=op.f("uq_plan_in_force_site_id_day")),
    )
    op.create_table(
        "disturbance",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cause", sa.String(40), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("work_order_id", big_id, nullable=True),
        sa.Column("technician_id", big_id, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("settled_at", moment, nullable=True),
        sa.Column("outcome", sa.String(40), nullable=True),
        sa.Column("plan_id", big_id, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_disturbance_site_id")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_disturbance_work_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_disturbance_technician_id")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_disturbance_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disturbance")),
    )
    is_open = sa.text("settled_at IS NULL")
    op.create_index(
        "ix_disturbance_open",
        "disturbance",
        ["site_id", "day"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "whereabouts",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("seen_at", moment, nullable=True),
        sa.Column("busy_until", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_whereabouts_technician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_whereabouts")),
        sa.UniqueConstraint("technician_id", name=op.f("uq_whereabouts_technician_id")),
    )
    op.add_column("plan", sa.Column("warnings", json, server_default="[]", nullable=False))
    op.add_column("work_order", sa.Column("told_start", moment, nullable=True))


def downgrade() -> None:
    op.drop_column("work_order", "told_start")
    op.drop_column("plan", "warnings")
    op.drop_table("whereabouts")
    op.drop_index("ix_disturbance_open", table_name="disturbance")
    op.drop_table("disturbance")
    op.drop_table("plan_in_force")
