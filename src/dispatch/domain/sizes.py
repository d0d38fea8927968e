"""How much one input may bring: of text, of items, of a number.

What a column of the store takes is held by the store itself; here is what goes into documents,
and lists.
"""

from collections.abc import Sequence

from dispatch.domain.errors import Code, refuse

LONG_TEXT_MOST = 10_000
REASON_MOST = 500
NAME_MOST = 200
LINK_MOST = 2_000
PHOTOS_MOST = 50
CREW_MOST = 20
STEPS_MOST = 200

Field = tuple[str, ...] | str


def check_text(field: Field, text: str | None, *, most: int) -> None:
    """Refuses TOO_LONG a text of more than `most` characters."""
    if text is not None and len(text) > most:
        raise refuse(Code.TOO_LONG, field=field, most=most, length=len(text))


def demand_text(field: Field, text: str) -> None:
    """Refuses REQUIRED a text that says nothing."""
    if not text.strip():
        raise refuse(Code.REQUIRED, field=field)


def check_count(field: Field, items: Sequence[object], *, most: int) -> None:
    """Refuses OUT_OF_RANGE a list of more than `most` items."""
    if len(items) > most:
        raise refuse(Code.OUT_OF_RANGE, field=field, least=0, most=most)


def check_texts(field: Field, texts: Sequence[str], *, count: int, most: int) -> None:
    """Both, for a list of texts."""
    check_count(field, texts, most=count)
    for text in texts:
        check_text(field, text, most=most)


def check_number(field: Field, value: float, *, least: float, most: float) -> None:
    """Refuses OUT_OF_RANGE a number beyond its bounds; what is no number is beyond them, too."""
    if not least <= value <= most:
        raise refuse(Code.OUT_OF_RANGE, field=field, least=least, most=most)
