"""A text as counts of its short pieces, each with the number that its hash is.

Chinese is not written in words: its pieces are runs of one to three characters. English pieces are
words, and runs of three to five letters in them, so that a wrong ending or letter costs little.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from zlib import crc32

READ_MOST = 2000
"""Characters that are looked at: a report says what is wrong at its beginning."""

_RUN = re.compile(r"[㐀-鿿]+|[a-z][a-z0-9']*")
_CHINESE = (1, 2, 3)
_LETTERS = (3, 4, 5)


def counts(text: str) -> Counter[int]:
    """How often each numbered piece stands in the text; digits and signs say nothing of a fault."""
    return Counter(crc32(piece.encode()) for piece in _pieces(text))


def _pieces(text: str) -> Iterator[str]:
    for run in _RUN.findall(unicodedata.normalize("NFKC", text[:READ_MOST]).casefold()):
        if run[0] >= "㐀":
            yield from _runs(run, _CHINESE)
        else:
            word = run.replace("'", "")
            # A mark before whole words: a word and a piece of another are two things.
            yield f"={word}"
            yield from _runs(f"^{word}$", _LETTERS)


def _runs(text: str, lengths: tuple[int, ...]) -> Iterator[str]:
    for length in lengths:
        for start in range(len(text) - length + 1):
            yield text[start : start + length]
