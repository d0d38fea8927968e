"""The endpoint: GraphQL over HTTP, by the specification of that name, and beside it web sockets and
streams of events.

GET runs queries only, so no page on another host can change anything by a link; POST takes JSON
only, which such a page cannot send unasked either. One operation a request.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from dispatch.api import event_streams, graphiql
from dispatch.api.auth import bearer_token, identify
from dispatch.api.context import Backing, Context
from dispatch.api.observed import (
    Telling,
    end_request,
    note_caller,
    operation_seen,
    request_seen,
    tell_codes,
)
from dispatch.api.requests import Wanted, WrongMediaError, read_wanted
from dispatch.api.responses import answer, refusal_response
from dispatch.api.rooms import Room
from dispatch.api.schema import Schema
from dispatch.api.sharing import Stage
from dispatch.api.sockets import SocketView
from dispatch.domain.errors import Code, Refusal, Refused
from dispatch.services.troubles import TROUBLES
from dispatch.store.engine import is_unreachable
from dispatch.telemetry.current import Doing
from dispatch.texts import language_of

_log = structlog.get_logger(__name__)

_DEFAULT_LANGUAGE = "zh-CN"


@dataclass(frozen=True, slots=True)
class Door:
    """What the endpoint lets in."""

    body_limit_bytes: int
    graphiql: bool
    allowed_origins: tuple[str, ...] = ()
    sockets_most: int = 5_000
    telling: Telling = field(default_factory=Telling)


class Endpoint:
    """An ASGI application for one path."""

    def __init__(self, schema: Schema, backing: Backing, door: Door) -> None:
        self._schema = schema
        self._backing = backing
        self._door = door
        self._stage = Stage(schema, backing.hub)
        self._room = Room(door.sockets_most)
        self._sockets = SocketView(
            self._stage,
            backing,
            self._room,
            allowed_origins=door.allowed_origins,
            telling=door.telling,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
            return
        request = Request(scope, receive)
        began = time.perf_counter()
        with request_seen(request) as seen:
            response = await self._respond(request, seen)
            end_request(seen, status=response.status_code, began=began, telling=self._door.telling)
            response.headers["X-Request-Id"] = seen.request_id or ""
            if not isinstance(response, event_streams.EventStream):
                await response(scope, receive, send)
                return
        # What lasts for hours is no part of the request's span, but of its trace.
        with operation_seen(response.caller, self._door.telling, request=seen):
            await response(scope, receive, send)

    async def _respond(self, request: Request, seen: Doing) -> Response:
        language = language_of(request.headers.get("accept-language"))
        context = Context(
            backing=self._backing,
            caller=None,
            language=language or _DEFAULT_LANGUAGE,
            origin=request.client.host if request.client else "",
            trace_id=seen.trace.trace_id,
        )
        try:
            if request.method not in ("GET", "POST"):
                return self._refuse(request, context, _method("GET, POST"), status=405)
            if self._asks_for_page(request):
                return HTMLResponse(graphiql.page())
            context.token = bearer_token(request.headers.get("authorization"))
            context.caller = await identify(
                self._backing.services,
                token=context.token,
                origin=context.origin,
                language=language,
            )
            if context.caller is not None:
                TROUBLES.went_well()
            note_caller(context.caller)
            if context.caller is not None:
                context.language = context.caller.language
            wanted = await read_wanted(request, most=self._door.body_limit_bytes)
            run = self._stream if event_streams.demanded(request) else self._run
            return await run(request, wanted, context)
        except WrongMediaError:
            refusal = Refusal(Code.BAD_INPUT, params={"detail": "Content-Type: application/json"})
            return self._refuse(request, context, refusal, status=415)
        except Refused as refused:
            refusal = refused.refusals[0]
            status = {Code.UNAUTHENTICATED: 401, Code.TOO_LARGE: 413}.get(refusal.code, 400)
            return self._refuse(request, context, refusal, status=status)
        except SQLAlchemyError as error:
            if not is_unreachable(error):
                return self._fault(request, context)
            TROUBLES.failed("internal_error", error)
            return self._refuse(request, context, Refusal(Code.UNAVAILABLE), status=503)
        except Exception:  # noqa: BLE001 -- the last door: logged, and shown as INTERNAL
            return self._fault(request, context)

    def _fault(self, request: Request, context: Context) -> Response:
        _log.exception("internal_error")
        refusal = Refusal(Code.INTERNAL, params={"trace_id": context.trace_id})
        return self._refuse(request, context, refusal, status=500)

    async def _stream(self, request: Request, wanted: Wanted, context: Context) -> Response:
        """The operation as a stream of events, for who has signed in and while there is room."""
        actor = context.actor
        if self._room.is_full:
            headers = {"Retry-After": "5"}
            return self._refuse(request, context, self._room.refusal, status=503, headers=headers)
        context.session = await self._backing.hub.sessions.open(
            token=context.token or "", origin=context.origin, language=actor.language
        )
        context.resume_after = request.headers.get(event_streams.LAST_ID)
        return event_streams.EventStream(
            self._stage, self._room, wanted, context, is_post=request.method == "POST"
        )

    async def _run(self, request: Request, wanted: Wanted, context: Context) -> Response:
        allowed = {OperationType.QUERY}
        if request.method == "POST":
            allowed.add(OperationType.MUTATION)
        try:
            result = await self._schema.execute(
                wanted.query,
                variable_values=wanted.variables,
                context_value=context,
                operation_name=wanted.operation_name,
                allowed_operation_types=allowed,
            )
        except InvalidOperationTypeError as error:
            is_watched = error.operation_type is OperationType.SUBSCRIPTION
            if is_watched and event_streams.accepted(request):
                return await self._stream(request, wanted, context)
            detail = (
                "POST"
                if error.operation_type is OperationType.MUTATION
                else "a web socket, or accept text/event-stream"
            )
            return self._refuse(request, context, _method(detail), status=405)
        except CannotGetOperationTypeError:
            detail = "`operationName` must name one operation of the document"
            refusal = Refusal(Code.BAD_INPUT, ("operationName",), {"detail": detail})
            return self._refuse(request, context, refusal, status=400)
        errors = result.errors or []
        started = result.data is not None or any(error.path for error in errors)
        body: dict[str, Any] = {"data": result.data} if started else {}
        if errors:
            body = {"errors": [error.formatted for error in errors], **body}
        if result.extensions:
            body["extensions"] = result.extensions
        return answer(request, body, started=started)

    def _asks_for_page(self, request: Request) -> bool:
        accepts = request.headers.get("accept", "")
        return (
            self._door.graphiql
            and request.method == "GET"
            and "query" not in request.query_params
            and "text/html" in accepts
        )

    def _refuse(
        self,
        request: Request,
        context: Context,
        refusal: Refusal,
        *,
        status: int,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        tell_codes([refusal.code])
        headers = {**(headers or {})}
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        if status == 405:
            headers["Allow"] = "GET, POST"
        return refusal_response(
            request,
            refusal,
            language=context.language,
            status=status,
            trace_id=context.trace_id,
            headers=headers,
        )


def _method(wanted: str) -> Refusal:
    return Refusal(Code.BAD_INPUT, params={"detail": f"use {wanted}"})
