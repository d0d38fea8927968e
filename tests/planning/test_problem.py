"""From rows to the optimizer's problem: what is computed, without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dispatch.domain.appointments import AppointmentState
from dispatch.domain.policies import Planning, Policy, parse_policy
from dispatch.domain.roster import Break, Shift
from dispatch.domain.technicians import TechnicianKind, Travel
from dispatch.domain.tickets import Area
from dispatch.domain.travel import Spot
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import AssignmentStep, WorkOrderState
from dispatch.planning.inputs import OpenOrder, Person, PlanningDay
from dispatch.planning.problem import build_problem, weights_of
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import Appointment, Assignment, WorkOrder
from dispatch.travel.straight_line import travel_matrix
from dispatch_solver import Problem, Visit, Window, validate

MIDNIGHT = datetime(2026, 11, 22, 16, tzinfo=UTC)
"""Of 23 November in Shanghai."""


def at(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def an_order(number: int = 1, **given: object) -> WorkOrder:
    values: dict[str, object] = {
        "id": number,
        "site_id": 1,
        "ticket_id": number,
        "number": f"WO-{number}",
        "state": WorkOrderState.QUEUED,
        "dispatch_step": AssignmentStep.AUTO,
        "priority": Priority.NORMAL,
        "trade": "plumbing",
        "level": 1,
        "duration_s": 3600,
        "crew_size": 1,
        "area": Area.PUBLIC,
        "latitude": 31.3,
        "longitude": 120.6,
        "is_pinned": False,
        "created_at": at(-24),
    }
    return WorkOrder(**{**values, **given})


def a_person(number: int = 1, **given: object) -> Person:
    technician = Technician(
        id=number,
        code=f"T{number}",
        name=f"T{number}",
        kind=TechnicianKind.STAFF,
        travel=Travel.SCOOTER,
        overtime_limit_s=given.pop("overtime_limit_s", 0),
        work_limit_s=given.pop("work_limit_s", None),
        home_latitude=31.31,
        home_longitude=120.61,
    )
    day = {"skills": {"plumbing": 2}, "shifts": (Shift(at(8), at(18)),), **given}
    return Person(technician=technician, **day)  # type: ignore[arg-type]


def an_assignment(order: WorkOrder, technician_id: int, **given: object) -> Assignment:
    values = {"step": AssignmentStep.AUTO, "planned_start": at(9), **given}
    return Assignment(work_order_id=order.id, technician_id=technician_id, **values)


def a_day(
    *orders: OpenOrder, people: tuple[Person, ...] | None = None, now: datetime = MIDNIGHT
) -> PlanningDay:
    return PlanningDay(
        site_id=1,
        day=date(2026, 11, 23),
        starts_at=MIDNIGHT,
        ends_at=MIDNIGHT + timedelta(days=1),
        now=now,
        is_past=False,
        policy=Policy(),
        orders=orders,
        people=people if people is not None else (a_person(), a_person(2)),
    )


def problem_of(day: PlanningDay) -> Problem:
    made = build_problem(
        day,
        travel_times=lambda spots, way: travel_matrix(spots, travel=way, numbers=Planning()),
    )
    assert validate(made.problem) == []
    return made.problem


def visit_of(day: PlanningDay) -> Visit:
    (visit,) = problem_of(day).visits
    return visit


def seconds(hour: float) -> int:
    return round(hour * 3600)


def test_an_appointment_is_a_window_and_a_promise() -> None:
    appointment = Appointment(starts_at=at(14), ends_at=at(16), state=AppointmentState.CONFIRMED)
    visit = visit_of(a_day(OpenOrder(an_order(due_at=at(10)), appointment=appointment)))
    assert visit.windows == (Window(seconds(14), seconds(16)),)
    assert visit.promise == Window(seconds(14), seconds(16))
    assert visit.due is None


def test_a_held_slot_is_no_promise_yet() -> None:
    held = Appointment(starts_at=at(14), ends_at=at(16), state=AppointmentState.HELD)
    visit = visit_of(a_day(OpenOrder(an_order(), appointment=held)))
    assert visit.windows
    assert visit.promise is None


def test_a_missed_appointment_stays_a_promise_but_no_longer_bars_the_visit() -> None:
    missed = Appointment(starts_at=at(9), ends_at=at(10), state=AppointmentState.CONFIRMED)
    visit = visit_of(a_day(OpenOrder(an_order(), appointment=missed), now=at(12)))
    assert visit.windows == ()
    assert visit.promise == Window(seconds(9), seconds(10))


def test_a_wish_bounds_the_start_until_it_has_passed() -> None:
    order = an_order(wished_from=at(9), wished_to=at(11))
    assert visit_of(a_day(OpenOrder(order))).windows == (Window(seconds(9), seconds(11)),)
    assert visit_of(a_day(OpenOrder(order), now=at(12))).windows == ()


def test_what_is_wished_or_promised_for_later_is_no_business_of_the_day() -> None:
    wished = OpenOrder(an_order(1, wished_from=at(30)))
    promised = OpenOrder(
        an_order(2),
        appointment=Appointment(starts_at=at(30), ends_at=at(32), state=AppointmentState.CONFIRMED),
    )
    held = an_order(3, state=WorkOrderState.ASSIGNED)
    planned = OpenOrder(held, assignment=an_assignment(held, 1, planned_start=at(33)))
    made = build_problem(
        a_day(wished, promised, planned),
        travel_times=lambda spots, way: travel_matrix(spots, travel=way, numbers=Planning()),
    )
    assert (made.problem.visits, made.not_planned) == ((), ())


@pytest.mark.parametrize(
    ("priority", "due", "expected"),
    [
        (Priority.NORMAL, at(12), seconds(12)),
        (Priority.NORMAL, at(2), None),
        (Priority.EMERGENCY, at(2), seconds(7)),
    ],
)
def test_being_late_counts_while_it_can_be_helped(
    priority: Priority, due: datetime, expected: int | None
) -> None:
    order = an_order(priority=priority, due_at=due)
    assert visit_of(a_day(OpenOrder(order), now=at(7))).due == expected


def test_a_crew_has_one_need_per_person_and_the_lead_the_level() -> None:
    visit = visit_of(a_day(OpenOrder(an_order(crew_size=3, level=2))))
    assert [need.skills for need in visit.needs] == [
        {"plumbing": 2},
        {"plumbing": 1},
        {"plumbing": 1},
    ]


def test_who_holds_an_order_is_its_current_technician_and_pinned_if_a_person_said_so() -> None:
    order = an_order(state=WorkOrderState.ASSIGNED)
    auto = visit_of(a_day(OpenOrder(order, assignment=an_assignment(order, 2))))
    assert auto.current is not None
    assert (auto.current.technician, auto.current.start) == ("2", seconds(9))
    assert auto.pinned is None
    grabbed = an_assignment(order, 2, step=AssignmentStep.GRAB)
    pinned = visit_of(a_day(OpenOrder(order, assignment=grabbed))).pinned
    assert pinned is not None
    assert (pinned.technician, pinned.start) == ("2", None)


def test_only_one_order_per_person_is_under_way_at_once() -> None:
    first = an_order(1, state=WorkOrderState.STARTED, started_at=at(9))
    second = an_order(2, state=WorkOrderState.STARTED, started_at=at(9.5))
    on_the_way = an_order(3, state=WorkOrderState.EN_ROUTE)
    day = a_day(
        *(
            OpenOrder(order, assignment=an_assignment(order, 1))
            for order in (first, second, on_the_way)
        ),
        now=at(11),
    )
    begun, other, travelling = problem_of(day).visits
    assert begun.started is not None
    # It has outrun its hour: it ends some time after now, not before.
    assert begun.duration == seconds(2) + Policy().planning.overrun_s
    patient = replace(day, policy=parse_policy({"planning": {"overrun_s": 5400}}))
    assert problem_of(patient).visits[0].duration == seconds(3.5)
    assert (other.started, other.pinned and other.pinned.technician) == (None, "1")
    assert travelling.pinned is not None
    assert travelling.pinned.position is None


def test_shifts_are_cut_to_what_is_left_of_the_day() -> None:
    rest = Break(at(11.5), at(13), 30)
    person = a_person(shifts=(Shift(at(8), at(18), rest),), at=Spot(31.4, 120.7), worked_s=7200)
    early = problem_of(a_day(OpenOrder(an_order()), people=(person,), now=at(12)))
    (shift,) = early.technicians[0].shifts
    assert (shift.start, shift.end) == (seconds(12), seconds(18))
    assert shift.breaks[0].earliest == seconds(12)
    assert shift.used_work == 7200
    assert shift.from_place != shift.to_place
    late = problem_of(a_day(OpenOrder(an_order()), people=(person,), now=at(14)))
    assert late.technicians[0].shifts[0].breaks == ()
    over = problem_of(a_day(OpenOrder(an_order()), people=(person,), now=at(19)))
    assert over.technicians[0].shifts == ()


def test_overtime_ends_where_leave_begins() -> None:
    person = a_person(overtime_limit_s=7200, shifts=(Shift(at(8), at(15)),))
    free = problem_of(a_day(OpenOrder(an_order()), people=(person,)))
    assert free.technicians[0].shifts[0].overtime_limit == 7200
    away = replace(person, away=((at(15.5), at(20)),))
    cut = problem_of(a_day(OpenOrder(an_order()), people=(away,)))
    assert cut.technicians[0].shifts[0].overtime_limit == 1800


def test_the_days_work_limit_is_shared_by_its_shifts() -> None:
    person = a_person(work_limit_s=6 * 3600, shifts=(Shift(at(8), at(10)), Shift(at(12), at(16))))
    shifts = problem_of(a_day(OpenOrder(an_order()), people=(person,))).technicians[0].shifts
    assert [shift.work_limit for shift in shifts] == [2 * 3600, 4 * 3600]


def test_orders_on_one_floor_share_a_place() -> None:
    first, second = an_order(1, building_id=7, floor=3), an_order(2, building_id=7, floor=3)
    other = an_order(3, building_id=7, floor=4)
    visits = problem_of(a_day(*(OpenOrder(each) for each in (first, second, other)))).visits
    assert visits[0].place == visits[1].place != visits[2].place


def test_what_waits_for_an_order_outside_the_plan_is_left_out_with_all_that_follow() -> None:
    lost = OpenOrder(an_order(1, latitude=None))
    second = OpenOrder(an_order(2, after_id=1), waits_for_open=True)
    third = OpenOrder(an_order(3, after_id=2), waits_for_open=True)
    made = build_problem(
        a_day(lost, second, third),
        travel_times=lambda spots, way: travel_matrix(spots, travel=way, numbers=Planning()),
    )
    assert made.problem.visits == ()
    assert [(each.work_order_id, each.code) for each in made.not_planned] == [
        (1, "NO_POINT"),
        (2, "PRECEDENCE"),
        (3, "PRECEDENCE"),
    ]


def test_weights_come_from_the_sites_policy() -> None:
    policy = parse_policy({"planning": {"weights": {"travel_second": 3, "unserved_low": 7}}})
    weights = weights_of(policy.planning.weights)
    assert (weights.travel_second, weights.unserved[1]) == (3.0, 7.0)
    assert weights.unserved[4] > weights.unserved[3] > weights.unserved[2]
