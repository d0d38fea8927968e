"""On site, callbacks, complaints and matters"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
moment = sa.DateTime(timezone=True)


def words(*known: str, name: str) -> sa.Enum:
    return sa.Enum(*known, native_enum=False, create_constraint=True, length=32, name=name)


def point_at(table: str, column: str, target: str) -> None:
    """A nullable pointer. In plain words, for the tool's way on SQLite copies the whole table and
    loses its checks."""
    kind = "BIGINT" if op.get_bind().dialect.name == "postgresql" else "INTEGER"
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN {column} {kind} "
        f"CONSTRAINT fk_{table}_{column} REFERENCES {target} (id)"
    )


def upgrade() -> None:
    op.create_table(
        "responsibility",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column(
            "concern",
            words(
                "COMPLAINT",
                "LOST_PROPERTY",
                "SECURITY",
                "CLEANING",
                "GREENING",
                "MOVE_IN",
                "RENOVATION",
                "OTHER",
                name="concern",
            ),
            nullable=False,
        ),
        sa.Column("department", sa.String(200), nullable=False),
        sa.Column("lead_id", big_id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["user_account.id"], name=op.f("fk_responsibility_lead_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_responsibility_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responsibility")),
        sa.UniqueConstraint("site_id", "concern", name=op.f("uq_responsibility_site_id_concern")),
    )
    op.create_table(
        "care_case",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("about_id", big_id, nullable=True),
        sa.Column(
            "concern",
            words(
                "COMPLAINT",
                "LOST_PROPERTY",
                "SECURITY",
                "CLEANING",
                "GREENING",
                "MOVE_IN",
                "RENOVATION",
                "OTHER",
                name="concern",
            ),
            nullable=False,
        ),
        sa.Column(
            "level", words("MINOR", "NORMAL", "SERIOUS", "GRAVE", name="level"), nullable=True
        ),
        sa.Column("department", sa.String(200), nullable=True),
        sa.Column("lead_id", big_id, nullable=True),
        sa.Column("handler_id", big_id, nullable=True),
        sa.Column("owner_id", big_id, nullable=True),
        sa.Column("taken_at", moment, nullable=True),
        sa.Column("taken_by_name", sa.String(200), nullable=True),
        sa.Column("contacted_at", moment, nullable=True),
        sa.Column("contacted_by_name", sa.String(200), nullable=True),
        sa.Column("contact_note", sa.String(500), nullable=True),
        sa.Column("level_set_by_name", sa.String(200), nullable=True),
        sa.Column("solution", sa.String(2000), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("solved_at", moment, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["about_id"], ["ticket.id"], name=op.f("fk_care_case_about_id")),
        sa.ForeignKeyConstraint(
            ["handler_id"], ["user_account.id"], name=op.f("fk_care_case_handler_id")
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["user_account.id"], name=op.f("fk_care_case_lead_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_care_case_owner_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_care_case_site_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_care_case_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_case")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_care_case_ticket_id")),
    )
    op.create_index(op.f("ix_care_case_about_id"), "care_case", ["about_id"])
    op.create_index(op.f("ix_care_case_handler_id"), "care_case", ["handler_id"])
    op.create_index(op.f("ix_care_case_lead_id"), "care_case", ["lead_id"])
    op.create_index(op.f("ix_care_case_owner_id"), "care_case", ["owner_id"])
    op.create_index("ix_care_case_site_id_level", "care_case", ["site_id", "level"])
    op.create_table(
        "rework_report",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("by_id", big_id, nullable=True),
        sa.Column("by_name", sa.String(200), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("facts", json, nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f("fk_rework_report_by_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_rework_report_site_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_rework_report_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rework_report")),
    )
    op.create_index(op.f("ix_rework_report_ticket_id"), "rework_report", ["ticket_id"])
    op.create_table(
        "service_order",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("state", words("PLACED", "CONFIRMED", "DECLINED", name="state"), nullable=False),
        sa.Column("is_online", sa.Boolean(), nullable=False),
        sa.Column("provider", sa.String(200), nullable=True),
        sa.Column("confirmed_with", sa.String(200), nullable=True),
        sa.Column("starts_at", moment, nullable=True),
        sa.Column("ends_at", moment, nullable=True),
        sa.Column("note", sa.String(500), nullable=True),
        sa.Column("answered_by_name", sa.String(200), nullable=True),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("told_at", moment, nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_service_order_site_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_service_order_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_order")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_service_order_ticket_id")),
    )
    op.create_index(op.f("ix_service_order_site_id"), "service_order", ["site_id"])
    op.create_table(
        "help_request",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("work_order_id", big_id, nullable=False),
        sa.Column("asked_by_id", big_id, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("trade", sa.String(40), nullable=True),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column(
            "state", words("OPEN", "GRANTED", "DECLINED", "ENDED", name="state"), nullable=False
        ),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("answered_by_name", sa.String(200), nullable=True),
        sa.Column("answer", sa.String(500), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("people BETWEEN 1 AND 20", name=op.f("ck_help_request_people")),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["technician.id"], name=op.f("fk_help_request_asked_by_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_help_request_site_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_help_request_ticket_id")
        ),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_help_request_work_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_request")),
    )
    op.create_index(op.f("ix_help_request_site_id"), "help_request", ["site_id"])
    op.create_index(op.f("ix_help_request_work_order_id"), "help_request", ["work_order_id"])
    op.create_index(
        "uq_help_request_open",
        "help_request",
        ["work_order_id"],
        unique=True,
        sqlite_where=sa.text("state = 'OPEN'"),
        postgresql_where=sa.text("state = 'OPEN'"),
    )
    op.create_table(
        "callback_link",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("callback_id", big_id, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["callback_id"], ["callback.id"], name=op.f("fk_callback_link_callback_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_callback_link_digest")),
    )
    op.create_index(op.f("ix_callback_link_callback_id"), "callback_link", ["callback_id"])
    op.create_table(
        "work_step",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("work_order_id", big_id, nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.Column("assignment_id", big_id, nullable=False),
        sa.Column(
            "step",
            words(
                "APPROVE",
                "OFFER",
                "WITHDRAW",
                "GRAB",
                "ASSIGN",
                "UNASSIGN",
                "ACCEPT",
                "DECLINE",
                "GIVE_BACK",
                "SET_OUT",
                "ARRIVE",
                "START",
                "PAUSE",
                "RESUME",
                "COMPLETE",
                "CLOSE",
                "CANCEL",
                name="step",
            ),
            nullable=False,
        ),
        sa.Column("state", words("WAITING", "TAKEN", "REFUSED", name="state"), nullable=False),
        sa.Column(
            "before",
            words(
                "AWAITING_APPROVAL",
                "QUEUED",
                "OFFERED",
                "ASSIGNED",
                "ACCEPTED",
                "EN_ROUTE",
                "ARRIVED",
                "STARTED",
                "PAUSED",
                "COMPLETED",
                "CLOSED",
                "CANCELLED",
                name="before",
            ),
            nullable=True,
        ),
        sa.Column("key", sa.String(200), nullable=True),
        sa.Column("occurred_at", moment, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("refusal", sa.String(60), nullable=True),
        sa.Column("given", json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_work_step_assignment_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_work_step_site_id")),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_work_step_technician_id")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_work_step_ticket_id")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_work_step_work_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_step")),
        sa.UniqueConstraint(
            "work_order_id",
            "technician_id",
            "step",
            "occurred_at",
            name=op.f("uq_work_step_work_order_id_technician_id_step_occurred_at"),
        ),
    )
    op.create_index(op.f("ix_work_step_assignment_id"), "work_step", ["assignment_id"])
    op.create_index("uq_work_step_key", "work_step", ["technician_id", "key"], unique=True)
    for column in (
        sa.Column("serious_reason", sa.String(500), nullable=True),
        sa.Column("late_answer", json, nullable=True),
        sa.Column("late_answer_at", moment, nullable=True),
    ):
        op.add_column("callback", column)
    op.execute(
        "ALTER TABLE callback ADD COLUMN answered_by VARCHAR(32) CONSTRAINT "
        "ck_callback_answered_by CHECK (answered_by IN ('CALL', 'LINK', 'APP'))"
    )
    point_at("callback", "rework_id", "work_order")
    point_at("callback", "complaint_id", "ticket")
    op.add_column(
        "callback_call",
        sa.Column("by_manager", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    point_at("work_order", "rework_of_id", "work_order")
    point_at("work_order", "supports_id", "work_order")


def downgrade() -> None:
    for table, *columns in (
        ("work_order", "supports_id", "rework_of_id"),
        ("callback_call", "by_manager"),
        (
            "callback",
            "complaint_id",
            "rework_id",
            "answered_by",
            "late_answer_at",
            "late_answer",
            "serious_reason",
        ),
    ):
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column)
    for table in (
        "work_step",
        "callback_link",
        "help_request",
        "rework_report",
        "service_order",
        "care_case",
        "responsibility",
    ):
        op.drop_table(table)
