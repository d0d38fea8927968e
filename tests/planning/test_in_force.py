"""The plan in force, as standing assignments and appointments make it."""

from dataclasses import replace

import pytest

from dispatch.domain.appointments import AppointmentState
from dispatch.domain.policies import Planning
from dispatch.domain.roster import Shift
from dispatch.domain.work_orders import WorkOrderState
from dispatch.planning.changes import changes_of
from dispatch.planning.in_force import LiveDay, live_day
from dispatch.planning.inputs import OpenOrder, PlanningDay
from dispatch.planning.screening import belongs_to_day
from dispatch.services.travel_times import travel_times_of
from dispatch.store.work_orders import Appointment, WorkOrder
from dispatch_solver import Plan, Route, Unplaced
from tests.planning.test_problem import a_day, a_person, an_assignment, an_order, at

YESTERDAY, TOMORROW = -24, 24


def held(order: WorkOrder, technician_id: int, hour: float | None) -> OpenOrder:
    start = at(hour) if hour is not None else None
    order.state = WorkOrderState.ASSIGNED
    return OpenOrder(order, assignment=an_assignment(order, technician_id, planned_start=start))


def promised(order: WorkOrder, hour: float) -> OpenOrder:
    appointment = Appointment(
        work_order_id=order.id,
        starts_at=at(hour),
        ends_at=at(hour + 2),
        state=AppointmentState.CONFIRMED,
    )
    return OpenOrder(order, appointment=appointment)


def live(day: PlanningDay) -> LiveDay:
    return live_day(day, key="k", travel_times=travel_times_of(Planning()))


def stops(plan: Plan) -> dict[tuple[str, str], list[str]]:
    return {
        (route.technician, route.shift): [stop.visit for stop in route.stops]
        for route in plan.routes
    }


def test_stops_stand_in_the_order_planned() -> None:
    day = a_day(held(an_order(1), 1, 14), held(an_order(2), 1, 9), held(an_order(3), 2, 10))
    made = live(day)
    assert stops(made.in_force.plan) == {("1", "0"): ["2", "1"], ("2", "0"): ["3"]}
    assert made.in_force.promised == {"1", "2", "3"}


def test_who_has_set_out_ends_that_first() -> None:
    late = held(an_order(1), 1, 14)
    late.order.state = WorkOrderState.EN_ROUTE
    day = a_day(late, held(an_order(2), 1, 11), now=at(10))
    assert stops(live(day).in_force.plan) == {("1", "0"): ["1", "2"]}


def test_what_is_held_without_a_time_is_promised_but_in_no_route() -> None:
    short = (a_person(shifts=(Shift(at(9), at(10.7)),)),)
    waits = OpenOrder(an_order(2))
    made = live(a_day(held(an_order(1), 1, None), waits, people=short))
    assert made.in_force.plan.routes == ()
    assert "1" not in made.in_force.promised
    now = live(a_day(held(an_order(1), 1, None), waits, people=short, now=at(8)))
    assert now.in_force.promised == {"1"}
    # It takes the room of the hour: once the plan is made ready, nobody else fits in.
    assert made.in_force.made_ready().insert("2")
    assert now.in_force.made_ready().insert("2") == []


def test_what_waits_takes_no_room() -> None:
    made = live(a_day(OpenOrder(an_order(1)), promised(an_order(2), 10)))
    assert made.holds("1")
    assert made.in_force.promised == {"2"}


@pytest.mark.parametrize(
    ("each", "today", "tomorrow"),
    [
        (held(an_order(), 1, 9), True, False),
        (held(an_order(), 1, YESTERDAY + 9), True, False),
        (held(an_order(), 1, TOMORROW + 9), False, True),
        (promised(an_order(), 9), True, False),
        (promised(an_order(), YESTERDAY + 9), True, False),
        (promised(an_order(), TOMORROW + 9), False, True),
        (OpenOrder(an_order()), True, True),
        (OpenOrder(an_order(wished_from=at(TOMORROW + 8))), False, True),
    ],
)
def test_which_day_an_order_is_for(each: OpenOrder, today: bool, tomorrow: bool) -> None:
    """Today, at work, what is overdue counts; a day to come starts with what is meant for it."""
    running = a_day(each, now=at(8))
    assert belongs_to_day(running, each) is today
    following = replace(
        running, starts_at=at(TOMORROW), ends_at=at(TOMORROW + 24), now=at(TOMORROW)
    )
    assert belongs_to_day(following, each) is tomorrow


def test_changes_tell_who_and_when_before_and_after() -> None:
    day = a_day(
        held(an_order(1), 1, 9),
        held(an_order(2), 1, 11),
        held(an_order(3), 1, 13),
        held(an_order(4), 1, 15),
        OpenOrder(an_order(5)),
        people=(a_person(), a_person(2)),
    )
    plan = live(day).in_force.plan
    (route,) = plan.routes
    first, second, third, _ = route.stops
    early, late = replace(second, start=second.start - 900), replace(third, start=third.start + 901)
    other = replace(first, visit="5")
    after = Plan(
        routes=(
            Route("1", "0", (early, late)),
            Route("2", "0", (first, replace(other, start=other.start + 7200))),
        ),
        unplaced=(Unplaced("4", "ALL_FULL"),),
    )
    changes = {each["work_order_id"]: each for each in changes_of(day, after, within_s=900)}
    assert set(changes) == {1, 3, 4, 5}
    assert (changes[1]["was_crew"], changes[1]["crew"]) == ((1,), (2,))
    assert changes[3]["crew"] == changes[3]["was_crew"]
    assert (changes[4]["crew"], changes[4]["starts_at"]) == ((), None)
    assert (changes[5]["was_crew"], changes[5]["was_starts_at"]) == ((), None)
