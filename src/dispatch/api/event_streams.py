"""GraphQL over server-sent events: a stream of its own for each operation.

For clients that may open no web socket: the same operation, sent as any other is, by somebody who
accepts `text/event-stream`. Each payload is an event `next` whose id is its cursor; a browser that
reconnects sends the last one back by itself, and goes on from there.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.types.graphql import OperationType

from dispatch.api.context import Context
from dispatch.api.requests import Wanted
from dispatch.api.responses import to_json
from dispatch.api.rooms import Room
from dispatch.api.running import Failed, Pushed
from dispatch.api.sharing import Stage
from dispatch.domain.rights import Actor

MEDIA_TYPE = "text/event-stream"
LAST_ID = "last-event-id"
_ALIVE_S = 12.0
"""How often something is sent, so that nobody on the way takes the connection for dead."""
_SEND_S = 10.0
"""How long something may wait for a client that does not read."""
_HEADERS = {
    "Cache-Control": "no-store",
    # Proxies that gather what they pass on would hold it back.
    "X-Accel-Buffering": "no",
}


def accepted(request: Request) -> bool:
    """Whether the client takes a stream of events."""
    return MEDIA_TYPE in _kinds(request)


def demanded(request: Request) -> bool:
    """Whether it takes nothing else: many clients name all they know with every query."""
    return _kinds(request) == [MEDIA_TYPE]


def _kinds(request: Request) -> list[str]:
    kinds = request.headers.get("accept", "").lower().split(",")
    return [kind.partition(";")[0].strip() for kind in kinds]


class EventStream(Response):
    """One operation's answer, sent as it comes."""

    def __init__(
        self, stage: Stage, room: Room, wanted: Wanted, context: Context, *, is_post: bool
    ) -> None:
        super().__init__(media_type=MEDIA_TYPE, headers=_HEADERS)
        del self.headers["content-length"]
        self._stage = stage
        self._room = room
        self._wanted = wanted
        self._context = context
        self._allowed = {OperationType.QUERY, OperationType.SUBSCRIPTION}
        if is_post:
            self._allowed.add(OperationType.MUTATION)

    @property
    def caller(self) -> Actor | None:
        """Who reads it."""
        return self._context.caller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Sends until the operation has ended, or the client has gone."""
        session = self._context.session
        with self._room.entered():
            tasks = [
                asyncio.create_task(self._pump(send), name="event-stream"),
                asyncio.create_task(_left(receive), name="event-stream-client"),
            ]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                if session is not None:
                    self._context.hub.sessions.close(session)

    async def _pump(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        answers = self._stage.watch(self._wanted, self._context, allowed=self._allowed)
        async with aclosing(answers):
            await self._tell(send, answers)
        await _part(send, b"event: complete\ndata:\n\n", is_last=True)

    async def _tell(self, send: Send, answers: AsyncGenerator[Pushed | Failed, None]) -> None:
        # Said at once, so that a client knows that it is heard.
        await _part(send, b":\n\n")
        following = asyncio.ensure_future(anext(answers, None))
        try:
            while True:
                done, _ = await asyncio.wait({following}, timeout=_ALIVE_S)
                if not done:
                    await _part(send, b":\n\n")
                    continue
                answer = following.result()
                if answer is None:
                    return
                await _part(send, _event(answer))
                following = asyncio.ensure_future(anext(answers, None))
        finally:
            following.cancel()
            with suppress(Exception, asyncio.CancelledError):
                await following


def _event(answer: Pushed | Failed) -> bytes:
    if isinstance(answer, Failed):
        body = to_json({"errors": list(answer.errors)})
        return b"event: next\ndata: " + body + b"\n\n"
    cursor = f"id: {answer.cursor}\n".encode() if answer.cursor else b""
    return b"event: next\n" + cursor + b"data: " + answer.payload + b"\n\n"


async def _part(send: Send, body: bytes, *, is_last: bool = False) -> None:
    async with asyncio.timeout(_SEND_S):
        await send({"type": "http.response.body", "body": body, "more_body": not is_last})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
