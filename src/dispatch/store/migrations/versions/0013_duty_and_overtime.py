"""Duty, overtime and pay sheets"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def words(*known: str, name: str) -> sa.Enum:
    return sa.Enum(*known, native_enum=False, create_constraint=True, length=32, name=name)


def add_word(table: str, column: str, *known: str) -> None:
    """A column of a closed list, at first its first word. In plain words, for the tool's way on
    SQLite copies the whole table and loses its checks."""
    listed = ", ".join(f"'{each}'" for each in known)
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR(32) DEFAULT '{known[0]}' NOT NULL "
        f"CONSTRAINT ck_{table}_{column} CHECK ({column} IN ({listed}))"
    )


def upgrade() -> None:
    op.create_table(
        "duty_day",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("published_at", moment, nullable=True),
        sa.Column("published_by_name", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_duty_day_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_day")),
        sa.UniqueConstraint("site_id", "day", name=op.f("uq_duty_day_site_id_day")),
    )
    op.create_table(
        "duty_warning",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("told_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_duty_warning_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_warning")),
        sa.UniqueConstraint("site_id", "day", name=op.f("uq_duty_warning_site_id_day")),
    )
    op.create_table(
        "duty_person",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("duty_day_id", big_id, nullable=False),
        sa.Column(
            "post", words("MANAGER", "TECHNICIAN", "DESK", "DELEGATE", name="post"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("technician_id", big_id, nullable=True),
        sa.Column("user_id", big_id, nullable=True),
        sa.CheckConstraint(
            "(post = 'TECHNICIAN' AND technician_id IS NOT NULL AND user_id IS NULL) OR "
            "(post <> 'TECHNICIAN' AND technician_id IS NULL AND user_id IS NOT NULL)",
            name=op.f("ck_duty_person_who"),
        ),
        sa.ForeignKeyConstraint(
            ["duty_day_id"], ["duty_day.id"], name=op.f("fk_duty_person_duty_day_id")
        ),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_duty_person_technician_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_duty_person_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_person")),
        sa.UniqueConstraint(
            "duty_day_id",
            "post",
            "technician_id",
            name=op.f("uq_duty_person_duty_day_id_post_technician_id"),
        ),
        sa.UniqueConstraint(
            "duty_day_id", "post", "user_id", name=op.f("uq_duty_person_duty_day_id_post_user_id")
        ),
    )
    op.create_index(
        op.f("ix_duty_person_duty_day_id"), "duty_person", ["duty_day_id"], unique=False
    )
    op.create_index(
        op.f("ix_duty_person_technician_id"), "duty_person", ["technician_id"], unique=False
    )
    op.create_index(op.f("ix_duty_person_user_id"), "duty_person", ["user_id"], unique=False)
    op.create_table(
        "shift_extension",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column(
            "state",
            words("ASKED", "AGREED", "APPROVED", "DECLINED", "REJECTED", "WITHDRAWN", name="state"),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("asked_by_id", big_id, nullable=True),
        sa.Column("asked_by_name", sa.String(length=200), nullable=False),
        sa.Column("approved_ahead", sa.Boolean(), nullable=False),
        sa.Column("agreed_at", moment, nullable=True),
        sa.Column("decided_at", moment, nullable=True),
        sa.Column("decided_by_id", big_id, nullable=True),
        sa.Column("decided_by_name", sa.String(length=200), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_shift_extension_order")),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user_account.id"], name=op.f("fk_shift_extension_asked_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_shift_extension_decided_by_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_shift_extension_site_id")),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_shift_extension_technician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_extension")),
    )
    op.create_index(
        op.f("ix_shift_extension_site_id"), "shift_extension", ["site_id"], unique=False
    )
    op.create_index(
        "ix_shift_extension_technician_id_day",
        "shift_extension",
        ["technician_id", "day"],
        unique=False,
    )
    op.create_table(
        "overtime_worked",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.Column("work_order_id", big_id, nullable=False),
        sa.Column("assignment_id", big_id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("counted_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_overtime_worked_assignment_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_overtime_worked_site_id")),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_overtime_worked_technician_id")
        ),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_overtime_worked_work_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overtime_worked")),
        sa.UniqueConstraint(
            "assignment_id",
            "technician_id",
            name=op.f("uq_overtime_worked_assignment_id_technician_id"),
        ),
    )
    op.create_index(
        "ix_overtime_worked_technician_id_day",
        "overtime_worked",
        ["technician_id", "day"],
        unique=False,
    )
    op.create_index(
        op.f("ix_overtime_worked_work_order_id"), "overtime_worked", ["work_order_id"], unique=False
    )
    op.create_table(
        "signed_hours",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.Column("work_order_id", big_id, nullable=False),
        sa.Column("crew_member_id", big_id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("counted_s", sa.Integer(), nullable=False),
        sa.Column(
            "pay_basis",
            words("SALARY", "HOURLY", "DAILY", "PER_ORDER", name="pay_basis"),
            nullable=True,
        ),
        sa.Column("pay_amount", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("pay_currency", sa.String(length=3), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("signed_at", moment, nullable=False),
        sa.Column("signed_by_id", big_id, nullable=True),
        sa.Column("signed_by_name", sa.String(length=200), nullable=False),
        sa.Column("corrects_id", big_id, nullable=True),
        sa.CheckConstraint("seconds >= 0", name=op.f("ck_signed_hours_seconds")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["signed_hours.id"], name=op.f("fk_signed_hours_corrects_id")
        ),
        sa.ForeignKeyConstraint(
            ["crew_member_id"], ["crew_member.id"], name=op.f("fk_signed_hours_crew_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["signed_by_id"], ["user_account.id"], name=op.f("fk_signed_hours_signed_by_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_signed_hours_site_id")),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_signed_hours_technician_id")
        ),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_signed_hours_work_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_hours")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_signed_hours_corrects_id")),
    )
    op.create_index(op.f("ix_signed_hours_site_id"), "signed_hours", ["site_id"], unique=False)
    op.create_index(
        "ix_signed_hours_technician_id_day", "signed_hours", ["technician_id", "day"], unique=False
    )
    op.create_index(
        op.f("ix_signed_hours_work_order_id"), "signed_hours", ["work_order_id"], unique=False
    )
    op.create_index(
        "uq_signed_hours_first",
        "signed_hours",
        ["crew_member_id"],
        unique=True,
        sqlite_where=sa.text("corrects_id IS NULL"),
        postgresql_where=sa.text("corrects_id IS NULL"),
    )
    for column in ("on_holidays", "on_makeup_days"):
        add_word("shift_pattern", column, "LIKE_WEEKDAY", "WORK", "OFF")
    op.add_column("shift_pattern", sa.Column("season_begins", sa.String(5), nullable=True))
    op.add_column("shift_pattern", sa.Column("season_ends", sa.String(5), nullable=True))
    add_word("ticket", "intake_by", "DESK", "DUTY_CENTRE")


def downgrade() -> None:
    for table, *columns in (
        ("ticket", "intake_by"),
        ("shift_pattern", "on_holidays", "on_makeup_days", "season_begins", "season_ends"),
    ):
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column)
    for table in (
        "signed_hours",
        "overtime_worked",
        "shift_extension",
        "duty_person",
        "duty_warning",
        "duty_day",
    ):
        op.drop_table(table)
