"""What of a plan still stands when the day moved on while it was made."""

from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.standing import standing

ANN, BOB, CAT = 1, 2, 3


def left(planned, held=(), links=(), *, orders=(), people=()) -> set[int]:  # type: ignore[no-untyped-def]
    found = standing(planned, dict(held), links, changed_orders=orders, changed_technicians=people)
    return set(found)


def test_all_stands_while_nothing_changed() -> None:
    assert left({1: [ANN], 2: [BOB]}) == {1, 2}


def test_a_day_falls_as_a_whole_and_others_stand() -> None:
    assert left({1: [ANN], 2: [ANN], 3: [BOB]}, orders=[1]) == {3}
    assert left({1: [ANN], 2: [ANN], 3: [BOB]}, people=[BOB]) == {1, 2}


def test_who_keeps_what_a_fallen_day_would_have_taken_has_no_room() -> None:
    assert left({1: [ANN], 2: [ANN], 3: [BOB], 4: [CAT]}, {2: [BOB]}, orders=[1]) == {4}


def test_what_a_fallen_day_would_have_lost_goes_to_its_new_holder() -> None:
    assert left({1: [ANN], 3: [BOB]}, {3: [ANN]}, orders=[1]) == {3}


def test_a_crew_falls_together() -> None:
    assert left({1: [ANN], 2: [ANN, BOB], 3: [BOB], 4: [CAT]}, orders=[1]) == {4}


def test_orders_that_wait_for_each_other_fall_together() -> None:
    assert left({1: [ANN], 2: [BOB], 3: [CAT]}, links=[(2, 1)], orders=[1]) == {3}
    assert left({1: [ANN], 2: [BOB], 3: [CAT]}, links=[(1, 2)], orders=[1]) == {3}


def test_what_was_left_out_and_changed_keeps_its_holder() -> None:
    assert left({1: [], 2: [ANN], 3: [BOB]}, {1: [ANN]}, orders=[1]) == {3}


PEOPLE = st.integers(1, 5)
DAYS = st.dictionaries(st.integers(1, 12), st.lists(PEOPLE, max_size=2, unique=True), max_size=12)


@given(planned=DAYS, held=DAYS, orders=st.sets(st.integers(1, 12)), people=st.sets(PEOPLE))
def test_whoever_gets_a_new_day_gets_all_of_it_and_keeps_nothing_else(
    planned: dict[int, list[int]],
    held: dict[int, list[int]],
    orders: set[int],
    people: set[int],
) -> None:
    stands = left(planned, held, orders=orders, people=people)
    assert stands <= planned.keys() - orders
    busy = {each for order in stands for each in planned[order]}
    assert not busy & people
    for order in planned.keys() - stands:
        assert not busy & set(planned[order])
        assert not busy & set(held.get(order, ()))
