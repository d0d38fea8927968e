"""One client of what is watched: what it missed, then what its stream gives."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

from dispatch.api.context import Context
from dispatch.api.requests import Wanted
from dispatch.api.running import Failed, Pushed, failed
from dispatch.api.sessions import Session
from dispatch.api.streams import Stream, Streams, stream_for
from dispatch.domain.errors import Code, Refusal
from dispatch.domain.rights import Actor
from dispatch.services.feed import Line
from dispatch.store.publications import Topic
from dispatch.telemetry import metrics

WAITING_MOST = 1_000
"""Payloads that may wait for a client; who is slower is let go."""
_READ_AT_ONCE = 500


class Member:
    """One client's operation, and what waits to be sent to it."""

    def __init__(
        self,
        streams: Streams,
        wanted: Wanted,
        context: Context,
        session: Session,
        stack: AsyncExitStack,
    ) -> None:
        self.streams = streams
        self.wanted = wanted
        self.context = context
        self.session = session
        self.actor: Actor | None = None
        self.position: int | None = None
        """Up to which number all was given; None before anything was."""
        self.begins_again = False
        self._stack = stack
        self._stream: Stream | None = None
        self._is_live = False
        self._waiting: deque[Pushed] = deque()
        self._wake = asyncio.Event()
        self._end: Failed | None = None
        self._is_over = False
        self._runs = False
        self._is_counted = False
        session.changed.add(self.begin_again)
        stack.callback(session.changed.discard, self.begin_again)
        stack.callback(self._leave)

    def count(self, each: Pushed | Failed | None) -> None:
        """Tells the figures that a subscription is open, and what it was sent."""
        if not self._is_counted:
            self._is_counted = True
            metrics.SUBSCRIPTIONS.inc()
            self._stack.callback(metrics.SUBSCRIPTIONS.dec)
        if isinstance(each, Pushed):
            metrics.PUSHED.inc()

    def begin(self) -> Actor:
        """Who it is, at the beginning of a run."""
        self.begins_again = False
        self.actor = self.session.actor()
        return self.actor

    def begin_again(self) -> None:
        """Lets the operation begin once more from where it is: other rights, or none."""
        if self._stream is not None and self._is_live:
            self.position = self._stream.position
        elif self._stream is not None:
            # It is being caught up with: how far, is noted there.
            self._waiting.clear()
        self._leave()
        self.begins_again = True
        self._wake.set()

    async def join(self, info: Any, topic: Topic) -> "Stream":
        """A stream of this document for these rights; nothing comes from it until `go_live`."""
        if not self._runs:
            await self._stack.enter_async_context(self.streams.hub.running())
            self._runs = True
        self._leave()
        self._stream = stream_for(self, info, topic)
        return self._stream

    def attach(self) -> int:
        """From now on the stream gives; up to which number it has given to others."""
        assert self._stream is not None
        self._stream.members.add(self)
        return self._stream.position

    def give(self, items: Sequence[Pushed]) -> None:
        """Lets these wait to be sent, or ends a client for whom too many wait."""
        if not self.session.stands():
            self.begin_again()
            return
        if len(self._waiting) + len(items) > WAITING_MOST:
            self.finish(failed(Refusal(Code.TOO_SLOW), self.context))
            return
        self._waiting.extend(items)
        self._wake.set()

    def finish(self, end: Failed | None) -> None:
        """Nothing more comes."""
        self._end, self._is_over = end, True
        if end is not None:
            self._waiting.clear()
        self._leave()
        self._wake.set()

    async def live(self) -> AsyncGenerator[Pushed | Failed, None]:
        """What the stream gives, until it ends or all begins again."""
        self._is_live = self._stream is not None
        self.count(None)
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            if self._end is not None:
                yield self._end
            if self._is_over or self.begins_again:
                return
            self._wake.clear()
            await self._wake.wait()

    def _leave(self) -> None:
        stream, self._stream, self._is_live = self._stream, None, False
        if stream is not None:
            stream.leave(self)


class CatchUp:
    """Reads what one client missed, then lets it join."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.topic: Topic | None = None
        self.number = 0
        self.is_watched = False
        self.is_asked = False
        """The operation is one that listens."""
        self.is_done = False
        """Nothing is missing any more."""

    async def batches(
        self,
        info: Any,
        topic: Topic,
        wanted: Callable[[Any], bool],
        *,
        since: int | None,
        apart_s: float = 0.0,  # noqa: ARG002 -- what was missed is told as fast as can be
    ) -> AsyncGenerator[Sequence[Line], None]:
        member, feed = self.member, self.member.streams.hub.feed
        self.is_asked = True
        number = since if member.position is None else member.position
        if number is not None:
            await feed.demand_kept(topic, number)
        stream = await member.join(info, topic)
        if number is not None:
            # Another process may have told the client of it first.
            await stream.reached(number)
        if member.begins_again:
            return
        if stream.is_over:
            member.finish(stream.end)
            self.is_done = True
            return
        # Nothing waits between these two: what is not read here comes from the stream.
        upto = member.attach()
        self.topic = topic
        member.position = upto if number is None else number
        while member.position < upto and not member.begins_again:
            lines = await feed.after(topic, member.position, upto=upto, most=_READ_AT_ONCE)
            batch = [line for line in lines if wanted(line.row)]
            if batch and not member.begins_again:
                yield batch
            if not lines:
                break
            member.position = lines[-1].number
        self.is_done = not member.begins_again
