"""What is looked for in a text: words of letters and digits, and pairs of Chinese characters.

Chinese is written without spaces; two characters that stand side by side are what a dictionary
would find, and one alone is looked for where it is all that was given.
"""

import re
import unicodedata
from dataclasses import dataclass

# Chinese punctuation stands between two runs of characters, as a space does.
_PARTS = re.compile(r"[a-z0-9]+|[^\W\x00-\x7f]+")
WORDS_MOST = 20
"""Pieces of one search; what comes behind is not looked at."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing a text must hold; `begins`: a word that begins so is enough, which is so of letters
    alone: a number is meant as it stands."""

    text: str
    begins: bool


def pieces(wanted: str) -> list[Piece]:
    """All that a text must hold to be found: `水管 kitch` gives 水管 and what begins with kitch."""
    found: dict[Piece, None] = {}
    for part in _PARTS.findall(unicodedata.normalize("NFKC", wanted).lower()):
        if part[0].isascii():
            found[Piece(part[:40], begins=part.isalpha())] = None
        else:
            pairs = [part[at : at + 2] for at in range(len(part) - 1)] or [part]
            found.update({Piece(pair, begins=False): None for pair in pairs})
    return list(found)[:WORDS_MOST]
