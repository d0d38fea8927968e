"""The frame of every subscription: what it wants to hear of, from where on.

A resolver asks `watch` for batches and tells with each payload, by `place`, how far it reaches.
Where the lines come from is the business of whoever runs the operation (`sharing.py`): what was
missed is read for one client, what happens now is read once for all who want the same.
"""

import re
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Annotated, Any, TypeAlias

import strawberry

from dispatch.api.context import Info
from dispatch.domain.errors import Code, refuse
from dispatch.domain.opaque import pack, unpack
from dispatch.services.feed import Line, Position
from dispatch.store.publications import Topic

Since: TypeAlias = Annotated[
    str | None,
    strawberry.argument(
        description="What happened after this cursor is told first, each once and in order, then "
        "what happens now (补发起点): the `cursor` of the last payload one got, or that of "
        "`eventCursor`."
    ),
]

_LETTERS = {Topic.EVENT: "e", Topic.MESSAGE: "m"}
_CURSOR = re.compile(r"(?:e([0-9]{1,18}))?(?:m([0-9]{1,18}))?", re.ASCII)


async def watch(
    info: Info,
    wanted: Callable[[Any], bool],
    *,
    since: str | None,
    topic: Topic = Topic.EVENT,
    apart_s: float = 0.0,
) -> AsyncGenerator[Sequence[Line], None]:
    """Batches of the organization's lines that pass `wanted`; what an earlier batch loaded is
    forgotten, at least `apart_s` seconds apart. Refuses BAD_INPUT a cursor that none of ours is,
    CURSOR_TOO_OLD one too old."""
    context = info.context
    if context.reader is None:
        raise refuse(Code.BAD_INPUT, detail="use a web socket or an event stream")
    since = context.resume_after or since
    number = None if since is None else number_of(since, topic)
    organization_id = context.actor.organization_id

    def is_ours(row: Any) -> bool:
        # Messages have readers instead.
        return getattr(row, "organization_id", organization_id) == organization_id and wanted(row)

    found = context.reader.batches(info, topic, is_ours, since=number, apart_s=apart_s)
    async for batch in found:
        context.loaders.clear()
        yield batch


def place(info: Info, topic: Topic, number: int) -> str:
    """The cursor of the payload that is yielded next."""
    reader = info.context.reader
    if reader is not None:
        reader.number = number
    return cursor_of(topic, number)


def cursor_of(topic: Topic, number: int) -> str:
    return pack(f"{_LETTERS[topic]}{number}".encode())


def cursor_of_all(position: Position) -> str:
    """A cursor that is good for every topic."""
    return pack("".join(f"{_LETTERS[topic]}{position.of(topic)}" for topic in Topic).encode())


def number_of(cursor: str, topic: Topic, *, field: str = "since") -> int:
    """What a cursor says of a topic; refuses BAD_INPUT one that says nothing of it."""
    try:
        plain = unpack(cursor).decode("ascii")
    except ValueError:
        plain = "?"
    found = _CURSOR.fullmatch(plain)
    number = found[1 if topic is Topic.EVENT else 2] if found is not None else None
    if number is None:
        raise refuse(Code.BAD_INPUT, field=field, detail="a cursor of this subscription")
    return int(number)


def stay_signed_in(info: Info) -> None:
    """Looks once more who asks and what they may do; refuses whose session has ended."""
    context = info.context
    if context.session is not None:
        context.caller = context.session.actor()
    context.loaders.clear()
