"""Reads a GraphQL request out of an HTTP request, and refuses what is none."""

from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from dispatch.api.trusted import asked_for
from dispatch.domain.errors import Code, refuse

# Read to the end, though not kept: a client that is still sending would not see the answer.
_DRAINED_MOST = 64_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """One operation as it was sent; `query` may be the mark and hash of a known document."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


class WrongMediaError(Exception):
    """The body is not what the endpoint reads."""


async def read_wanted(request: Request, *, most: int) -> Wanted:
    """The operation of a GET's address or a POST's body of at most `most` bytes."""
    if request.method == "GET":
        sent: dict[str, Any] = {
            name: request.query_params[name]
            for name in ("query", "operationName", "documentId")
            if name in request.query_params
        }
        for name in ("variables", "extensions"):
            if request.query_params.get(name):
                sent[name] = _from_json(request.query_params[name], field=name)
        return _wanted(sent)
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.lower().replace(" ", "").replace('"', "")
    if kind.strip().lower() != "application/json" or (
        "charset=" in charset and "charset=utf-8" not in charset
    ):
        raise WrongMediaError
    sent = _from_json(await _body(request, most=most), field="body")
    if not isinstance(sent, dict):
        raise refuse(Code.BAD_INPUT, detail="one operation, as a JSON object")
    return _wanted(sent)


async def _body(request: Request, *, most: int) -> bytes:
    kept = bytearray()
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size <= most:
                kept += part
            elif size > _DRAINED_MOST:
                break
    except ClientDisconnect as error:
        raise refuse(Code.BAD_INPUT, detail="the body ends early") from error
    if size > most:
        raise refuse(Code.TOO_LARGE, most=most)
    return bytes(kept)


def _from_json(text: str | bytes, *, field: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        # The decoder names place and cause; nested too deeply counts as a cause.
        raise refuse(Code.BAD_INPUT, field=field, detail=f"JSON: {error}") from error


def _wanted(sent: dict[str, Any]) -> Wanted:
    for name in ("variables", "extensions"):
        if not isinstance(sent.get(name), dict | None):
            raise refuse(Code.BAD_INPUT, field=name, detail=f"`{name}` must be an object")
    query = asked_for(sent)
    if query is None or query == "":
        raise refuse(Code.REQUIRED, field="query")
    if not isinstance(query, str):
        raise refuse(Code.BAD_INPUT, field="query", detail="`query` must be text")
    name = sent.get("operationName")
    if not isinstance(name, str | None):
        raise refuse(Code.BAD_INPUT, field="operationName", detail="`operationName` must be text")
    return Wanted(query=query, variables=sent.get("variables"), operation_name=name or None)
