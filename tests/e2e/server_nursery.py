"""Starts servers that are to be killed; run as a program of its own.

Each line on standard input names a database and starts one server on it, forked with everything
imported; it is answered with process id and port. The servers are ordinary ones: uvicorn over the
application.
"""

from __future__ import annotations

import os
import signal
import socket
import sys

import uvicorn

from dispatch.app import create_app
from dispatch.settings import Settings


def serve(database_url: str, listening: socket.socket) -> None:
    """The life of one server."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    config = uvicorn.Config(
        create_app(
            Settings(database_url=database_url, sweeper=False, jobs=False, solver_warm=False)
        ),
        log_level="error",
    )
    uvicorn.Server(config).run(sockets=[listening])


def main() -> None:
    # Whoever was killed is gone at once, without anybody waiting for it.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        process = os.fork()
        if process == 0:
            sys.stdin.close()
            serve(line.strip(), listening)
            os._exit(0)
        print(process, listening.getsockname()[1], flush=True)
        listening.close()


if __name__ == "__main__":
    main()
