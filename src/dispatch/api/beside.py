"""Routes beside GraphQL: seen and told of as that is."""

import time
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from dispatch.api.observed import Telling, end_request, request_seen, tell_codes
from dispatch.api.responses import refusal_response
from dispatch.domain.errors import Code, Refusal
from dispatch.services.troubles import TROUBLES
from dispatch.store.engine import is_unreachable
from dispatch.telemetry.current import Doing
from dispatch.texts import language_of

_DEFAULT_LANGUAGE = "zh-CN"


def seen(
    route: Callable[[Request], Awaitable[Response]], *, path: str, kind: str, telling: Telling
) -> Callable[[Request], Awaitable[Response]]:
    """The route, with a line of log, a span and figures of each request; `path` stands for it,
    without what is secret in it.

    What goes wrong in it is answered with INTERNAL, or UNAVAILABLE where the database is away.
    """

    async def answer(request: Request) -> Response:
        began = time.perf_counter()
        with request_seen(request, path=path) as made:
            try:
                response = await route(request)
            except Exception as error:  # noqa: BLE001 -- the last door: logged, and told with a code
                response = _fault(request, error, made)
            end_request(made, status=response.status_code, began=began, telling=telling, kind=kind)
            response.headers["X-Request-Id"] = made.request_id or ""
            return response

    return answer


def _fault(request: Request, error: Exception, made: Doing) -> Response:
    is_away = isinstance(error, SQLAlchemyError) and is_unreachable(error)
    TROUBLES.failed("internal_error", error)
    code = Code.UNAVAILABLE if is_away else Code.INTERNAL
    tell_codes([code])
    return refusal_response(
        request,
        Refusal(code, params={} if is_away else {"trace_id": made.trace.trace_id}),
        language=language_of(request.headers.get("accept-language")) or _DEFAULT_LANGUAGE,
        status=503 if is_away else 500,
        trace_id=made.trace.trace_id,
    )
