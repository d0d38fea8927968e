"""Which of the open orders come to the optimizer; the others are named with the reason."""

from dispatch.domain.work_orders import (
    UNDER_WAY_STATES,
    AssignmentStep,
    WorkOrderState,
)
from dispatch.planning.inputs import NotPlanned, OpenOrder, PlanningDay, spot_of


def screen(
    day: PlanningDay, *, every_promise: bool = False
) -> tuple[list[OpenOrder], list[NotPlanned]]:
    """Orders for the optimizer, and those it need not see.

    What was promised or put off to another day is neither: it is no business of this day. With
    `every_promise` whoever has an appointment is seen, whoever is to assign the order: somebody
    will come.
    """
    today = [each for each in day.orders if belongs_to_day(day, each)]
    taken: list[OpenOrder] = []
    left: list[NotPlanned] = []
    for each in today:
        code = _obstacle(day, each)
        if code == "NOT_AUTO" and every_promise and each.appointment is not None:
            code = None
        if code is None:
            taken.append(each)
        elif not is_under_way(day, each):
            data = {"step": each.order.dispatch_step.value} if each.order.dispatch_step else {}
            left.append(NotPlanned(each.order.id, code, data))
    return _without_waiting(taken, left)


def belongs_to_day(day: PlanningDay, each: OpenOrder) -> bool:
    """Whether the order is to be done that day, by appointment, wish, plan or simply since it
    is open."""
    order = each.order
    if day.is_past:
        return True
    if order.state is WorkOrderState.PAUSED:
        return order.resume_on is None or order.resume_on < day.ends_at
    if order.state in UNDER_WAY_STATES:
        return day.is_running
    if each.appointment is not None:
        is_over = each.appointment.ends_at <= day.starts_at
        return each.appointment.starts_at < day.ends_at and (day.is_running or not is_over)
    if order.wished_from is not None and order.wished_from >= day.ends_at:
        return False
    planned = each.assignment.planned_start if each.assignment is not None else None
    if planned is None:
        return True
    # What should have been done before is done today, not on each of the days to come.
    return planned < day.ends_at and (day.is_running or planned >= day.starts_at)


def is_under_way(day: PlanningDay, each: OpenOrder) -> bool:
    """Somebody is on the way or at work; nobody is, in a day that is planned in hindsight."""
    return not day.is_past and each.order.state in UNDER_WAY_STATES


def is_promised(day: PlanningDay, each: OpenOrder) -> bool:
    """Somebody counts on it that day: the customer by an appointment, or who holds it."""
    if each.appointment is not None and each.appointment.ends_at > day.starts_at:
        return True
    if each.assignment is None:
        return False
    planned = each.assignment.planned_start
    return day.is_running or (planned is not None and planned >= day.starts_at)


def is_decided(day: PlanningDay, each: OpenOrder) -> bool:
    """A person decided who does it (grab, supervisor, vendor, pinned): the optimizer may move
    its time, not its technician."""
    if day.is_past or each.assignment is None:
        return False
    return each.order.is_pinned or each.assignment.step not in (
        AssignmentStep.AUTO,
        AssignmentStep.DIRECTED,
    )


def _obstacle(day: PlanningDay, each: OpenOrder) -> str | None:
    order = each.order
    if spot_of(order) is None:
        return "NO_POINT"
    if not order.trade:
        return "NO_TRADE"
    if each.assignment is None and not _is_for_optimizer(day, order.dispatch_step, each):
        return "NOT_AUTO"
    return None


def _is_for_optimizer(day: PlanningDay, step: AssignmentStep | None, each: OpenOrder) -> bool:
    """The site's ladder has the step that lets the optimizer decide, or a person asks for it
    where a person is to decide (DSP-1)."""
    if day.policy.step(AssignmentStep.AUTO) is not None or step is AssignmentStep.SUPERVISOR:
        return True
    directed = day.policy.step(AssignmentStep.DIRECTED) is not None
    return directed and each.order.named_technician_id is not None


def _without_waiting(
    taken: list[OpenOrder], left: list[NotPlanned]
) -> tuple[list[OpenOrder], list[NotPlanned]]:
    """An order whose predecessor is open but not in the plan cannot be in it either."""
    while True:
        known = {each.order.id for each in taken}
        waiting = {
            each.order.id
            for each in taken
            if each.waits_for_open and each.order.after_id not in known
        }
        if not waiting:
            return taken, left
        left += [
            NotPlanned(each.order.id, "PRECEDENCE", {"after": each.order.after_id})
            for each in taken
            if each.order.id in waiting
        ]
        taken = [each for each in taken if each.order.id not in waiting]
