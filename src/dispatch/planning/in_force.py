"""The plan in force of a day: who holds what and when, whoever decided it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.domain.travel import Spot
from dispatch.planning.inputs import NotPlanned, OpenOrder, Person, PlanningDay, spot_of
from dispatch.planning.live import InForce
from dispatch.planning.places import Places
from dispatch.planning.problem import TravelTimes, build_problem
from dispatch.planning.screening import is_promised, is_under_way
from dispatch_solver import Plan, Problem, Route, Stop


@dataclass(frozen=True, slots=True)
class LiveDay:
    """A day about which questions are asked: as rows, and as the optimizer is told it."""

    key: str
    day: PlanningDay
    in_force: InForce
    places: Places
    not_planned: tuple[NotPlanned, ...]

    def holds(self, visit: str) -> bool:
        """Whether the optimizer's problem has the visit."""
        return any(each.id == visit for each in self.in_force.problem.visits)


def live_day(
    day: PlanningDay, *, key: str, travel_times: TravelTimes, also: Iterable[Spot] = ()
) -> LiveDay:
    """Everything needed to ask about the day; computing only.

    Its places are those of all the site's open orders, of whatever day, and those of `also`.
    """
    spots = [spot for each in day.orders if (spot := spot_of(each.order)) is not None]
    made = build_problem(day, travel_times=travel_times, also=[*spots, *also], every_promise=True)
    known = {visit.id for visit in made.problem.visits}
    promised = {str(each.order.id) for each in day.orders if is_promised(day, each)}
    plan = plan_in_force(day, made.problem)
    return LiveDay(
        key=key,
        day=day,
        in_force=InForce(made.problem, plan, frozenset(promised & known)),
        places=made.places,
        not_planned=made.not_planned,
    )


def plan_in_force(day: PlanningDay, problem: Problem) -> Plan:
    """What the standing assignments say, as a plan: each crew's stops in the order planned.

    Whoever holds an order without a planned time (taken from an offer, or by hand) has it in no
    route: where it goes is for the optimizer to say.
    """
    people = {person.technician.id: person for person in day.people}
    known = {visit.id: visit for visit in problem.visits}
    routes: defaultdict[tuple[int, int], list[tuple[tuple[Any, ...], Stop]]] = defaultdict(list)
    for each in day.orders:
        visit = known.get(str(each.order.id))
        if visit is None or each.assignment is None or each.assignment.planned_start is None:
            continue
        start = each.assignment.planned_start
        crew = (each.assignment.technician_id, *each.helpers)
        for need, member in enumerate(crew[: len(visit.needs)]):
            person = people.get(member)
            shift = _shift_at(day, person, start) if person is not None else None
            if shift is not None:
                stop = _stop(visit.id, need, start=day.second(start), length=visit.duration)
                # Who is on the way or at work ends that first, whatever the plan once said.
                order = (not is_under_way(day, each), start, visit.id)
                routes[member, shift].append((order, stop))
    return Plan(
        routes=tuple(
            Route(
                technician=str(technician),
                shift=str(shift),
                stops=tuple(stop for _, stop in sorted(stops, key=lambda pair: pair[0])),
            )
            for (technician, shift), stops in sorted(routes.items())
        )
    )


def _shift_at(day: PlanningDay, person: Person, moment: datetime) -> int | None:
    """Index among what is left of a person's shifts: the one that had begun, else the first."""
    left = [shift for shift in person.shifts if shift.ends_at > day.now]
    begun = [index for index, shift in enumerate(left) if shift.starts_at <= moment]
    if not left:
        return None
    return begun[-1] if begun else 0


def _stop(visit: str, need: int, *, start: int, length: int) -> Stop:
    return Stop(
        visit=visit,
        need=need,
        arrive=start,
        start=start,
        end=start + length,
        travel_s=0,
        travel_m=0,
    )


def open_order(day: PlanningDay, order_id: int) -> OpenOrder | None:
    """An open order of the site, of whatever day."""
    return next((each for each in day.orders if each.order.id == order_id), None)
