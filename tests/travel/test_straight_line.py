"""Travel times without a map."""

from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.policies import Planning
from dispatch.domain.technicians import Travel
from dispatch.domain.travel import Spot
from dispatch.travel.straight_line import travel_between, travel_matrix

NUMBERS = Planning()

spots = st.builds(
    Spot,
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
    building=st.none() | st.integers(1, 4),
    floor=st.none() | st.integers(-3, 40),
)
ways = st.sampled_from(Travel)


@given(st.lists(spots, max_size=7), ways)
def test_it_is_symmetric_without_negatives_and_zero_at_home(
    places: list[Spot], way: Travel
) -> None:
    for matrix in travel_matrix(places, travel=way, numbers=NUMBERS):
        assert matrix.shape == (len(places), len(places))
        assert (matrix == matrix.T).all()
        assert (matrix >= 0).all()
        assert (matrix.diagonal() == 0).all()


@given(spots, spots, spots, ways)
def test_a_stop_in_between_is_never_a_short_cut(a: Spot, b: Spot, c: Spot, way: Travel) -> None:
    def seconds(start: Spot, end: Spot) -> int:
        return travel_between(start, end, travel=way, numbers=NUMBERS)[0]

    # Points of one building stand for the building: distances to it differ by which is asked.
    if len({spot.building for spot in (a, b, c)} - {None}) < sum(
        spot.building is not None for spot in (a, b, c)
    ):
        return
    assert seconds(a, c) <= seconds(a, b) + seconds(b, c) + 2


@given(st.lists(spots, min_size=2, max_size=6), ways)
def test_the_matrix_says_what_each_pair_says(places: list[Spot], way: Travel) -> None:
    durations, distances = travel_matrix(places, travel=way, numbers=NUMBERS)
    pair = travel_between(places[0], places[-1], travel=way, numbers=NUMBERS)
    assert pair == (durations[0, -1], distances[0, -1])


def test_a_known_distance_and_its_parts() -> None:
    # One degree of latitude is 111,195 m on the mean sphere.
    here, there = Spot(31.0, 120.0), Spot(32.0, 120.0)
    seconds, metres = travel_between(here, there, travel=Travel.CAR, numbers=NUMBERS)
    assert metres == round(111_195.08 * 1.3)
    assert seconds == round(111_195.08 * 1.3 / (32 / 3.6) + 120)
    slower, _ = travel_between(here, there, travel=Travel.WALK, numbers=NUMBERS)
    assert slower > 6 * seconds


def test_within_a_building_only_the_storeys_count() -> None:
    first = Spot(31.0, 120.0, building=1, floor=1)
    cellar = Spot(31.0, 120.0, building=1, floor=-1)
    ninth = Spot(31.0001, 120.0, building=1, floor=9)
    assert travel_between(first, ninth, travel=Travel.WALK, numbers=NUMBERS) == (80, 0)
    assert travel_between(cellar, ninth, travel=Travel.WALK, numbers=NUMBERS) == (90, 0)
    assert travel_between(ninth, ninth, travel=Travel.WALK, numbers=NUMBERS) == (0, 0)


def test_between_buildings_both_stairs_and_the_stop_count() -> None:
    ninth = Spot(31.0, 120.0, building=1, floor=9)
    third = Spot(31.0, 120.0, building=2, floor=3)
    seconds, metres = travel_between(ninth, third, travel=Travel.WALK, numbers=NUMBERS)
    assert (seconds, metres) == (8 * 10 + 2 * 10 + 120, 0)


def test_a_faulty_point_oceans_away_is_still_a_number() -> None:
    seconds, _ = travel_between(
        Spot(0, 0), Spot(0, 180), travel=Travel.WALK, numbers=Planning(speed_kmh={"WALK": 0.0})
    )
    assert seconds == 30 * 86_400
