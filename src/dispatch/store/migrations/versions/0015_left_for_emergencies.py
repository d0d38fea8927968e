"""Work that stands still because its people were sent to an emergency"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None

_BEFORE = ("PARTS", "WORKSHOP", "LONG_JOB", "CUSTOMER_AWAY", "OTHER_TRADE_FIRST")
_SINCE = (*_BEFORE, "EMERGENCY")
_CHECK = "ck_work_order_pause_reason"


def upgrade() -> None:
    _know(_SINCE, instead_of=_BEFORE)
    # What was interrupted before had no reason on record.
    op.execute(
        "UPDATE work_order SET pause_reason = 'EMERGENCY' "
        "WHERE state = 'PAUSED' AND pause_reason IS NULL"
    )


def downgrade() -> None:
    op.execute("UPDATE work_order SET pause_reason = NULL WHERE pause_reason = 'EMERGENCY'")
    _know(_BEFORE, instead_of=_SINCE)


def _know(words: tuple[str, ...], *, instead_of: tuple[str, ...]) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f(_CHECK), "work_order", type_="check")
        op.create_check_constraint(op.f(_CHECK), "work_order", f"pause_reason IN ({_list(words)})")
        return
    # The tool's way would copy the whole table and lose its checks. What the rows look like stays:
    # then SQLite lets the text of the table be changed.
    (version,) = op.get_bind().exec_driver_sql("PRAGMA schema_version").one()
    op.execute("PRAGMA writable_schema = ON")
    op.get_bind().execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, :before, :since) "
            "WHERE type = 'table' AND name = 'work_order'"
        ),
        {"before": f"({_list(instead_of)})", "since": f"({_list(words)})"},
    )
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = OFF")


def _list(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{each}'" for each in words)
