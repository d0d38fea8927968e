"""Approval before dispatch, mediators' calls, another time by consent, vendors' pay"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def words(*known: str, name: str) -> sa.Enum:
    return sa.Enum(*known, native_enum=False, create_constraint=True, length=32, name=name)


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("work_order_id", big_id, nullable=False),
        sa.Column(
            "type",
            words(
                "BULK",
                "ENGINEERING",
                "UNSOLD_GOODS",
                "REMOTE_VISIT",
                "FREE_OUT_OF_WARRANTY",
                "CATEGORY",
                "LARGE",
                name="type",
            ),
            nullable=False,
        ),
        sa.Column("asked_reason", sa.String(500), nullable=True),
        sa.Column("asked_by_id", big_id, nullable=True),
        sa.Column("asked_by_name", sa.String(200), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("decision", words("APPROVED", "REJECTED", name="decision"), nullable=True),
        sa.Column("decision_reason", sa.String(500), nullable=True),
        sa.Column("decided_by_id", big_id, nullable=True),
        sa.Column("decided_by_name", sa.String(200), nullable=True),
        sa.Column("decided_at", moment, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_approval_site_id")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_approval_work_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user_account.id"], name=op.f("fk_approval_asked_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_approval_decided_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index(op.f("ix_approval_site_id"), "approval", ["site_id"])
    op.create_index(op.f("ix_approval_work_order_id"), "approval", ["work_order_id"])
    is_open = sa.text("decided_at IS NULL")
    op.create_index(
        "uq_approval_open",
        "approval",
        ["work_order_id"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "mediation",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("work_order_id", big_id, nullable=False),
        sa.Column("complaint", sa.String(500), nullable=False),
        sa.Column("opened_by_name", sa.String(200), nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("called_by_id", big_id, nullable=True),
        sa.Column("called_by_name", sa.String(200), nullable=True),
        sa.Column("called_at", moment, nullable=True),
        sa.Column("outcome", sa.String(500), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_mediation_site_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_mediation_ticket_id")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_mediation_work_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["called_by_id"], ["user_account.id"], name=op.f("fk_mediation_called_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mediation")),
    )
    op.create_index(op.f("ix_mediation_site_id"), "mediation", ["site_id"])
    op.create_index(op.f("ix_mediation_work_order_id"), "mediation", ["work_order_id"])
    op.add_column("work_order", sa.Column("postpone_consent_by", sa.String(200), nullable=True))
    op.add_column("work_order", sa.Column("postpone_consent_at", moment, nullable=True))
    op.add_column("technician", sa.Column("firm", sa.String(200), nullable=True))
    op.add_column("technician", sa.Column("pay_basis", sa.String(32), nullable=True))
    op.add_column("technician", sa.Column("pay_amount", sa.Numeric(12, 2), nullable=True))
    op.add_column("technician", sa.Column("pay_currency", sa.String(3), nullable=True))


def downgrade() -> None:
    for name in ("pay_currency", "pay_amount", "pay_basis", "firm"):
        op.drop_column("technician", name)
    for name in ("postpone_consent_at", "postpone_consent_by"):
        op.drop_column("work_order", name)
    op.drop_table("mediation")
    op.drop_table("approval")
