"""Forks processes that are to be killed, from one that has imported all they need."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping

Life = Callable[..., None]
"""What a process does: with its socket, its database, and what else was said of it."""


def nurse(lives: Mapping[str, Life]) -> None:
    """Starts one for each line on standard input: which life, its database, and what else it takes;
    each is answered with process id and port."""
    # Whoever was killed is gone at once, without anybody waiting for it.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        kind, *rest = line.split()
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        process = os.fork()
        if process == 0:
            sys.stdin.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            lives[kind](listening, *rest)
            os._exit(0)
        print(process, listening.getsockname()[1], flush=True)
        listening.close()
