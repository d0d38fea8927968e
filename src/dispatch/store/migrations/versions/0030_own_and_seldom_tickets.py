"""What a person reported, and what is seldom among a site's tickets, is found by an index"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0028"
branch_labels = None
depends_on = None

FAULTS = sa.text("is_construction_fault")
REWORK = sa.text("rework_of_id IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_ticket_taken_by_id", "ticket", ["taken_by_id"])
    op.create_index(
        "ix_ticket_site_id_kind_reported_at", "ticket", ["site_id", "kind", "reported_at"]
    )
    op.create_index(
        "ix_ticket_site_id_reported_at_faults",
        "ticket",
        ["site_id", "reported_at"],
        postgresql_where=FAULTS,
        sqlite_where=FAULTS,
    )
    op.create_index(
        "ix_ticket_rework_of_id",
        "ticket",
        ["rework_of_id"],
        postgresql_where=REWORK,
        sqlite_where=REWORK,
    )


def downgrade() -> None:
    for name in (
        "ix_ticket_rework_of_id",
        "ix_ticket_site_id_reported_at_faults",
        "ix_ticket_site_id_kind_reported_at",
        "ix_ticket_taken_by_id",
    ):
        op.drop_index(name, "ticket")
