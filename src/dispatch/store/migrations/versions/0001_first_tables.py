"""First tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TABLES = [
    "organization",
    "event",
    "idempotency_key",
    "site",
    "technician",
    "trade",
    "category",
    "counter",
    "leave",
    "party",
    "place",
    "policy",
    "shift_exception",
    "shift_pattern",
    "technician_site",
    "technician_skill",
    "asset",
    "party_unit",
    "user_account",
    "plan_run",
    "role_grant",
    "ticket",
    "token",
    "callback",
    "plan",
    "work_order",
    "appointment",
    "callback_call",
    "offer",
    "plan_left_out",
    "plan_route",
    "refusal",
    "assignment",
    "offer_recipient",
    "plan_stop",
    "crew_member",
]

# The record is append-only (SEC-4): the database itself refuses any other change of a line.
APPEND_ONLY = {
    "sqlite": [
        f"CREATE TRIGGER event_no_{verb} BEFORE {verb.upper()} ON event "
        "BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END"
        for verb in ("update", "delete")
    ],
    "postgresql": [
        (
            "CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the record is append-only'; END $$"
        ),
        (
            "CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()"
        ),
    ],
}


def upgrade() -> None:
    op.create_table(
        "organization",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sa.UniqueConstraint("code", name=op.f("uq_organization_code")),
    )
    op.create_table(
        "event",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("organization_id", big_id, nullable=False),
        sa.Column("site_id", big_id, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("subject_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=True),
        sa.Column("work_order_id", big_id, nullable=True),
        sa.Column("actor_id", big_id, nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("origin", sa.String(length=120), nullable=False),
        sa.Column("before", json, nullable=False),
        sa.Column("after", json, nullable=False),
        sa.Column("data", json, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_event_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index("ix_event_site_id_id", ["site_id", "id"], unique=False)
        batch_op.create_index("ix_event_subject", ["subject", "subject_id", "id"], unique=False)
        batch_op.create_index("ix_event_ticket_id_id", ["ticket_id", "id"], unique=False)

    op.create_table(
        "idempotency_key",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("organization_id", big_id, nullable=False),
        sa.Column("caller", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("operation", sa.String(length=80), nullable=False),
        sa.Column("input_digest", sa.String(length=64), nullable=False),
        sa.Column("result", json, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_idempotency_key_organization_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint(
            "organization_id",
            "caller",
            "key",
            name=op.f("uq_idempotency_key_organization_id_caller_key"),
        ),
    )
    op.create_table(
        "site",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("organization_id", big_id, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "ESTATE",
                "CAMPUS",
                "HOSPITAL",
                "HOTEL",
                "COMPANY",
                "CITY",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_site_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("organization_id", "code", name=op.f("uq_site_organization_id_code")),
    )
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_site_organization_id"), ["organization_id"], unique=False
        )

    op.create_table(
        "technician",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("organization_id", big_id, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "STAFF",
                "VENDOR",
                "TEMPORARY",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "travel",
            sa.Enum(
                "WALK",
                "BICYCLE",
                "SCOOTER",
                "CAR",
                name="travel",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("home_latitude", sa.Float(), nullable=True),
        sa.Column("home_longitude", sa.Float(), nullable=True),
        sa.Column("work_limit_s", sa.Integer(), nullable=True),
        sa.Column("overtime_limit_s", sa.Integer(), nullable=False),
        sa.Column("leader_id", big_id, nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["leader_id"], ["technician.id"], name=op.f("fk_technician_leader_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_technician_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_technician")),
        sa.UniqueConstraint(
            "organization_id", "code", name=op.f("uq_technician_organization_id_code")
        ),
    )
    with op.batch_alter_table("technician", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_technician_organization_id"), ["organization_id"], unique=False
        )

    op.create_table(
        "trade",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("organization_id", big_id, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("needs_certificate", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_trade_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade")),
        sa.UniqueConstraint("organization_id", "code", name=op.f("uq_trade_organization_id_code")),
    )
    with op.batch_alter_table("trade", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_trade_organization_id"), ["organization_id"], unique=False
        )

    op.create_table(
        "category",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("parent_id", big_id, nullable=True),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("trade", sa.String(length=40), nullable=True),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("duration_s", sa.Integer(), nullable=True),
        sa.Column("crew_size", sa.Integer(), nullable=True),
        sa.Column(
            "priority",
            sa.Enum(
                "EMERGENCY",
                "HIGH",
                "NORMAL",
                "LOW",
                name="priority",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "area",
            sa.Enum(
                "IN_HOME",
                "PUBLIC",
                name="area",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("chargeable", sa.Boolean(), nullable=False),
        sa.Column("is_danger", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "crew_size IS NULL OR crew_size BETWEEN 1 AND 20", name=op.f("ck_category_crew_size")
        ),
        sa.CheckConstraint(
            "level IS NULL OR level BETWEEN 1 AND 3", name=op.f("ck_category_level")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["category.id"], name=op.f("fk_category_parent_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_category_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_category_site_id_code")),
    )
    with op.batch_alter_table("category", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_category_site_id"), ["site_id"], unique=False)

    op.create_table(
        "counter",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("series", sa.String(length=8), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_counter_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter")),
        sa.UniqueConstraint("site_id", "series", "day", name=op.f("uq_counter_site_id_series_day")),
    )
    op.create_table(
        "leave",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_leave_order")),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_leave_technician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave")),
    )
    with op.batch_alter_table("leave", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_leave_technician_id"), ["technician_id"], unique=False)

    op.create_table(
        "party",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("phones", json, nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_party_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
    )
    with op.batch_alter_table("party", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_party_site_id"), ["site_id"], unique=False)

    op.create_table(
        "place",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("parent_id", big_id, nullable=True),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "COMMUNITY",
                "BUILDING",
                "FLOOR",
                "UNIT",
                "ROOM",
                "PUBLIC_AREA",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("landmark", sa.String(length=200), nullable=True),
        sa.Column("access_notes", sa.String(length=2000), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["place.id"], name=op.f("fk_place_parent_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_place_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
        sa.UniqueConstraint(
            "site_id", "parent_id", "name", name=op.f("uq_place_site_id_parent_id_name")
        ),
    )
    with op.batch_alter_table("place", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_place_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_place_site_id"), ["site_id"], unique=False)
        batch_op.create_index("ix_place_site_id_path", ["site_id", "path"], unique=False)

    op.create_table(
        "policy",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_policy_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("site_id", "valid_from", name=op.f("uq_policy_site_id_valid_from")),
    )
    with op.batch_alter_table("policy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_policy_site_id"), ["site_id"], unique=False)

    op.create_table(
        "shift_exception",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=True),
        sa.Column("ends", sa.Time(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_shift_exception_technician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_exception")),
        sa.UniqueConstraint(
            "technician_id",
            "day",
            "starts",
            name=op.f("uq_shift_exception_technician_id_day_starts"),
        ),
    )
    with op.batch_alter_table("shift_exception", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_shift_exception_technician_id"), ["technician_id"], unique=False
        )

    op.create_table(
        "shift_pattern",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.Column("weekdays", json, nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("break_starts", sa.Time(), nullable=True),
        sa.Column("break_ends", sa.Time(), nullable=True),
        sa.Column("break_minutes", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_shift_pattern_technician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_pattern")),
    )
    with op.batch_alter_table("shift_pattern", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_shift_pattern_technician_id"), ["technician_id"], unique=False
        )

    op.create_table(
        "technician_site",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_technician_site_site_id")),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_technician_site_technician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_technician_site")),
        sa.UniqueConstraint(
            "technician_id", "site_id", name=op.f("uq_technician_site_technician_id_site_id")
        ),
    )
    with op.batch_alter_table("technician_site", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_technician_site_site_id"), ["site_id"], unique=False)

    op.create_table(
        "technician_skill",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.Column("trade", sa.String(length=40), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_technician_skill_level")),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_technician_skill_technician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_technician_skill")),
        sa.UniqueConstraint(
            "technician_id", "trade", name=op.f("uq_technician_skill_technician_id_trade")
        ),
    )
    op.create_table(
        "asset",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("place_id", big_id, nullable=True),
        sa.Column("tag", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=True),
        sa.Column("vendor", sa.String(length=200), nullable=True),
        sa.Column("warranty_until", sa.Date(), nullable=True),
        sa.Column("details", json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_asset_place_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_asset_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset")),
        sa.UniqueConstraint("site_id", "tag", name=op.f("uq_asset_site_id_tag")),
    )
    with op.batch_alter_table("asset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_asset_place_id"), ["place_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_asset_site_id"), ["site_id"], unique=False)

    op.create_table(
        "party_unit",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("party_id", big_id, nullable=False),
        sa.Column("place_id", big_id, nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_party_unit_party_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_party_unit_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_unit")),
        sa.UniqueConstraint("party_id", "place_id", name=op.f("uq_party_unit_party_id_place_id")),
    )
    with op.batch_alter_table("party_unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_party_unit_party_id"), ["party_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_party_unit_place_id"), ["place_id"], unique=False)

    op.create_table(
        "user_account",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("organization_id", big_id, nullable=False),
        sa.Column("username", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("technician_id", big_id, nullable=True),
        sa.Column("party_id", big_id, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_user_account_organization_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_user_account_party_id")),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_user_account_technician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("technician_id", name=op.f("uq_user_account_technician_id")),
        sa.UniqueConstraint("username", name=op.f("uq_user_account_username")),
    )
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_user_account_organization_id"), ["organization_id"], unique=False
        )

    op.create_table(
        "plan_run",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "RUNNING",
                "DONE",
                "FAILED",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("requested_by_id", big_id, nullable=True),
        sa.Column("requested_by_name", sa.String(length=200), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("engine", sa.String(length=40), nullable=False),
        sa.Column("basis", json, nullable=False),
        sa.Column("weights", json, nullable=False),
        sa.Column("figures", json, nullable=False),
        sa.Column("failure", sa.String(length=500), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["user_account.id"], name=op.f("fk_plan_run_requested_by_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_plan_run_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_run")),
    )
    with op.batch_alter_table("plan_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_run_site_id"), ["site_id"], unique=False)

    op.create_table(
        "role_grant",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("site_id", big_id, nullable=True),
        sa.Column(
            "role",
            sa.Enum(
                "RESIDENT",
                "DESK",
                "DISPATCHER",
                "TECHNICIAN",
                "TEAM_LEADER",
                "SUPERVISOR",
                "STEWARD",
                "PROJECT_MANAGER",
                "QUALITY",
                "FINANCE",
                "ANALYST",
                "ADMINISTRATOR",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_role_grant_site_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_role_grant_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sa.UniqueConstraint(
            "user_id", "site_id", "role", name=op.f("uq_role_grant_user_id_site_id_role")
        ),
    )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_grant_site_id"), ["site_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_role_grant_user_id"), ["user_id"], unique=False)

    op.create_table(
        "ticket",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "REPAIR",
                "MATTER",
                "COMPLAINT",
                "SERVICE",
                "INSPECTION",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum(
                "PHONE",
                "WALK_IN",
                "LETTER",
                "SUGGESTION_BOX",
                "PATROL",
                "VISIT",
                "HANDOVER",
                "RADIO",
                "WEB",
                "APP",
                "WECHAT",
                "EMAIL",
                "SENSOR",
                "SELF_INSPECTION",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "NEW",
                "TRIAGED",
                "IN_PROGRESS",
                "RESOLVED",
                "CLOSED",
                "CANCELLED",
                "MERGED",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("party_id", big_id, nullable=True),
        sa.Column("requester_name", sa.String(length=200), nullable=True),
        sa.Column("requester_phone", sa.String(length=40), nullable=True),
        sa.Column("place_id", big_id, nullable=True),
        sa.Column("building", sa.String(length=200), nullable=True),
        sa.Column("unit", sa.String(length=200), nullable=True),
        sa.Column("floor", sa.String(length=40), nullable=True),
        sa.Column("room", sa.String(length=200), nullable=True),
        sa.Column("landmark", sa.String(length=200), nullable=True),
        sa.Column("location_text", sa.Text(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column(
            "area",
            sa.Enum(
                "IN_HOME",
                "PUBLIC",
                name="area",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("asset_id", big_id, nullable=True),
        sa.Column("asset_name", sa.String(length=200), nullable=True),
        sa.Column("asset_model", sa.String(length=200), nullable=True),
        sa.Column("asset_tag", sa.String(length=80), nullable=True),
        sa.Column("photos", json, nullable=False),
        sa.Column("wished_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wished_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("category_id", big_id, nullable=True),
        sa.Column("trade", sa.String(length=40), nullable=True),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("duration_s", sa.Integer(), nullable=True),
        sa.Column("crew_size", sa.Integer(), nullable=True),
        sa.Column("chargeable", sa.Boolean(), nullable=True),
        sa.Column(
            "priority",
            sa.Enum(
                "EMERGENCY",
                "HIGH",
                "NORMAL",
                "LOW",
                name="priority",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("priority_reason", sa.String(length=500), nullable=True),
        sa.Column(
            "resolution",
            sa.Enum(
                "SELF_HELP",
                "REMOTE_HELP",
                "SITE_VISIT",
                "VENDOR_VISIT",
                name="resolution",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("taken_by_id", big_id, nullable=True),
        sa.Column("taken_by_name", sa.String(length=200), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=500), nullable=True),
        sa.Column("rework_of_id", big_id, nullable=True),
        sa.Column("source", sa.String(length=80), nullable=True),
        sa.Column("external_ref", sa.String(length=120), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_ticket_asset_id")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["category.id"], name=op.f("fk_ticket_category_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_ticket_party_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_ticket_place_id")),
        sa.ForeignKeyConstraint(
            ["rework_of_id"], ["ticket.id"], name=op.f("fk_ticket_rework_of_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_ticket_site_id")),
        sa.ForeignKeyConstraint(
            ["taken_by_id"], ["user_account.id"], name=op.f("fk_ticket_taken_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_ticket_site_id_number")),
        sa.UniqueConstraint(
            "site_id", "source", "external_ref", name=op.f("uq_ticket_site_id_source_external_ref")
        ),
    )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_category_id"), ["category_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_party_id"), ["party_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_place_id"), ["place_id"], unique=False)
        batch_op.create_index(
            "ix_ticket_site_id_reported_at", ["site_id", "reported_at"], unique=False
        )
        batch_op.create_index(
            "ix_ticket_site_id_state_id", ["site_id", "state", "id"], unique=False
        )

    op.create_table(
        "token",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_token_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
    )
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_token_user_id"), ["user_id"], unique=False)
        batch_op.create_index("uq_token_digest", ["digest"], unique=True)

    op.create_table(
        "callback",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "DUE",
                "ANSWERED",
                "UNREACHED",
                "REFUSED",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.Column("solved", sa.Boolean(), nullable=True),
        sa.Column("satisfied", sa.Boolean(), nullable=True),
        sa.Column("charge_as_agreed", sa.Boolean(), nullable=True),
        sa.Column("scores", json, nullable=False),
        sa.Column("dissatisfaction_reason", sa.String(length=500), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_callback_site_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_callback_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback")),
    )
    with op.batch_alter_table("callback", schema=None) as batch_op:
        batch_op.create_index(
            "ix_callback_site_id_state_due_at", ["site_id", "state", "due_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_callback_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "plan",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("run_id", big_id, nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "PROPOSED",
                "PUBLISHED",
                "DROPPED",
                "SUPERSEDED",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("terms", json, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by_name", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["plan_run.id"], name=op.f("fk_plan_run_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_plan_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_plan_site_id_number")),
    )
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_run_id"), ["run_id"], unique=False)
        batch_op.create_index("ix_plan_site_id_day", ["site_id", "day"], unique=False)
        batch_op.create_index(
            "uq_plan_in_force",
            ["site_id", "day"],
            unique=True,
            sqlite_where=sa.text("state = 'PUBLISHED'"),
            postgresql_where=sa.text("state = 'PUBLISHED'"),
        )

    op.create_table(
        "work_order",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("ticket_id", big_id, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "AWAITING_APPROVAL",
                "QUEUED",
                "OFFERED",
                "ASSIGNED",
                "ACCEPTED",
                "EN_ROUTE",
                "ARRIVED",
                "STARTED",
                "PAUSED",
                "COMPLETED",
                "CLOSED",
                "CANCELLED",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "dispatch_step",
            sa.Enum(
                "DIRECTED",
                "AUTO",
                "GRAB",
                "SUPERVISOR",
                "VENDOR",
                name="dispatch_step",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "priority",
            sa.Enum(
                "EMERGENCY",
                "HIGH",
                "NORMAL",
                "LOW",
                name="priority",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("trade", sa.String(length=40), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("crew_size", sa.Integer(), nullable=False),
        sa.Column(
            "area",
            sa.Enum(
                "IN_HOME",
                "PUBLIC",
                name="area",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("instructions", sa.Text(), nullable=True),
        sa.Column("place_id", big_id, nullable=True),
        sa.Column("building_id", big_id, nullable=True),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wished_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wished_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("named_technician_id", big_id, nullable=True),
        sa.Column("after_id", big_id, nullable=True),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.Column("is_rework", sa.Boolean(), nullable=False),
        sa.Column("door_code", sa.String(length=12), nullable=True),
        sa.Column("door_code_wrong", sa.Integer(), nullable=False),
        sa.Column("door_code_locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("door_code_lifted_reason", sa.String(length=500), nullable=True),
        sa.Column(
            "pause_reason",
            sa.Enum(
                "PARTS",
                "WORKSHOP",
                "LONG_JOB",
                "CUSTOMER_AWAY",
                "OTHER_TRADE_FIRST",
                name="pause_reason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("resume_on", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=500), nullable=True),
        sa.Column("completion", json, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("crew_size BETWEEN 1 AND 20", name=op.f("ck_work_order_crew_size")),
        sa.CheckConstraint("duration_s > 0", name=op.f("ck_work_order_duration")),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_work_order_level")),
        sa.ForeignKeyConstraint(
            ["after_id"], ["work_order.id"], name=op.f("fk_work_order_after_id")
        ),
        sa.ForeignKeyConstraint(
            ["building_id"], ["place.id"], name=op.f("fk_work_order_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["named_technician_id"],
            ["technician.id"],
            name=op.f("fk_work_order_named_technician_id"),
        ),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_work_order_place_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_work_order_site_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_work_order_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order")),
        sa.UniqueConstraint("site_id", "number", name=op.f("uq_work_order_site_id_number")),
    )
    with op.batch_alter_table("work_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_work_order_place_id"), ["place_id"], unique=False)
        batch_op.create_index(
            "ix_work_order_site_id_created_at", ["site_id", "created_at"], unique=False
        )
        batch_op.create_index(
            "ix_work_order_site_id_state_id", ["site_id", "state", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_work_order_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "appointment",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("work_order_id", big_id, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "HELD",
                "CONFIRMED",
                "MOVED",
                "MET",
                "MISSED",
                "RELEASED",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_by", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_appointment_order")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_appointment_work_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_appointment_work_order_id"), ["work_order_id"], unique=False
        )
        batch_op.create_index(
            "uq_appointment_standing",
            ["work_order_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('HELD', 'CONFIRMED')"),
            postgresql_where=sa.text("state IN ('HELD', 'CONFIRMED')"),
        )

    op.create_table(
        "callback_call",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("callback_id", big_id, nullable=False),
        sa.Column("called_by_id", big_id, nullable=True),
        sa.Column("called_by_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "result",
            sa.Enum(
                "ANSWERED",
                "NO_ANSWER",
                "HUNG_UP",
                "REFUSED",
                name="result",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["callback_id"], ["callback.id"], name=op.f("fk_callback_call_callback_id")
        ),
        sa.ForeignKeyConstraint(
            ["called_by_id"], ["user_account.id"], name=op.f("fk_callback_call_called_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_call")),
    )
    with op.batch_alter_table("callback_call", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_callback_call_callback_id"), ["callback_id"], unique=False
        )

    op.create_table(
        "offer",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("work_order_id", big_id, nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "GRABBED",
                "EXPIRED",
                "WITHDRAWN",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("winner_id", big_id, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_offer_site_id")),
        sa.ForeignKeyConstraint(["winner_id"], ["technician.id"], name=op.f("fk_offer_winner_id")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_offer_work_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.create_index(
            "ix_offer_due",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_offer_site_id"), ["site_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_offer_work_order_id"), ["work_order_id"], unique=False)
        batch_op.create_index(
            "uq_offer_open",
            ["work_order_id"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "plan_left_out",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("plan_id", big_id, nullable=False),
        sa.Column("work_order_id", big_id, nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("data", json, nullable=False),
        sa.Column("remedy", json, nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_left_out_plan_id")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_plan_left_out_work_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_left_out")),
        sa.UniqueConstraint(
            "plan_id", "work_order_id", name=op.f("uq_plan_left_out_plan_id_work_order_id")
        ),
    )
    with op.batch_alter_table("plan_left_out", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_plan_left_out_work_order_id"), ["work_order_id"], unique=False
        )

    op.create_table(
        "plan_route",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("plan_id", big_id, nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.Column("shift_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shift_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("travel_s", sa.Integer(), nullable=False),
        sa.Column("travel_m", sa.Integer(), nullable=False),
        sa.Column("work_s", sa.Integer(), nullable=False),
        sa.Column("overtime_s", sa.Integer(), nullable=False),
        sa.Column("breaks", json, nullable=False),
        sa.Column("terms", json, nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_route_plan_id")),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_plan_route_technician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_route")),
    )
    with op.batch_alter_table("plan_route", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_route_plan_id"), ["plan_id"], unique=False)

    op.create_table(
        "refusal",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("work_order_id", big_id, nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_refusal_technician_id")
        ),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_refusal_work_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal")),
        sa.UniqueConstraint(
            "work_order_id", "technician_id", name=op.f("uq_refusal_work_order_id_technician_id")
        ),
    )
    with op.batch_alter_table("refusal", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_refusal_work_order_id"), ["work_order_id"], unique=False
        )

    op.create_table(
        "assignment",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("work_order_id", big_id, nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "DIRECTED",
                "AUTO",
                "GRAB",
                "SUPERVISOR",
                "VENDOR",
                name="step",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("planned_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("planned_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("travel_s", sa.Integer(), nullable=True),
        sa.Column("plan_id", big_id, nullable=True),
        sa.Column("offer_id", big_id, nullable=True),
        sa.Column("why", json, nullable=False),
        sa.Column("confirmed_by_id", big_id, nullable=True),
        sa.Column("confirmed_by_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "end",
            sa.Enum(
                "DONE",
                "DECLINED",
                "GIVEN_BACK",
                "REASSIGNED",
                "CANCELLED",
                name="end",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("end_reason", sa.String(length=500), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["user_account.id"], name=op.f("fk_assignment_confirmed_by_id")
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_assignment_offer_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_assignment_plan_id")),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_assignment_technician_id")
        ),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_assignment_work_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignment_plan_id"), ["plan_id"], unique=False)
        batch_op.create_index(
            "ix_assignment_technician_id_planned_start",
            ["technician_id", "planned_start"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_assignment_work_order_id"), ["work_order_id"], unique=False
        )
        batch_op.create_index(
            "uq_assignment_open",
            ["work_order_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "offer_recipient",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("offer_id", big_id, nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_offer_recipient_offer_id")
        ),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_offer_recipient_technician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_recipient")),
        sa.UniqueConstraint(
            "offer_id", "technician_id", name=op.f("uq_offer_recipient_offer_id_technician_id")
        ),
    )
    with op.batch_alter_table("offer_recipient", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_offer_recipient_technician_id"), ["technician_id"], unique=False
        )

    op.create_table(
        "plan_stop",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("plan_id", big_id, nullable=False),
        sa.Column("route_id", big_id, nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.Column("work_order_id", big_id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("crew_index", sa.Integer(), nullable=False),
        sa.Column("arrives_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("travel_s", sa.Integer(), nullable=False),
        sa.Column("travel_m", sa.Integer(), nullable=False),
        sa.Column("terms", json, nullable=False),
        sa.Column("alternatives", json, nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_stop_plan_id")),
        sa.ForeignKeyConstraint(
            ["route_id"], ["plan_route.id"], name=op.f("fk_plan_stop_route_id")
        ),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_plan_stop_technician_id")
        ),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_plan_stop_work_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_stop")),
        sa.UniqueConstraint("route_id", "position", name=op.f("uq_plan_stop_route_id_position")),
    )
    with op.batch_alter_table("plan_stop", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_stop_plan_id"), ["plan_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_stop_route_id"), ["route_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_plan_stop_work_order_id"), ["work_order_id"], unique=False
        )

    op.create_table(
        "crew_member",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("assignment_id", big_id, nullable=False),
        sa.Column("technician_id", big_id, nullable=False),
        sa.Column("is_lead", sa.Boolean(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worked_s", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_crew_member_assignment_id")
        ),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_crew_member_technician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crew_member")),
        sa.UniqueConstraint(
            "assignment_id",
            "technician_id",
            name=op.f("uq_crew_member_assignment_id_technician_id"),
        ),
    )
    with op.batch_alter_table("crew_member", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_crew_member_technician_id"), ["technician_id"], unique=False
        )
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_event_change()")
