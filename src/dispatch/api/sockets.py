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

from dispatch.api.auth import token_of_socket
from dispatch.api.context import Backing, Context
from dispatch.api.errors import plain_error
from dispatch.api.observed import Telling, note_caller, socket_seen, tell_codes
from dispatch.api.responses import to_json
from dispatch.api.rooms import Room
from dispatch.api.sharing import Stage
from dispatch.api.socket_handler import SocketHandler
from dispatch.api.trusted import MARK, asked_for
from dispatch.domain.errors import Refused
from dispatch.texts import language_of

_INIT_WAIT = timedelta(seconds=10)


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
        stage: Stage,
        backing: Backing,
        room: Room,
        *,
        allowed_origins: Sequence[str],
        telling: Telling,
    ) -> None:
        super().__init__(
            stage.schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=_INIT_WAIT,
            allowed_origins=allowed_origins,
        )
        self.stage = stage
        self._backing = backing
        self._room = room
        self.telling = telling

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves a web socket, unless there are too many: then it is turned away unopened."""
        with self._room.entered() as is_in:
            if is_in:
                with socket_seen(HTTPConnection(scope)):
                    await super().__call__(scope, receive, send)
            else:
                await self._turn_away(scope, receive, send)

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        tell_codes([self._room.refusal.code])
        header = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
        error = plain_error(self._room.refusal, language=language_of(header) or "zh-CN")
        headers = [(b"content-type", b"application/json; charset=utf-8"), (b"retry-after", b"5")]
        start = {"type": "websocket.http.response.start", "status": 503, "headers": headers}
        await send(start)
        body = to_json({"errors": [error]})
        await send({"type": "websocket.http.response.body", "body": body})

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
            if context.token is None:
                raise ConnectionRejectionError
            context.session = await self._backing.hub.sessions.open(
                token=context.token, origin=context.origin, language=wished
            )
            context.caller = context.session.actor()
        except Refused as refused:
            raise ConnectionRejectionError from refused
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
