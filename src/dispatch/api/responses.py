"""HTTP answers of the GraphQL endpoint: status, media type, JSON."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from dispatch.api.errors import plain_error
from dispatch.domain.errors import Code, Refusal

GRAPHQL_RESPONSE = "application/graphql-response+json"
_JSON = "application/json"

_STATUS = {
    Code.UNAUTHENTICATED.value: 401,
    Code.TOO_LARGE.value: 413,
    Code.RATE_LIMITED.value: 429,
    Code.UNAVAILABLE.value: 503,
    Code.TIMEOUT.value: 503,
}


def to_json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)


def media_type(accept: str | None) -> str:
    """The newer type for who names it, the older for all others."""
    for part in (accept or "").split(","):
        kind, _, parameters = part.partition(";")
        if (
            kind.strip().lower() == GRAPHQL_RESPONSE
            and "q=0" not in parameters.replace(" ", "")[:4]
        ):
            return GRAPHQL_RESPONSE
    return _JSON


def answer(request: Request, body: Mapping[str, Any], *, started: bool) -> Response:
    """The response to an operation; `started` tells that its execution began.

    Under `application/json` a well-formed request is 200 whatever its document holds; the newer
    type says 400. Who is not signed in gets 401 either way, so that proxies and clients see it.
    """
    kind = media_type(request.headers.get("accept"))
    status = 200
    headers = {}
    for error in body.get("errors") or ():
        status = _STATUS.get(error["extensions"]["code"], status)
        if "retryAfter" in error["extensions"]:
            headers["Retry-After"] = str(error["extensions"]["retryAfter"])
    if status == 200 and not started and kind == GRAPHQL_RESPONSE:
        status = 400
    return _response(to_json(body), status=status, kind=kind, headers=headers)


def refusal_response(
    request: Request,
    refusal: Refusal,
    *,
    language: str,
    status: int,
    trace_id: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The response to a request that never became an operation."""
    error = plain_error(refusal, language=language, trace_id=trace_id)
    kind = media_type(request.headers.get("accept"))
    return _response(to_json({"errors": [error]}), status=status, kind=kind, headers=headers)


def _response(
    body: bytes, *, status: int, kind: str, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        body,
        status_code=status,
        media_type=f"{kind}; charset=utf-8",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
