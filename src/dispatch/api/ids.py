"""Global ids: opaque text that names a kind of thing and its row."""

import binascii
import re
from collections.abc import Sequence
from typing import Any

import strawberry

from dispatch.api.quick import Tell, told_by_kind
from dispatch.domain.errors import Code, refuse
from dispatch.domain.opaque import unpack
from dispatch.telemetry.current import note_site

# What the databases' BIGINT holds.
_HIGHEST = 2**63 - 1
_PLAIN = re.compile(r"([A-Za-z]{1,40}):([1-9][0-9]{0,18})", re.ASCII)


def _of_kind(kind: str) -> Tell:
    begin = f"{kind}:"

    def tell(row: Any, _context: Any) -> str:
        return _opaque(f"{begin}{row.id}")

    return tell


@strawberry.interface(description="有标识的对象。Anything that `node(id)` can give.")
class Node:
    @strawberry.field(
        description="标识。Opaque and stable; the same thing has the same id for ever.",
        metadata=told_by_kind(_of_kind),
    )
    def id(root: Any, info: strawberry.Info) -> strawberry.ID:
        # Objects are the store's rows; the kind is the type through which they are read.
        return encode(info._raw_info.parent_type.name, root.id)  # noqa: SLF001


def encode(kind: str, row_id: int) -> strawberry.ID:
    """The global id of a row: `encode("WorkOrder", 42)`."""
    return strawberry.ID(_opaque(f"{kind}:{row_id}"))


def _opaque(plain: str) -> str:
    """URL-safe base64 without padding; a page of a list has some thousand of these."""
    # Letters, digits and a colon never give one of the two characters that URLs spell another way.
    return binascii.b2a_base64(plain.encode(), newline=False).decode().rstrip("=")


def parse(given: str, *, field: str | tuple[str, ...] = "id") -> tuple[str, int]:
    """Kind and row id; refuses BAD_INPUT what this service never gave out."""
    try:
        plain = unpack(given).decode("ascii")
    except ValueError:
        plain = ""
    found = _PLAIN.fullmatch(plain)
    if found is None:
        raise refuse(Code.BAD_INPUT, field=field, detail="an id as the service gave it")
    kind, row_id = found[1], int(found[2])
    if row_id > _HIGHEST:
        raise refuse(Code.NOT_FOUND, field=field, id=given)
    return kind, row_id


def decode(given: str, kind: str, *, field: str | tuple[str, ...] = "id") -> int:
    """The row id behind a global id; refuses NOT_FOUND when it names another kind of thing."""
    found, row_id = parse(given, field=field)
    if found != kind:
        raise refuse(Code.NOT_FOUND, field=field, id=given)
    if kind == "Site":
        note_site(row_id)
    return row_id


def decode_optional(
    given: str | None, kind: str, *, field: str | tuple[str, ...] = "id"
) -> int | None:
    """Like `decode`; None stays None."""
    return None if given is None else decode(given, kind, field=field)


def decode_all(
    given: Sequence[str], kind: str, *, field: str | tuple[str, ...] = "ids"
) -> list[int]:
    """Like `decode`, for a list."""
    return [decode(one, kind, field=field) for one in given]
