"""Browsers that people want to be told on"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)

_WERE = (
    "EMAIL", "SMS_ALIYUN", "SMS_TENCENT", "WECOM", "DINGTALK", "FEISHU", "WEB_HOOK", "OTHER",
)  # fmt: skip
_CHECK = "ck_message_channel_kind"


def upgrade() -> None:
    op.create_table(
        "push_key",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("organization_id", big_id, nullable=False),
        sa.Column("private", sa.String(60), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_push_key_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_key")),
        sa.UniqueConstraint("organization_id", name=op.f("uq_push_key_organization_id")),
    )
    op.create_table(
        "push_subscription",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("endpoint", sa.String(1000), nullable=False),
        sa.Column("p256dh", sa.String(100), nullable=False),
        sa.Column("auth", sa.String(40), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_push_subscription_user_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_subscription_endpoint")),
    )
    op.create_index(op.f("ix_push_subscription_user_id"), "push_subscription", ["user_id"])
    _allow((*_WERE, "WEB_PUSH"))


def downgrade() -> None:
    op.execute("DELETE FROM message WHERE channel = 'WEB_PUSH'")
    op.execute("DELETE FROM message_channel WHERE kind = 'WEB_PUSH'")
    _allow(_WERE)
    op.drop_table("push_subscription")
    op.drop_table("push_key")


def _allow(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("message_channel") as batch:
        batch.drop_constraint(op.f(_CHECK), type_="check")
        batch.create_check_constraint(op.f(_CHECK), f"kind IN ({listed})")
