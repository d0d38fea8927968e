"""One web socket's messages: what the engine's handler leaves to us.

Everything a client gets wrong is answered with a code, and a client that does not read is let go.
"""

import asyncio
from contextlib import aclosing, suppress
from typing import Any, cast

import orjson
from starlette.websockets import WebSocketDisconnect
from starlette.websockets import WebSocketDisconnected as Closed
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    Message,
    SubscribeMessage,
)

from dispatch.api.context import Context
from dispatch.api.errors import plain_error
from dispatch.api.observed import operation_seen
from dispatch.api.requests import Wanted
from dispatch.api.running import Failed
from dispatch.api.sharing import Stage
from dispatch.domain.errors import Code, Refusal

OPERATIONS_MOST = 20
SEND_S = 10.0
"""How long a message may wait for a client that does not read."""
TOO_SLOW = 4410
"""The close code of a client for whom too much waits."""
_GOODBYE_S = 1.0
CUT = "dispatch.cut"
"""Names the extension by which the server lets a connection be cut."""
PUSH = "dispatch.push"
"""Names the extension by which the server takes a message at once, or says that it cannot."""
_ID_LENGTH_MOST = 128


class SocketHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """graphql-transport-ws, with limits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sending = asyncio.Lock()
        self._push = self._offered(PUSH, "push") or _not_offered

    @property
    def _stage(self) -> Stage:
        return cast("Any", self.view).stage

    async def shutdown(self) -> None:
        """Ends what runs, and the session."""
        await super().shutdown()
        if self.context.session is not None:
            self.context.hub.sessions.close(self.context.session)

    async def handle_message(self, message: Message) -> None:
        """Passes on what has the shape of a message; ends the connection of who sends others."""
        if _is_message(message):
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("Invalid message")

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Starts an operation, if there are not too many."""
        is_new = message["id"] not in self.operations
        if self.connection_acknowledged and is_new and len(self.operations) >= OPERATIONS_MOST:
            refusal = Refusal(Code.TOO_MANY_SUBSCRIPTIONS, params={"most": OPERATIONS_MOST})
            error = plain_error(refusal, language=self.context.language)
            await self.send_message(
                cast("Message", {"id": message["id"], "type": "error", "payload": [error]})
            )
            return
        await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Runs one, seen by itself: a connection carries many."""
        view = cast("Any", self.view)
        with operation_seen(self.context.caller, view.telling):
            await self._run(operation)

    async def _run(self, operation: Operation[Context, None]) -> None:
        """Sends what an operation gives, until it ends."""
        wanted = Wanted(
            query=operation.query,
            variables=operation.variables,
            operation_name=operation.operation_name,
        )
        head = b'{"id":' + orjson.dumps(operation.id) + b',"type":"next","payload":'
        try:
            async with aclosing(self._stage.watch(wanted, self.context)) as answers:
                async for each in answers:
                    if not isinstance(each, Failed):
                        text = b"%b%b}" % (head, each.payload)
                        if not self._push(text):
                            await self._send(text.decode())
                    elif each.code is Code.TOO_SLOW:
                        await self._let_go()
                        return
                    else:
                        await operation.send_operation_message(
                            cast(
                                "Message",
                                {"id": operation.id, "type": "error", "payload": each.errors},
                            )
                        )
                        return
            await operation.send_operation_message({"id": operation.id, "type": "complete"})
        except Exception as error:
            await self.handle_task_exception(error)
            with suppress(Exception):
                await operation.send_operation_message({"id": operation.id, "type": "complete"})
            self.operations.pop(operation.id, None)
            raise

    async def send_message(self, message: Message) -> None:
        """Sends, or cuts off a client that has not read for too long."""
        await self._send(self.view.encode_json(message))

    async def _send(self, text: Any) -> None:
        try:
            async with asyncio.timeout(SEND_S):
                # One at a time: the server's end waits for one of them only.
                async with self._sending:
                    await cast("Any", self.websocket).ws.send_text(text)
        except TimeoutError:
            self._cut()
            raise WebSocketDisconnected from None
        except (WebSocketDisconnect, Closed) as error:
            raise WebSocketDisconnected from error

    async def handle_task_exception(self, error: Exception) -> None:
        """Logs what went wrong in an operation; that the client has gone is not wrong."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)

    async def _let_go(self) -> None:
        """Says why, should the client still read, and ends the connection."""
        with suppress(Exception):
            async with asyncio.timeout(_GOODBYE_S):
                await self.websocket.close(code=TOO_SLOW, reason=Code.TOO_SLOW.value)
        self._cut()

    def _cut(self) -> None:
        cut = self._offered(CUT, "cut")
        if cut is not None:
            cut()

    def _offered(self, extension: str, name: str) -> Any:
        """What the server lets us do beyond what all servers do; None where it does not."""
        scope = cast("Any", self.websocket).ws.scope
        return (scope.get("extensions") or {}).get(extension, {}).get(name)


def _not_offered(_text: bytes) -> bool:
    return False


def _is_message(message: Any) -> bool:
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    if message["type"] not in ("subscribe", "complete"):
        return True
    identity = message.get("id")
    if not isinstance(identity, str) or not 0 < len(identity) <= _ID_LENGTH_MOST:
        return False
    if message["type"] == "complete":
        return True
    payload = message.get("payload")
    return (
        isinstance(payload, dict)
        and isinstance(payload.get("query"), str)
        and isinstance(payload.get("variables"), dict | None)
        and isinstance(payload.get("operationName"), str | None)
    )
