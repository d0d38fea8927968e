"""What is looked for when somebody types words."""

import pytest

from dispatch.domain.search import WORDS_MOST, Piece, pieces


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("水管", ["水管"]),
        ("厨房漏水", ["厨房", "房漏", "漏水"]),
        ("水", ["水"]),
        ("漏水，水管", ["漏水", "水管"]),
        ("Kitchen TAP", ["kitchen*", "tap*"]),
        ("3号楼 tap", ["3", "号楼", "tap*"]),
        ("TK-20261122-0042", ["tk*", "20261122", "0042"]),
        ("ＴＫ１", ["tk1"]),
        ("a a A", ["a*"]),
        ("  ' & | ! \\ ", []),
    ],
)
def test_words_and_pairs_of_characters_are_looked_for(wanted: str, found: list[str]) -> None:
    assert [each.text + "*" * each.begins for each in pieces(wanted)] == found


def test_a_long_text_is_looked_for_by_its_beginning() -> None:
    assert len(pieces(" ".join(f"w{n}" for n in range(100)))) == WORDS_MOST
    assert pieces("x" * 100) == [Piece("x" * 40, begins=True)]
