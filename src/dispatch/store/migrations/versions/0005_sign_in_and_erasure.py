"""Identities at providers, tries that are counted, and the one way texts leave the record"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# All of a line but its texts stands for ever.
FIXED = (
    "id",
    "organization_id",
    "site_id",
    "at",
    "kind",
    "subject",
    "subject_id",
    "ticket_id",
    "work_order_id",
    "actor_id",
)
OPEN = "EXISTS (SELECT 1 FROM erasure WHERE finished_at IS NULL)"


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("key", name=op.f("uq_attempt_key")),
    )
    op.create_index(op.f("ix_attempt_expires_at"), "attempt", ["expires_at"])
    op.create_table(
        "identity",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("user_id", big_id, nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_identity_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identity_issuer_subject")),
    )
    op.create_index(op.f("ix_identity_user_id"), "identity", ["user_id"])
    op.create_table(
        "sign_in_flow",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=80), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_flow")),
        sa.UniqueConstraint("state", name=op.f("uq_sign_in_flow_state")),
    )
    op.create_index(op.f("ix_sign_in_flow_expires_at"), "sign_in_flow", ["expires_at"])
    op.create_table(
        "erasure",
        sa.Column("id", big_id, sa.Identity(always=False), nullable=False),
        sa.Column("site_id", big_id, nullable=False),
        sa.Column("party_id", big_id, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_erasure_site_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_erasure_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_site_id"), "erasure", ["site_id"])
    op.create_index(op.f("ix_erasure_party_id"), "erasure", ["party_id"])
    op.add_column("token", sa.Column("origin", sa.String(length=120), nullable=True))
    op.add_column("token", sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in FIXED)
    # Replacing a row would delete it without waking the trigger on deletion.
    op.execute(
        "CREATE TRIGGER event_no_replace BEFORE INSERT ON event "
        "WHEN EXISTS (SELECT 1 FROM event WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END"
    )
    op.execute("DROP TRIGGER event_no_update")
    op.execute(
        f"CREATE TRIGGER event_no_update BEFORE UPDATE ON event WHEN NOT ({OPEN} AND {same}) "
        "BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END"
    )


def _guard_postgresql() -> None:
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in FIXED)
    op.execute(
        "CREATE FUNCTION refuse_event_change_but_erasure() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {OPEN} AND {same} THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION 'the record is append-only'; END $$"
    )
    op.execute("DROP TRIGGER event_append_only ON event")
    op.execute(
        "CREATE TRIGGER event_append_only BEFORE DELETE OR TRUNCATE ON event "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()"
    )
    op.execute(
        "CREATE TRIGGER event_texts_alone BEFORE UPDATE ON event "
        "FOR EACH ROW EXECUTE FUNCTION refuse_event_change_but_erasure()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER event_no_replace")
        op.execute("DROP TRIGGER event_no_update")
        op.execute(
            "CREATE TRIGGER event_no_update BEFORE UPDATE ON event "
            "BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END"
        )
    else:
        op.execute("DROP TRIGGER event_texts_alone ON event")
        op.execute("DROP TRIGGER event_append_only ON event")
        op.execute(
            "CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()"
        )
        op.execute("DROP FUNCTION refuse_event_change_but_erasure()")
    op.drop_column("token", "signed_in_at")
    op.drop_column("token", "origin")
    for table in ("erasure", "sign_in_flow", "identity", "attempt"):
        op.drop_table(table)
