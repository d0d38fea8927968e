"""Starts servers and workers that are to be killed; run as a program of its own.

They are ordinary ones: uvicorn over the application, and the `worker` command.
"""

from __future__ import annotations

import os
import socket
import sys

import dbos  # noqa: F401 -- imported once for all workers
import uvicorn

from dispatch.app import create_app
from dispatch.commands import worker, workplace
from dispatch.settings import Settings
from tests.e2e.nursery import nurse


def serve(listening: socket.socket, database_url: str) -> None:
    """The life of one server."""
    settings = Settings(database_url=database_url, sweeper=False, jobs=False, solver_warm=False)
    config = uvicorn.Config(create_app(settings), log_level="error")
    uvicorn.Server(config).run(sockets=[listening])


def work(listening: socket.socket, database_url: str) -> None:
    """The life of one worker."""
    listening.close()
    os.environ.update(DISPATCH_DATABASE_URL=database_url, DISPATCH_SOLVER_WARM="false")
    # What it tells people is not for whoever waits for process ids.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    workplace.run(worker.work)


if __name__ == "__main__":
    nurse({"server": serve, "worker": work})
