"""People's e-mail addresses"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("user_account", "party"):
        op.add_column(table, sa.Column("email", sa.String(254), nullable=True))


def downgrade() -> None:
    for table in ("user_account", "party"):
        op.drop_column(table, "email")
