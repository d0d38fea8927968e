"""Long lists in each of their orders, and the record of a work order, by an index"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

NULL = sa.text("(due_at IS NULL)")
INDEXES = (
    ("ix_event_work_order_id_id", "event", ["work_order_id", "id"]),
    ("ix_ticket_site_id_created_at", "ticket", ["site_id", "created_at"]),
    ("ix_ticket_reported_at", "ticket", ["reported_at"]),
    ("ix_ticket_site_id_due_at", "ticket", ["site_id", NULL, "due_at"]),
    ("ix_work_order_created_at", "work_order", ["created_at"]),
    ("ix_work_order_site_id_due_at", "work_order", ["site_id", NULL, "due_at"]),
)


def upgrade() -> None:
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns, unique=False)


def downgrade() -> None:
    for name, table, _ in reversed(INDEXES):
        op.drop_index(name, table)
