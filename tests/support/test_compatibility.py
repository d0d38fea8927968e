"""What a change of the contract may take away, and from when."""

from __future__ import annotations

from datetime import date

import pytest

from tools.compatibility import CURRENT, RELEASED, breaks, without_descriptions

TODAY = date(2026, 11, 22)
RELEASED_SDL = """
type Query {
  ticket(id: ID!, deep: Boolean): Ticket
  old(id: ID!): Old @deprecated(reason: "Use `ticket`. Goes on %s.")
}
type Ticket { id: ID! state: State! name: String }
type Old { id: ID! left: Left }
type Left { id: ID! }
enum State { OPEN CLOSED }
"""
CURRENT_SDL = """
type Query { ticket(id: ID!, deep: Boolean): Ticket }
type Ticket { id: ID! state: State! name: String }
enum State { OPEN CLOSED }
"""


def changed(before: str, after: str) -> list[str]:
    assert before in CURRENT_SDL
    return breaks(CURRENT_SDL, CURRENT_SDL.replace(before, after), today=TODAY)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (" name: String", ""),
        ("OPEN CLOSED", "OPEN"),
        (", deep: Boolean", ""),
        (", deep: Boolean", ", deep: Boolean!"),
        ("state: State!", "state: State"),
        ("deep: Boolean", "deep: Boolean, wide: Int!"),
        ("Ticket", "Case"),
    ],
)
def test_what_was_promised_may_not_go(before: str, after: str) -> None:
    assert changed(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("name: String", "name: String!"),
        ("OPEN CLOSED", "OPEN CLOSED MERGED"),
        ("deep: Boolean", "deep: Boolean, wide: Int = 1"),
        ("id: ID! state", "id: ID! number: String! state"),
        ("name: String", 'name: String @deprecated(reason: "Use `title`. Goes on 2027-05-01.")'),
    ],
)
def test_what_is_new_breaks_nobody(before: str, after: str) -> None:
    assert changed(before, after) == []


def test_what_was_announced_may_go_when_its_day_has_come_with_all_it_led_to() -> None:
    assert breaks(RELEASED_SDL % "2026-11-22", CURRENT_SDL, today=TODAY) == []
    early = breaks(RELEASED_SDL % "2026-11-23", CURRENT_SDL, today=TODAY)
    assert any("old" in line for line in early)


def test_an_announcement_names_its_day() -> None:
    (fault,) = changed("name: String", 'name: String @deprecated(reason: "Use `title`.")')
    assert "'name' is deprecated without the day" in fault


def test_the_contract_breaks_no_client_of_the_released_one() -> None:
    released, current = RELEASED.read_text("utf-8"), CURRENT.read_text("utf-8")
    assert breaks(released, current, today=TODAY) == []


def test_the_released_contract_keeps_all_but_its_descriptions() -> None:
    described = '"""Roots."""\n' + CURRENT_SDL.replace("name: String", '"A name." name: String')
    bare = without_descriptions(described)
    assert "A name" not in bare
    assert "Roots" not in bare
    assert breaks(CURRENT_SDL, bare, today=TODAY) == breaks(bare, CURRENT_SDL, today=TODAY) == []
