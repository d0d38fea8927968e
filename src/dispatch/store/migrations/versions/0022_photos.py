"""Photos that people upload"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)
loose = sa.text("used_at IS NULL OR doomed_at IS NOT NULL")
_OWNERS = ("ticket", "work_order", "technician")


def upgrade() -> None:
    kinds = sa.Enum(
        "JPEG",
        "PNG",
        "WEBP",
        "HEIC",
        name="kind",
        native_enum=False,
        create_constraint=True,
        length=32,
    )
    op.create_table(
        "photo",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("byte_length", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("unused_until", moment, nullable=False),
        sa.Column("received_at", moment, nullable=True),
        sa.Column("used_at", moment, nullable=True),
        sa.Column("ticket_id", big_id, nullable=True),
        sa.Column("work_order_id", big_id, nullable=True),
        sa.Column("technician_id", big_id, nullable=True),
        sa.Column("doomed_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_photo_site_id_site")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_photo_user_id_user_account")
        ),
        *(
            sa.ForeignKeyConstraint(
                [f"{each}_id"], [f"{each}.id"], name=op.f(f"fk_photo_{each}_id_{each}")
            )
            for each in _OWNERS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("key", name=op.f("uq_photo_key")),
    )
    op.create_index(
        "ix_photo_loose",
        "photo",
        ["unused_until"],
        unique=False,
        postgresql_where=loose,
        sqlite_where=loose,
    )
    for each in ("user", *_OWNERS):
        op.create_index(op.f(f"ix_photo_{each}_id"), "photo", [f"{each}_id"], unique=False)


def downgrade() -> None:
    op.drop_table("photo")
