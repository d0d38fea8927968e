"""One run of a document for all who want it with the same rights; they share its bytes."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from contextvars import Context as ContextVars
from dataclasses import replace
from typing import Any, Protocol

import orjson
import structlog
from graphql import VariableNode

from dispatch.api.anyone import Anyone, anyone
from dispatch.api.context import Context
from dispatch.api.hub import Hub
from dispatch.api.requests import Wanted
from dispatch.api.running import Failed, Pushed, failed, run
from dispatch.api.schema import Schema
from dispatch.domain.errors import Code, Refusal
from dispatch.domain.rights import Actor
from dispatch.services.feed import Line
from dispatch.store.publications import Topic

_log = structlog.get_logger(__name__)


class Listener(Protocol):
    """One client's operation, as its stream knows it."""

    wanted: Wanted
    context: Context
    actor: Actor | None
    streams: "Streams"

    def give(self, items: Sequence[Pushed]) -> None:
        """Lets these wait to be sent."""

    def finish(self, end: Failed | None) -> None:
        """Nothing more comes."""

    def begin_again(self) -> None:
        """Lets the operation begin once more from where it is."""


class Streams:
    """All streams of this process."""

    def __init__(self, schema: Schema, hub: Hub) -> None:
        self.schema = schema
        self.hub = hub
        self.personal: set[tuple[str, str | None]] = set()
        """Documents that show something of who reads them."""
        self.by_key: dict[Any, Stream] = {}


class Stream:
    """One run of a document for all who want it with the same rights: a listener of the hub, and
    the reader of its own operation."""

    def __init__(
        self, streams: Streams, key: Any, topic: Topic, member: Listener, actor: Actor
    ) -> None:
        self.topic = topic
        self.number = 0
        self.is_watched = False
        self.position = streams.hub.position.of(topic)
        """Up to which number everything was given to the members."""
        self.members: set[Listener] = set()
        self.is_over = False
        self.end: Failed | None = None
        self._streams = streams
        self._key = key
        self._asked = member.wanted
        self._actor = actor
        self._context = replace(
            member.context, caller=actor, reader=self, session=None, token=None, pays=False
        )
        self._wanted: Callable[[Any], bool] | None = None
        self._lines: list[Line] = []
        self._upto = self._reaching = self.position
        self._is_busy = True
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()
        self._made: list[Pushed] = []
        self._waits = 0
        streams.by_key[key] = self
        streams.hub.listeners.add(self)
        # What is seen of the operation that came first is not seen of this one.
        self._task = asyncio.create_task(self._run(), name="stream", context=ContextVars())

    def put(self, lines: Sequence[Line]) -> None:
        """The hub's next lines."""
        self._upto = lines[-1].number
        wanted = self._wanted
        mine = [each for each in lines if wanted is None or wanted(each.row)]
        if mine:
            self._lines += mine
            self._wake.set()
        elif not self._is_busy and not self._lines:
            self._move(self._upto)

    async def reached(self, number: int) -> None:
        """Returns when the position is there, or the stream is over."""
        while self.position < number and not self.is_over:
            self._moved.clear()
            await self._moved.wait()

    def enter(self) -> None:
        """Somebody is about to join."""
        self._waits += 1

    def leave(self, member: Listener) -> None:
        """Ends with the last who joined, or was about to."""
        self._waits -= 1
        self.members.discard(member)
        if self._waits == 0:
            self._stop()
            self._task.cancel()

    async def batches(
        self,
        info: Any,  # noqa: ARG002
        topic: Topic,  # noqa: ARG002
        wanted: Callable[[Any], bool],
        *,
        since: int | None,  # noqa: ARG002
        apart_s: float = 0.0,
    ) -> AsyncGenerator[Sequence[Line], None]:
        self._wanted = wanted
        self._lines = [each for each in self._lines if wanted(each.row)]
        now, begun = asyncio.get_running_loop().time, 0.0
        while True:
            self._settle()
            while not self._lines:
                self._wake.clear()
                await self._wake.wait()
            if (early_s := begun + apart_s - now()) > 0:
                # What comes meanwhile goes with it.
                await asyncio.sleep(early_s)
            begun = now()
            batch, self._lines = self._lines, []
            self._reaching, self._is_busy = self._upto, True
            yield batch

    def _settle(self) -> None:
        """Gives what a batch has come to, all of it at once, to all members."""
        if isinstance(self._actor, Anyone) and self._actor.asked:
            self._streams.personal.add((self._asked.query, self._asked.operation_name))
            for member in tuple(self.members):
                member.begin_again()
            return
        made, self._made = self._made, []
        # In this order: who begins again because of what they are given has not had it.
        if made:
            for member in tuple(self.members):
                member.give(made)
        self._is_busy = False
        self._move(self._reaching if self._lines else self._upto)

    def _move(self, position: int) -> None:
        self.position = position
        self._moved.set()

    async def _run(self) -> None:
        try:
            async with aclosing(run(self._streams.schema, self._asked, self._context)) as answers:
                async for each in answers:
                    if isinstance(each, Failed):
                        self.end = each
                        break
                    self._made.append(each)
        except Exception:  # noqa: BLE001 -- whatever it was, it is logged, and those who wait are told
            _log.exception("stream_failed", trace_id=self._context.trace_id)
            params = {"trace_id": self._context.trace_id}
            self.end = failed(Refusal(Code.INTERNAL, params=params), self._context)
        self._stop()
        for member in tuple(self.members):
            member.give(self._made)
            member.finish(self.end)

    def _stop(self) -> None:
        self.is_over = True
        self._moved.set()
        self._streams.hub.listeners.discard(self)
        if self._streams.by_key.get(self._key) is self:
            del self._streams.by_key[self._key]


def stream_for(member: Listener, info: Any, topic: Topic) -> Stream:
    """The stream that a member may share, made where there is none."""
    streams, wanted, actor = member.streams, member.wanted, member.actor
    assert actor is not None
    document = (wanted.query, wanted.operation_name)
    is_nobody = actor.technician_id is None and actor.party_id is None
    if is_nobody and document not in streams.personal:
        actor = anyone(actor)
        who: tuple[Any, ...] = (actor.organization_id, actor.grants)
    else:
        who = (actor.organization_id, actor.grants, actor.user_id)
    key = (document, _variables(wanted, info), who, member.context.language, topic)
    stream = streams.by_key.get(key)
    if stream is None:
        stream = Stream(streams, key, topic, member, actor)
    stream.enter()
    return stream


def _variables(wanted: Wanted, info: Any) -> bytes:
    """The variables as far as they matter to what happens from now on: not from where on."""
    given = dict(wanted.variables or {})
    raw = info._raw_info  # noqa: SLF001
    for argument in raw.field_nodes[0].arguments or ():
        if argument.name.value == "since" and isinstance(argument.value, VariableNode):
            name = argument.value.name.value
            text = raw.operation.loc.source.body if raw.operation.loc else ""
            # Declared and used once: nothing else depends on it.
            if len(re.findall(rf"\${name}\b", text)) == 2:
                given.pop(name, None)
    with suppress(TypeError):
        return orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
    return repr(given).encode()
