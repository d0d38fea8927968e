"""Days of a site's own calendar; pauses and failures of clocks; calls whether somebody is there"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
moment = sa.DateTime(timezone=True)


def words(*known: str, name: str) -> sa.Enum:
    return sa.Enum(*known, native_enum=False, create_constraint=True, length=32, name=name)


def upgrade() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", words("HOLIDAY", "WORKDAY", name="kind"), nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_calendar_day_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_day")),
        sa.UniqueConstraint("site_id", "day", name=op.f("uq_calendar_day_site_id_day")),
    )
    op.add_column(
        "clock", sa.Column("pauses", json, nullable=False, server_default=sa.text("'[]'"))
    )
    op.add_column(
        "clock", sa.Column("tries", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.add_column("clock", sa.Column("retry_at", moment, nullable=True))
    op.add_column("clock", sa.Column("failed_at", moment, nullable=True))
    op.add_column("clock", sa.Column("last_error", sa.String(500), nullable=True))
    op.create_index("ix_clock_site_id_state_due_at", "clock", ["site_id", "state", "due_at"])
    op.create_table(
        "arrival_check",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("work_order_id", big_id, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column(
            "state", words("DUE", "THERE", "NOT_THERE", "OBSOLETE", name="state"), nullable=False
        ),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("asked_by_id", big_id, nullable=True),
        sa.Column("asked_by_name", sa.String(200), nullable=True),
        sa.Column("apologized", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.String(500), nullable=True),
        sa.Column("new_time", moment, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_arrival_check_{column}")
            )
            for column, table in (
                ("site_id", "site"),
                ("ticket_id", "ticket"),
                ("work_order_id", "work_order"),
                ("asked_by_id", "user_account"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival_check")),
        sa.UniqueConstraint(
            "work_order_id", "due_at", name=op.f("uq_arrival_check_work_order_id_due_at")
        ),
    )
    op.create_index(
        "ix_arrival_check_site_id_state_due_at", "arrival_check", ["site_id", "state", "due_at"]
    )
    op.create_index(op.f("ix_arrival_check_ticket_id"), "arrival_check", ["ticket_id"])


def downgrade() -> None:
    op.drop_table("arrival_check")
    op.drop_index("ix_clock_site_id_state_due_at", "clock")
    for column in ("last_error", "failed_at", "retry_at", "tries", "pauses"):
        op.drop_column("clock", column)
    op.drop_table("calendar_day")
