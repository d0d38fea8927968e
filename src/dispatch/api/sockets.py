"""Web sockets: graphql-transport-ws alone, signed in by the first message."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import orjson
from starlette.requests import HTTPConnection, Request
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET, UnsetType

from dispatch.api.auth import identify, token_of_socket
from dispatch.api.context import Backing, Context
from dispatch.api.observed import Telling, note_caller, socket_seen
from dispatch.api.responses import to_json
from dispatch.api.schema import Schema
from dispatch.api.socket_handler import SocketHandler
from dispatch.api.trusted import MARK, asked_for
from dispatch.domain.errors import Refused
from dispatch.texts import language_of

_INIT_WAIT = timedelta(seconds=10)
_FULL = 1013


def _asked(payload: dict[str, Any]) -> Any:
    """What the guard takes for a document. A hash that fits no text beside it is one that nobody
    knows; over HTTP that is said more exactly."""
    try:
        return asked_for(payload)
    except Refused:
        return MARK


class SocketView(GraphQL[Context, None]):
    """The engine's protocol, with our context, JSON and sign-in."""

    graphql_transport_ws_handler_class = SocketHandler

    def __init__(
        self,
        schema: Schema,
        backing: Backing,
        *,
        allowed_origins: Sequence[str],
        most: int,
        telling: Telling,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=_INIT_WAIT,
            allowed_origins=allowed_origins,
        )
        self._backing = backing
        self._most = most
        self.telling = telling
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a web socket, unless there are too many: then it is turned away unopened."""
        if self._open >= self._most:
            await receive()
            await send({"type": "websocket.close", "code": _FULL, "reason": "Too many"})
            return
        self._open += 1
        try:
            with socket_seen(HTTPConnection(scope)):
                await super().__call__(scope, receive, send)
        finally:
            self._open -= 1

    async def get_context(self, request: Request | WebSocket, response: Any) -> Context:  # noqa: ARG002
        return Context(
            backing=self._backing,
            caller=None,
            language=language_of(request.headers.get("accept-language")) or "zh-CN",
            origin=request.client.host if request.client else "",
        )

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Lets in who sends a valid token; everybody else is closed out with 4403."""
        parameters = context.connection_params
        wished = language_of(str((parameters or {}).get("Accept-Language", "")))
        try:
            context.token = token_of_socket(parameters)
            context.caller = await identify(
                self._backing.services,
                token=context.token,
                origin=context.origin,
                language=wished,
            )
        except Refused as refused:
            raise ConnectionRejectionError from refused
        if context.caller is None:
            raise ConnectionRejectionError
        note_caller(context.caller)
        context.language = context.caller.language
        return UNSET

    def decode_json(self, data: str | bytes) -> object:
        message = orjson.loads(data)
        payload = message.get("payload") if isinstance(message, dict) else None
        if isinstance(payload, dict) and message.get("type") == "subscribe":
            payload["query"] = _asked(payload)
        return message

    def encode_json(self, data: object) -> str:
        return to_json(data).decode()
