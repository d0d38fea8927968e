"""Starts sweepers that are to be killed; run as a program of its own.

They do what the service's processes do every second, and nothing else, at a time that stands still.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
from datetime import datetime
from itertools import count

from sqlalchemy import Connection, event

from dispatch.jobs.sweeper import Sweeper
from dispatch.services.action import Services
from dispatch.store.engine import Store
from tests.e2e.nursery import nurse


def sweep(
    listening: socket.socket, database_url: str, now: str, commits: float | str = "inf"
) -> None:
    """The life of one sweeper; it dies when its transaction of that number, all of it written, is
    about to be committed."""
    listening.close()
    moment = datetime.fromisoformat(now)
    services = Services(Store(database_url), lambda: moment, random.SystemRandom().randrange)
    numbers = count(1)

    def die(_connection: Connection) -> None:
        if next(numbers) >= float(commits):
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(services.store.engine.sync_engine, "commit", die)
    asyncio.run(Sweeper(services).run())


if __name__ == "__main__":
    nurse({"sweeper": sweep})
