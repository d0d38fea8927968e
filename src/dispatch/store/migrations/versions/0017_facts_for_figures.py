"""When reports were answered, when technicians set out and arrived: what figures are counted of"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("ticket", sa.Column("answered_at", moment, nullable=True))
    for name in ("set_out_at", "arrived_at"):
        op.add_column("assignment", sa.Column(name, moment, nullable=True))
    op.add_column("assignment", sa.Column("way_m", sa.Integer(), nullable=True))
    _fill()
    op.create_index(
        "ix_work_order_site_id_started_at", "work_order", ["site_id", "started_at"], unique=False
    )
    op.create_index(
        "ix_assignment_technician_id_arrived_at",
        "assignment",
        ["technician_id", "arrived_at"],
        unique=False,
    )


def _fill() -> None:
    """What happened before is on record."""
    op.execute(
        "UPDATE ticket SET answered_at = (SELECT min(event.at) FROM event "
        "WHERE event.ticket_id = ticket.id "
        "AND event.kind IN ('ticket.triaged', 'ticket.taken_up'))"
    )
    for name, step in (("set_out_at", "SET_OUT"), ("arrived_at", "ARRIVE")):
        op.execute(
            f"UPDATE assignment SET {name} = (SELECT max(work_step.at) FROM work_step "  # noqa: S608 -- names of our own
            "WHERE work_step.assignment_id = assignment.id "
            f"AND work_step.state = 'TAKEN' AND work_step.step = '{step}')"
        )


def downgrade() -> None:
    op.drop_index("ix_assignment_technician_id_arrived_at", "assignment")
    op.drop_index("ix_work_order_site_id_started_at", "work_order")
    for name in ("way_m", "arrived_at", "set_out_at"):
        op.drop_column("assignment", name)
    op.drop_column("ticket", "answered_at")
