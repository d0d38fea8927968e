"""A benchmark's parts, each in a process of its own: none takes longer than it may, and what one
does not bring to an end the others never notice."""

import asyncio
import os
import signal
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

_GENTLE_S = 20
"""How long whoever is told to end may take to stop the servers that they began."""


Part = Callable[[], Awaitable[Any]]
"""Measures something; can be sent to another process."""


class NotMeasured(Exception):  # noqa: N818 -- says what is so, not that it is an error
    """Why there are no figures of a part."""


def measured_within(seconds: float, part: Part) -> Any:
    """What the part finds. Raises `NotMeasured` if it fails, or is not done by then: it is told to
    end, then ended with all that it began."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(theirs, part))
    process.start()
    theirs.close()
    try:
        if not ours.poll(seconds):
            raise NotMeasured(f"stopped after {seconds:g} s")
        found, trouble = ours.recv()
    except EOFError:
        raise NotMeasured("its process ended without a word") from None
    finally:
        _end(process)
    if trouble is not None:
        raise NotMeasured(trouble)
    return found


def _end(process: Any) -> None:
    process.join(1)
    for kind in (signal.SIGTERM, signal.SIGKILL):
        # The group outlives its leader while a server that the part began does.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, kind)
        process.join(_GENTLE_S)


def _run(pipe: Connection, part: Part) -> None:
    os.setsid()
    try:
        pipe.send((asyncio.run(_awaited(part)), None))
    except Exception as error:  # noqa: BLE001 -- whatever it is, the other parts go on
        traceback.print_exc()
        pipe.send((None, f"{type(error).__name__}: {error}"[:500]))


async def _awaited(part: Part) -> Any:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    # Told to end, it leaves its blocks, and they stop what they began.
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    return await part()
