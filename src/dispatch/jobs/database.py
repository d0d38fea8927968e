"""The engine's own connections to an SQLite file.

Whoever writes there takes a turn (`dispatch.store.turns`). The engine does, too: asking again and
again, it would come in vain while requests follow each other without a gap.
"""

import os
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

from dispatch.store.jobs import plain_url
from dispatch.store.turns import Turns

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
_BUSY_S = 30.0
_TURN = "dispatch_turn"


def for_jobs(url: str, *, connections: int) -> Engine:
    """Connections that read whenever they like and write when it is their turn."""
    address = plain_url(url)
    turns = Turns.at(str(make_url(address).database))
    engine = create_engine(
        address, pool_size=connections, max_overflow=0, connect_args={"timeout": _BUSY_S}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # The driver begins a transaction with the first write, not with a read.
        connection.isolation_level = "IMMEDIATE"
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "before_cursor_execute")
    def queue_up(connection: Connection, _cursor: Any, statement: str, *_more: Any) -> None:
        if _TURN not in connection.info and statement.lstrip().upper().startswith(_WRITES):
            connection.info[_TURN] = turns.take()

    @event.listens_for(engine, "checkin")
    def give_back(_connection: Any, record: Any) -> None:
        # After commit or roll-back, and whatever else ends the use of a connection.
        held = record.info.pop(_TURN, None)
        if held is not None:
            os.close(held)

    return engine
