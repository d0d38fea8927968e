"""Orders that the optimizer is asked for alone"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("work_order", sa.Column("auto_at", sa.DateTime(timezone=True), nullable=True))
    asked = sa.text("auto_at IS NOT NULL")
    op.create_index(
        op.f("ix_work_order_auto"),
        "work_order",
        ["auto_at"],
        sqlite_where=asked,
        postgresql_where=asked,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_work_order_auto"), table_name="work_order")
    op.drop_column("work_order", "auto_at")
