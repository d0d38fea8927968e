"""Channels of messages, and people's e-mail addresses"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0002"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
moment = sa.DateTime(timezone=True)
KINDS = (
    "EMAIL",
    "SMS_ALIYUN",
    "SMS_TENCENT",
    "WECOM",
    "DINGTALK",
    "FEISHU",
    "WEB_HOOK",
    "OTHER",
)


def upgrade() -> None:
    op.create_table(
        "message_channel",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, native_enum=False, create_constraint=True, length=32, name="kind"),
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
    with op.batch_alter_table("message") as batch:
        batch.add_column(sa.Column("channel_id", big_id, nullable=True))
        batch.create_foreign_key(
            op.f("fk_message_channel_id"), "message_channel", ["channel_id"], ["id"]
        )
    op.create_index(op.f("ix_message_channel_id"), "message", ["channel_id"])
    for table in ("user_account", "party"):
        op.add_column(table, sa.Column("email", sa.String(254), nullable=True))


def downgrade() -> None:
    for table in ("user_account", "party"):
        op.drop_column(table, "email")
    op.drop_index(op.f("ix_message_channel_id"), "message")
    with op.batch_alter_table("message") as batch:
        batch.drop_constraint(op.f("fk_message_channel_id"), type_="foreignkey")
        batch.drop_column("channel_id")
    op.drop_table("message_channel")
