"""Owners, merging, checks, guides, warranty, extra work, materials"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)

# (table, column, what it points at, whether it is searched by)
_POINTERS = (
    ("ticket", "owner_id", "user_account", True),
    ("ticket", "merged_into_id", "ticket", True),
    ("ticket", "linked_to_id", "ticket", True),
    ("ticket", "vendor_id", "technician", False),
    ("ticket", "steward_id", "user_account", True),
    ("place", "steward_id", "user_account", False),
    ("place", "vendor_id", "technician", False),
    ("asset", "vendor_id", "technician", False),
    ("party", "department_id", "department", False),
)
_COLUMNS = (
    ("ticket", sa.Column("owner_name", sa.String(200), nullable=True)),
    ("ticket", sa.Column("solution", sa.Text(), nullable=True)),
    (
        "ticket",
        sa.Column("is_construction_fault", sa.Boolean(), nullable=False, server_default=sa.false()),
    ),
    ("ticket", sa.Column("handed_over_at", moment, nullable=True)),
    ("ticket", sa.Column("hand_over_note", sa.String(500), nullable=True)),
    ("place", sa.Column("warranty_until", sa.Date(), nullable=True)),
    ("technician", sa.Column("photo", sa.String(2000), nullable=True)),
    ("category", sa.Column("guide_zh", sa.Text(), nullable=True)),
    ("category", sa.Column("guide_en", sa.Text(), nullable=True)),
)


def words(*known: str, name: str) -> sa.Enum:
    return sa.Enum(*known, native_enum=False, create_constraint=True, length=32, name=name)


def points_at(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}"))
        for name, target in columns.items()
    ]


def upgrade() -> None:
    op.create_table(
        "department",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("head_id", big_id, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *points_at("department", site_id="site", head_id="user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_department_site_id_code")),
    )
    op.create_index(op.f("ix_department_head_id"), "department", ["head_id"])
    op.create_table(
        "ticket_check",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("stage", words("DEPARTMENT", "LOGISTICS", name="stage"), nullable=False),
        sa.Column(
            "state",
            words("WAITING", "PENDING", "APPROVED", "REJECTED", "WAIVED", name="state"),
            nullable=False,
        ),
        sa.Column("checker_id", big_id, nullable=True),
        sa.Column("decided_by_id", big_id, nullable=True),
        sa.Column("decided_by_name", sa.String(200), nullable=True),
        sa.Column("decided_at", moment, nullable=True),
        sa.Column("note", sa.String(500), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *points_at(
            "ticket_check",
            site_id="site",
            ticket_id="ticket",
            checker_id="user_account",
            decided_by_id="user_account",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_check")),
        sa.UniqueConstraint("ticket_id", "stage", name=op.f("uq_ticket_check_ticket_id_stage")),
    )
    op.create_index(op.f("ix_ticket_check_site_id_state"), "ticket_check", ["site_id", "state"])
    op.create_index(op.f("ix_ticket_check_checker_id"), "ticket_check", ["checker_id"])
    op.create_table(
        "extra_work",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("work_order_id", big_id, nullable=False),
        sa.Column("category_id", big_id, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("new_ticket_id", big_id, nullable=True),
        sa.Column("added_by_id", big_id, nullable=True),
        sa.Column("added_by_name", sa.String(200), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        *points_at(
            "extra_work",
            site_id="site",
            ticket_id="ticket",
            work_order_id="work_order",
            category_id="category",
            new_ticket_id="ticket",
            added_by_id="user_account",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extra_work")),
    )
    op.create_index(op.f("ix_extra_work_work_order_id"), "extra_work", ["work_order_id"])
    op.create_table(
        "material",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("code", sa.String(80), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("model", sa.String(200), nullable=True),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.Column("price", sa.String(20), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *points_at("material", site_id="site"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_material_site_id_code")),
    )
    for table, column in _COLUMNS:
        op.add_column(table, column)
    # Written out: SQLite takes a reference with a new column, but not as a constraint added later.
    id_type = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    for table, column, target, is_searched in _POINTERS:
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} {id_type} "
            f"CONSTRAINT fk_{table}_{column} REFERENCES {target} (id)"
        )
        if is_searched:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    for table, column, _, is_searched in reversed(_POINTERS):
        if is_searched:
            op.drop_index(op.f(f"ix_{table}_{column}"), table)
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(f"fk_{table}_{column}", type_="foreignkey")
            batch.drop_column(column)
    for table, column in reversed(_COLUMNS):
        op.drop_column(table, column.name)
    for table in ("material", "extra_work", "ticket_check", "department"):
        op.drop_table(table)
