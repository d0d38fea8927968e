"""Which columns hold what people said or are (SEC-5), in one place.

Of a table that belongs to a customer every text and every document is taken for personal, so that
a new one is erased until somebody says here that it is not.
"""

from enum import StrEnum

from sqlalchemy import JSON, Enum, String

from dispatch.store.base import Base


class Left(StrEnum):
    """What an erasure leaves of a column."""

    SIGN = "SIGN"
    """That there was something: a text becomes a sign, a list keeps its length."""
    NOTHING = "NOTHING"
    BUILDING = "BUILDING"
    """The building in place of the flat."""
    OTHERS = "OTHERS"
    """All members of a document but those named in `WITHIN`."""


_HARMLESS = frozenset(
    {
        # Words of closed lists, numbers and names of the company's own.
        "number", "language", "kind", "channel", "subject", "trade", "code", "source", "key",
        "refusal", "cause", "outcome", "department", "provider", "scores", "building",
        "asset_name", "asset_model", "asset_tag", "traceparent",
        # Who of the staff did it; a customer's own account is looked at apart.
        "taken_by_name", "owner_name", "confirmed_by_name", "called_by_name", "added_by_name",
        "decided_by_name", "answered_by_name", "contacted_by_name", "level_set_by_name", "by_name",
    }
)  # fmt: skip
_HARMLESS_TABLES = frozenset(
    {"plan_stop", "plan_left_out", "disturbance", "erasure", "guess", "signed_hours"}
)
_LEFT = {
    ("party", "phones"): Left.NOTHING,
    ("work_order", "door_code"): Left.NOTHING,
    ("work_order", "completion"): Left.OTHERS,
    ("assignment", "why"): Left.OTHERS,
    **{
        (table, name): Left.BUILDING
        for table in ("ticket", "work_order")
        for name in ("place_id", "latitude", "longitude")
    },
}
WITHIN = {
    # What was found and done, in words and pictures of a home; parts and hours are figures.
    ("work_order", "completion"): (
        "found",
        "cause",
        "done",
        "photos_before",
        "photos_after",
        "signature",
        "no_signature_reason",
    ),
    ("assignment", "why"): ("reason",),
}


def personal_columns(row: type[Base]) -> dict[str, Left]:
    """The personal columns of a table that belongs to a customer, and what is left of each."""
    table = row.__tablename__
    if table in _HARMLESS_TABLES:
        return {}
    found = {}
    for attribute in row.__mapper__.column_attrs:
        column = attribute.columns[0]
        left = _LEFT.get((table, attribute.key))
        is_text = isinstance(column.type, String | JSON) and not isinstance(column.type, Enum)
        if left is None and is_text and attribute.key not in _HARMLESS:
            left = None if column.info.get("secret") else Left.SIGN
        if left is not None:
            found[attribute.key] = left
    return found
