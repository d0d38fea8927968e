"""Guesses and classifiers"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
moment = sa.DateTime(timezone=True)
priority = sa.Enum(
    "EMERGENCY",
    "HIGH",
    "NORMAL",
    "LOW",
    native_enum=False,
    create_constraint=True,
    length=32,
    name="priority",
)


def upgrade() -> None:
    op.create_table(
        "guess",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("category_id", big_id, nullable=True),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("priority", priority, nullable=True),
        sa.Column("danger_word", sa.String(200), nullable=True),
        sa.Column("alternatives", json, nullable=False),
        sa.Column("is_sure", sa.Boolean(), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("chosen_id", big_id, nullable=True),
        sa.Column("decided_at", moment, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_guess_site_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_guess_ticket_id")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["category.id"], name=op.f("fk_guess_category_id")
        ),
        sa.ForeignKeyConstraint(["chosen_id"], ["category.id"], name=op.f("fk_guess_chosen_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guess")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_guess_ticket_id")),
    )
    op.create_index("ix_guess_site_id_decided_at", "guess", ["site_id", "decided_at"])
    op.create_table(
        "classifier",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("weights", sa.LargeBinary(), nullable=False),
        sa.Column("codes", json, nullable=False),
        sa.Column("corrections", sa.Integer(), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("accuracy", sa.Float(), nullable=False),
        sa.Column("calibration_error", sa.Float(), nullable=False),
        sa.Column("trained_at", moment, nullable=False),
        sa.Column("learned_until", moment, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_classifier_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classifier")),
        sa.UniqueConstraint("site_id", name=op.f("uq_classifier_site_id")),
    )
