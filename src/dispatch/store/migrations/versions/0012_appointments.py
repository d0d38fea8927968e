"""Appointments: held, moved, reminded of; saturation; calls before setting out"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)

_STANDING = sa.text("state IN ('HELD', 'CONFIRMED')")
_MADE_BY = "made_by IN ('CUSTOMER', 'DESK', 'TECHNICIAN')"
_POINTERS = {
    "site_id": "site",
    "ticket_id": "ticket",
    "moved_from_id": "appointment",
    "technician_id": "technician",
    "made_by_id": "user_account",
    "place_id": "place",
    "reminded_id": "technician",
}
_PLAIN = (
    sa.Column("made_by", sa.String(32), nullable=True),
    sa.Column("consent", sa.String(500), nullable=True),
    sa.Column("confirmed_at", moment, nullable=True),
    sa.Column("ended_at", moment, nullable=True),
    sa.Column("trade", sa.String(40), nullable=True),
    sa.Column("level", sa.Integer(), nullable=True),
    sa.Column("duration_s", sa.Integer(), nullable=True),
    sa.Column("crew_size", sa.Integer(), nullable=True),
    sa.Column("reminded_at", moment, nullable=True),
    sa.Column("answered_at", moment, nullable=True),
    sa.Column("chased_at", moment, nullable=True),
)


def upgrade() -> None:
    for name in _POINTERS:
        op.add_column("appointment", sa.Column(name, big_id, nullable=True))
    for column in _PLAIN:
        op.add_column("appointment", column)
    op.execute(
        "UPDATE appointment SET (site_id, ticket_id) = (SELECT site_id, ticket_id FROM work_order "
        "WHERE work_order.id = appointment.work_order_id)"
    )
    with op.batch_alter_table("appointment") as batch:
        batch.alter_column("work_order_id", existing_type=big_id, nullable=True)
        batch.alter_column("site_id", existing_type=big_id, nullable=False)
        batch.create_check_constraint(op.f("ck_appointment_made_by"), _MADE_BY)
        for name, target in _POINTERS.items():
            batch.create_foreign_key(op.f(f"fk_appointment_{name}"), target, [name], ["id"])
    op.create_index(op.f("ix_appointment_ticket_id"), "appointment", ["ticket_id"])
    op.create_index(
        "ix_appointment_site_id_standing",
        "appointment",
        ["site_id"],
        sqlite_where=_STANDING,
        postgresql_where=_STANDING,
    )
    op.add_column("assignment", sa.Column("set_out_uncalled", sa.Boolean(), nullable=True))
    op.create_table(
        "saturation",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("trade", sa.String(40), nullable=True),
        sa.Column("until", moment, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("declared_at", moment, nullable=False),
        sa.Column("declared_by_name", sa.String(200), nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by_name", sa.String(200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_saturation_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saturation")),
    )
    op.create_index(
        "ix_saturation_open",
        "saturation",
        ["site_id"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "customer_call",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("work_order_id", big_id, nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("noted_at", moment, nullable=False),
        sa.Column(
            "result",
            sa.Enum(
                "REACHED",
                "NO_ANSWER",
                "WRONG_NUMBER",
                "OTHER_TIME",
                "NOT_NEEDED",
                native_enum=False,
                create_constraint=True,
                length=32,
                name="result",
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(500), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_customer_call_site_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_customer_call_ticket_id")
        ),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_customer_call_work_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_customer_call_technician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_call")),
    )
    op.create_index(op.f("ix_customer_call_site_id"), "customer_call", ["site_id"])
    op.create_index(op.f("ix_customer_call_work_order_id"), "customer_call", ["work_order_id"])


def downgrade() -> None:
    op.drop_table("customer_call")
    op.drop_table("saturation")
    with op.batch_alter_table("assignment") as batch:
        batch.drop_column("set_out_uncalled")
    op.drop_index("ix_appointment_site_id_standing", "appointment")
    op.drop_index(op.f("ix_appointment_ticket_id"), "appointment")
    op.execute("DELETE FROM appointment WHERE work_order_id IS NULL")
    with op.batch_alter_table("appointment") as batch:
        for name in _POINTERS:
            batch.drop_constraint(op.f(f"fk_appointment_{name}"), type_="foreignkey")
        batch.drop_constraint(op.f("ck_appointment_made_by"), type_="check")
        for name in (*_POINTERS, *(column.name for column in _PLAIN)):
            batch.drop_column(name)
        batch.alter_column("work_order_id", existing_type=big_id, nullable=False)
