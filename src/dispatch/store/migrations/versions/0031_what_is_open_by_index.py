"""What is still open is found by an index, however much has ended"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

RUNNING = sa.text("state = 'RUNNING'")
OPEN = sa.text("settled_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_plan_run_running",
        "plan_run",
        ["site_id"],
        postgresql_where=RUNNING,
        sqlite_where=RUNNING,
    )
    op.create_index(
        "ix_disturbance_open_cause",
        "disturbance",
        ["cause"],
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.create_index("ix_appointment_moved_from_id", "appointment", ["moved_from_id"])


def downgrade() -> None:
    op.drop_index("ix_appointment_moved_from_id", "appointment")
    op.drop_index("ix_disturbance_open_cause", "disturbance")
    op.drop_index("ix_plan_run_running", "plan_run")
