"""The order in which the record became known to those who listen"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TOPICS = ("EVENT", "MESSAGE")


def upgrade() -> None:
    op.create_table(
        "publication",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column(
            "topic",
            sa.Enum(*TOPICS, name="topic", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
        sa.UniqueConstraint("topic", "row_id", name=op.f("uq_publication_topic_row_id")),
    )
    op.create_index("ix_publication_published_at", "publication", ["published_at"])
    op.create_table(
        "publication_floor",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("topic", sa.String(32), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication_floor")),
        sa.UniqueConstraint("topic", name=op.f("uq_publication_floor_topic")),
    )


def downgrade() -> None:
    op.drop_table("publication_floor")
    op.drop_table("publication")
