"""What was done in a building lately is found by an index"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

NAME = "ix_work_order_building_id_ended_at"


def upgrade() -> None:
    op.create_index(NAME, "work_order", ["building_id", "ended_at"])


def downgrade() -> None:
    op.drop_index(NAME, "work_order")
