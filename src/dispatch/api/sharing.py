"""Runs what is watched: once for all who want the same with the same rights; they share its bytes.

Each client's operation first runs by itself, whoever else wants the same: there it is checked,
counted and refused as any other is, and there it gets what it missed. Then it joins a stream, which
runs the same document for everything that happens. The stream's position is a number; what is up to
it the client got by itself, what is above it comes from the stream: nothing twice, nothing missed.

Whose rights change begins again from where they are. So does a stream of many in which something
turns out to depend on who one is: from then on everybody has a stream of their own.
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing, suppress
from contextvars import Context as ContextVars
from dataclasses import dataclass, fields, replace
from typing import Any

import orjson
import structlog
from graphql import VariableNode
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from dispatch.api.context import Context
from dispatch.api.errors import plain_error
from dispatch.api.hub import Hub
from dispatch.api.observed import operation_stands
from dispatch.api.requests import Wanted
from dispatch.api.responses import to_json
from dispatch.api.schema import Schema
from dispatch.api.sessions import Session
from dispatch.api.watching import cursor_of
from dispatch.domain.errors import Code, Refusal, Refused
from dispatch.domain.rights import Actor
from dispatch.services.feed import Line
from dispatch.store.publications import Topic
from dispatch.telemetry import metrics

_log = structlog.get_logger(__name__)

WAITING_MOST = 1_000
"""Payloads that may wait for a client; who is slower is let go."""
_READ_AT_ONCE = 500

ALL = frozenset(OperationType)


@dataclass(frozen=True, slots=True)
class Pushed:
    """One payload, as JSON."""

    payload: bytes
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The end, and why."""

    errors: Sequence[dict[str, Any]]
    code: Code | None = None


class Anyone(Actor):
    """Whoever has these rights. Notes when somebody asks who it is: then the answer is not for
    everybody."""

    __slots__ = ("asked",)

    def __getattribute__(self, name: str) -> Any:
        if name == "user_id":
            object.__setattr__(self, "asked", True)
            return None
        return super().__getattribute__(name)


def anyone(actor: Actor) -> Anyone:
    """The actor without their person."""
    given = {each.name: getattr(actor, each.name) for each in fields(actor)}
    made = Anyone(**{**given, "user_id": None, "name": "", "origin": ""})
    object.__setattr__(made, "asked", False)
    return made


class Stage:
    """All that is watched in this process."""

    def __init__(self, schema: Schema, hub: Hub) -> None:
        self.schema = schema
        self.hub = hub
        self.personal: set[tuple[str, str | None]] = set()
        """Documents that show something of who reads them."""
        self.streams: dict[Any, Stream] = {}

    async def watch(
        self, wanted: Wanted, context: Context, *, allowed: Iterable[OperationType] = ALL
    ) -> AsyncGenerator[Pushed | Failed, None]:
        """What an operation gives: of a subscription all there is until somebody ends it, of
        others one payload. The context is that of a session."""
        assert context.session is not None
        async with AsyncExitStack() as stack:
            member = _Member(self, wanted, context, context.session, stack)
            while True:
                reader = _CatchUp(member)
                try:
                    begun = replace(context, caller=member.begin(), reader=reader)
                except Refused as refused:
                    yield _failed(refused.refusals[0], context)
                    return
                async with aclosing(run(self.schema, wanted, begun, allowed=allowed)) as answers:
                    async for each in answers:
                        if reader.is_watched:
                            member.count(each)
                        yield each
                        if isinstance(each, Failed):
                            return
                if not reader.is_asked or not (reader.is_done or member.begins_again):
                    return
                operation_stands()
                async with aclosing(member.live()) as answers:
                    async for each in answers:
                        member.count(each)
                        yield each
                        if isinstance(each, Failed):
                            return
                if not member.begins_again:
                    return
                # What a reader catches up with again was counted already.
                context = replace(context, pays=False)


async def run(
    schema: Schema, wanted: Wanted, context: Context, *, allowed: Iterable[OperationType] = ALL
) -> AsyncGenerator[Pushed | Failed, None]:
    """The operation as the engine runs it."""
    results = await schema.stream(
        wanted.query,
        variable_values=wanted.variables,
        context_value=context,
        operation_name=wanted.operation_name,
        allowed_operation_types=allowed,
    )
    async with aclosing(results):
        async for result in results:
            if isinstance(result, PreExecutionError):
                yield Failed([dict(each.formatted) for each in result.errors or ()])
                return
            assert isinstance(result, ExecutionResult)
            yield _pushed(result, context)


def _pushed(result: ExecutionResult, context: Context) -> Pushed:
    payload: dict[str, Any] = {"data": result.data}
    if result.errors:
        payload["errors"] = [error.formatted for error in result.errors]
    extensions = dict(result.extensions or {})
    reader: Any = context.reader
    cursor = None
    if reader is not None and reader.topic is not None and result.data is not None:
        cursor = extensions["cursor"] = cursor_of(reader.topic, reader.number)
    if extensions:
        payload["extensions"] = extensions
    return Pushed(to_json(payload), cursor)


def _failed(refusal: Refusal, context: Context) -> Failed:
    error = plain_error(refusal, language=context.language, trace_id=context.trace_id)
    return Failed([error], code=refusal.code)


class _Member:
    """One client's operation, and what waits to be sent to it."""

    def __init__(
        self,
        stage: Stage,
        wanted: Wanted,
        context: Context,
        session: Session,
        stack: AsyncExitStack,
    ) -> None:
        self.stage = stage
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
            await self._stack.enter_async_context(self.stage.hub.running())
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
            self.finish(_failed(Refusal(Code.TOO_SLOW), self.context))
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


class _CatchUp:
    """Reads what one client missed, then lets it join."""

    def __init__(self, member: _Member) -> None:
        self.member = member
        self.topic: Topic | None = None
        self.number = 0
        self.is_watched = False
        self.is_asked = False
        """The operation is one that listens."""
        self.is_done = False
        """Nothing is missing any more."""

    async def batches(
        self, info: Any, topic: Topic, wanted: Callable[[Any], bool], *, since: int | None
    ) -> AsyncGenerator[Sequence[Line], None]:
        member, feed = self.member, self.member.stage.hub.feed
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


class Stream:
    """One run of a document for all who want it with the same rights: a listener of the hub, and
    the reader of its own operation."""

    def __init__(self, stage: Stage, key: Any, topic: Topic, member: _Member, actor: Actor) -> None:
        self.topic = topic
        self.number = 0
        self.is_watched = False
        self.position = stage.hub.position.of(topic)
        """Up to which number everything was given to the members."""
        self.members: set[_Member] = set()
        self.is_over = False
        self.end: Failed | None = None
        self._stage = stage
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
        stage.streams[key] = self
        stage.hub.listeners.add(self)
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

    def leave(self, member: _Member) -> None:
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
    ) -> AsyncGenerator[Sequence[Line], None]:
        self._wanted = wanted
        self._lines = [each for each in self._lines if wanted(each.row)]
        while True:
            self._settle()
            while not self._lines:
                self._wake.clear()
                await self._wake.wait()
            batch, self._lines = self._lines, []
            self._reaching, self._is_busy = self._upto, True
            yield batch

    def _settle(self) -> None:
        """Gives what a batch has come to, all of it at once, to all members."""
        if isinstance(self._actor, Anyone) and self._actor.asked:
            self._stage.personal.add((self._asked.query, self._asked.operation_name))
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
            async with aclosing(run(self._stage.schema, self._asked, self._context)) as answers:
                async for each in answers:
                    if isinstance(each, Failed):
                        self.end = each
                        break
                    self._made.append(each)
        except Exception:  # noqa: BLE001 -- whatever it was, it is logged, and those who wait are told
            _log.exception("stream_failed", trace_id=self._context.trace_id)
            params = {"trace_id": self._context.trace_id}
            self.end = _failed(Refusal(Code.INTERNAL, params=params), self._context)
        self._stop()
        for member in tuple(self.members):
            member.give(self._made)
            member.finish(self.end)

    def _stop(self) -> None:
        self.is_over = True
        self._moved.set()
        self._stage.hub.listeners.discard(self)
        if self._stage.streams.get(self._key) is self:
            del self._stage.streams[self._key]


def stream_for(member: _Member, info: Any, topic: Topic) -> Stream:
    """The stream that a member may share, made where there is none."""
    stage, wanted, actor = member.stage, member.wanted, member.actor
    assert actor is not None
    document = (wanted.query, wanted.operation_name)
    is_nobody = actor.technician_id is None and actor.party_id is None
    if is_nobody and document not in stage.personal:
        actor = anyone(actor)
        who: tuple[Any, ...] = (actor.organization_id, actor.grants)
    else:
        who = (actor.organization_id, actor.grants, actor.user_id)
    key = (document, _variables(wanted, info), who, member.context.language, topic)
    stream = stage.streams.get(key)
    if stream is None:
        stream = Stream(stage, key, topic, member, actor)
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
