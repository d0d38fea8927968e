"""Documents that the service knows by their hash: those of `schema/operations`, one operation each.

A client that sends the hash alone saves the way and the parsing of names; a service that takes
nothing else answers only what was looked at before.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from graphql import get_operation_ast, parse, print_ast, separate_operations

from dispatch.api.graphiql import documents_by_name
from dispatch.domain.errors import Code, refuse

MARK = "sha256:"
"""Begins what stands for a document where its text would; no document begins so."""


class Trust(StrEnum):
    """What documents are taken."""

    OFF = "off"
    """Texts alone; nothing by its hash."""
    ALSO = "also"
    ONLY = "only"
    """Known documents alone, by hash or by their very text."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """A known document of one operation, with the fragments it uses."""

    name: str
    kind: str
    text: str
    hash: str


@cache
def trusted() -> Mapping[str, Trusted]:
    """Every known document, by its hash."""
    found = {}
    for text in documents_by_name().values():
        for name, document in separate_operations(parse(text)).items():
            operation = get_operation_ast(document)
            assert operation is not None
            body = print_ast(document)
            key = digest(body)
            found[key] = Trusted(name, operation.operation.value, body, key)
    return found


def digest(text: str) -> str:
    """SHA-256 of a document's text, in lower-case hexadecimal digits."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def text_of(asked: str, trust: Trust) -> str:
    """The text to run for what was sent: a document, or a hash after `MARK`.

    Refuses PERSISTED_QUERY_NOT_SUPPORTED where nothing is known by its hash,
    PERSISTED_QUERY_NOT_FOUND for a hash that nobody knows, DOCUMENT_NOT_TRUSTED for a text where
    only known ones are taken.
    """
    if asked.startswith(MARK):
        if trust is Trust.OFF:
            raise refuse(Code.PERSISTED_QUERY_NOT_SUPPORTED, field="extensions")
        known = trusted().get(asked.removeprefix(MARK).lower())
        if known is None:
            raise refuse(Code.PERSISTED_QUERY_NOT_FOUND, field="extensions")
        return known.text
    if trust is Trust.ONLY and digest(asked) not in trusted():
        raise refuse(Code.DOCUMENT_NOT_TRUSTED, field="query")
    return asked


def asked_for(sent: Mapping[str, Any]) -> str | None:
    """What stands for the document in a request: its text, or `MARK` and its hash.

    The hash is taken from `extensions.persistedQuery.sha256Hash`, or from `documentId`. Refuses
    BAD_INPUT for a text that is not the one of the hash beside it.
    """
    query = sent.get("query")
    given = _hash_in(sent)
    if given is None:
        return query
    if isinstance(query, str) and query:
        if digest(query) != given:
            raise refuse(Code.BAD_INPUT, field="extensions", detail="not the hash of `query`")
        return query
    return MARK + given


def _hash_in(sent: Mapping[str, Any]) -> str | None:
    extensions = sent.get("extensions")
    persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    if persisted is not None:
        value = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
        is_known = isinstance(persisted, dict) and persisted.get("version", 1) == 1
        if not isinstance(value, str) or not is_known:
            detail = "`persistedQuery` needs `version` 1 and `sha256Hash`"
            raise refuse(Code.BAD_INPUT, field="extensions", detail=detail)
        return value.lower()
    value = sent.get("documentId")
    if value is None:
        return None
    if not isinstance(value, str):
        raise refuse(Code.BAD_INPUT, field="documentId", detail="`documentId` must be text")
    return value.removeprefix(MARK).lower()


def manifest() -> str:
    """All known documents as clients' tools read them, an operation a line."""
    known = sorted(trusted().values(), key=lambda each: each.name)
    lines = [_line(each) for each in known]
    head = '{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [\n'
    return head + ",\n".join(lines) + "\n]}\n"


def _line(known: Trusted) -> str:
    entry = {"id": known.hash, "name": known.name, "type": known.kind, "body": known.text}
    return json.dumps(entry, ensure_ascii=False)
