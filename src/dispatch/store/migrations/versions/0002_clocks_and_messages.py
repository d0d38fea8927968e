"""Clocks and messages"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
moment = sa.DateTime(timezone=True)
CHANNELS = (
    "EMAIL",
    "SMS_ALIYUN",
    "SMS_TENCENT",
    "WECOM",
    "DINGTALK",
    "FEISHU",
    "WEB_HOOK",
    "OTHER",
)


def words(*known: str, name: str) -> sa.Enum:
    return sa.Enum(*known, native_enum=False, create_constraint=True, length=32, name=name)


def upgrade() -> None:
    op.create_table(
        "clock",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(40), nullable=False),
        sa.Column("subject_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=True),
        sa.Column("work_order_id", big_id, nullable=True),
        sa.Column(
            "state",
            words("RUNNING", "PAUSED", "STOPPED", "FIRED", name="state"),
            nullable=False,
        ),
        sa.Column(
            "calendar",
            words("ROUND_THE_CLOCK", "BUSINESS_HOURS", name="calendar"),
            nullable=False,
        ),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("length_s", sa.Integer(), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("paused_at", moment, nullable=True),
        sa.Column("left_s", sa.Integer(), nullable=True),
        sa.Column("paused_s", sa.Integer(), nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("data", json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_clock_site_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_clock_ticket_id")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_clock_work_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
    )
    is_open = sa.text("state IN ('RUNNING', 'PAUSED')")
    is_running = sa.text("state = 'RUNNING'")
    op.create_index(
        "uq_clock_open",
        "clock",
        ["subject", "subject_id", "kind"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index(
        "ix_clock_due",
        "clock",
        ["due_at", "id"],
        sqlite_where=is_running,
        postgresql_where=is_running,
    )
    op.create_index("ix_clock_ticket_id_id", "clock", ["ticket_id", "id"])
    op.create_index(op.f("ix_clock_site_id"), "clock", ["site_id"])
    op.create_index(op.f("ix_clock_work_order_id"), "clock", ["work_order_id"])

    op.create_table(
        "message_channel",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*CHANNELS, native_enum=False, create_constraint=True, length=32, name="kind"),
            nullable=False,
        ),
        sa.Column("kinds", json, nullable=False),
        sa.Column("roles", json, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("config", json, nullable=False),
        sa.Column("secret", sa.String(120), nullable=True),
        sa.Column("former_secret", sa.String(120), nullable=True),
        sa.Column("former_until", moment, nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_message_channel_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_channel")),
        sa.UniqueConstraint("site_id", "name", name=op.f("uq_message_channel_site_id_name")),
    )
    op.create_index(op.f("ix_message_channel_site_id"), "message_channel", ["site_id"])
    op.create_table(
        "message",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("state", words("QUEUED", "SENT", "DEAD", "KEPT", name="state"), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("channel_id", big_id, nullable=True),
        sa.Column("ticket_id", big_id, nullable=True),
        sa.Column("work_order_id", big_id, nullable=True),
        sa.Column("user_id", big_id, nullable=True),
        sa.Column("technician_id", big_id, nullable=True),
        sa.Column("party_id", big_id, nullable=True),
        sa.Column("reader", sa.String(200), nullable=False),
        sa.Column("address", sa.String(500), nullable=True),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("params", json, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("next_try_at", moment, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("sent_at", moment, nullable=True),
        sa.Column("read_at", moment, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [f"{noun}_id"], [f"{table}.id"], name=op.f(f"fk_message_{noun}_id")
            )
            for noun, table in (
                ("site", "site"),
                ("ticket", "ticket"),
                ("work_order", "work_order"),
                ("user", "user_account"),
                ("technician", "technician"),
                ("party", "party"),
                ("channel", "message_channel"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    is_queued = sa.text("state = 'QUEUED'")
    op.create_index(
        "ix_message_due",
        "message",
        ["next_try_at"],
        sqlite_where=is_queued,
        postgresql_where=is_queued,
    )
    op.create_index("ix_message_user_id_id", "message", ["user_id", "id"])
    op.create_index("ix_message_site_id_id", "message", ["site_id", "id"])
    for noun in ("ticket", "technician", "party", "channel"):
        op.create_index(op.f(f"ix_message_{noun}_id"), "message", [f"{noun}_id"])


def downgrade() -> None:
    op.drop_table("message")
    op.drop_table("message_channel")
    op.drop_table("clock")
