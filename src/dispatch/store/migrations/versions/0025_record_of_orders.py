"""The record of a work order is found by its number: what a board shows of each"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_event_work_order_id_id", "event", ["work_order_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_event_work_order_id_id", "event")
