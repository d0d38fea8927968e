"""Starts servers and workers that are to be killed; run as a program of its own.

Each line on standard input names what to start and its database, and starts one, forked with
everything imported; it is answered with process id and port. They are ordinary ones: uvicorn over
the application, and the `worker` command.
"""

from __future__ import annotations

import os
import signal
import socket
import sys

import dbos  # noqa: F401 -- imported once for all workers
import uvicorn

from dispatch.app import create_app
from dispatch.commands import service, workplace
from dispatch.settings import Settings


def serve(database_url: str, listening: socket.socket) -> None:
    """The life of one server."""
    settings = Settings(database_url=database_url, sweeper=False, jobs=False, solver_warm=False)
    config = uvicorn.Config(create_app(settings), log_level="error")
    uvicorn.Server(config).run(sockets=[listening])


def work(database_url: str) -> None:
    """The life of one worker."""
    os.environ.update(DISPATCH_DATABASE_URL=database_url, DISPATCH_SOLVER_WARM="false")
    # What it tells people is not for whoever waits for process ids.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    workplace.run(service.work)


def main() -> None:
    # Whoever was killed is gone at once, without anybody waiting for it.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        kind, database_url = line.split()
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        process = os.fork()
        if process == 0:
            sys.stdin.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if kind == "server":
                serve(database_url, listening)
            else:
                listening.close()
                work(database_url)
            os._exit(0)
        print(process, listening.getsockname()[1], flush=True)
        listening.close()


if __name__ == "__main__":
    main()
