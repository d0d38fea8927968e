"""What happens when a clock is due: one function for each kind of clock."""

from collections.abc import Awaitable, Callable, Mapping

from dispatch.domain.clocks import LADDERED, ClockKind
from dispatch.services import (
    arrival_checks,
    case_clocks,
    climbing,
    deadlines,
    dispatching,
    escalation,
    help_requests,
    holds,
    late_steps,
    offering,
    overtime_answers,
    pauses,
    postponing,
    reminders,
    rework,
    service_orders,
)
from dispatch.services.action import Tx
from dispatch.store.clocks import Clock

Effect = Callable[[Tx, Clock], Awaitable[None]]

EFFECTS: Mapping[ClockKind, Effect] = {
    ClockKind.DISPATCH_STEP: dispatching.step_due,
    ClockKind.DISPATCH_LIMIT: dispatching.limit_reached,
    ClockKind.CLIMB: climbing.climb,
    ClockKind.OFFER_WIDENS: offering.widen,
    ClockKind.MEDIATION: postponing.mediation_due,
    ClockKind.RESUME_DUE: pauses.remind,
    ClockKind.APPOINTMENT_HOLD: holds.ran_out,
    ClockKind.APPOINTMENT_REMINDER: reminders.remind,
    ClockKind.APPOINTMENT_ANSWER: reminders.unanswered,
    ClockKind.OVERTIME_ANSWER: overtime_answers.unanswered,
    ClockKind.HELP_ANSWER: help_requests.unanswered,
    ClockKind.STEP_WAITS: late_steps.give_up_waiting,
    ClockKind.REWORK_REPORT: rework.report_due,
    **dict.fromkeys(LADDERED, escalation.climb),
    ClockKind.ARRIVAL_CHECK: arrival_checks.owe,
    ClockKind.POLICY_STARTS: deadlines.count_anew,
    ClockKind.CASE_TAKE: case_clocks.not_taken,
    ClockKind.CASE_CONTACT: case_clocks.not_contacted,
    ClockKind.CASE_SOLVE: case_clocks.not_solved,
    ClockKind.SERVICE_CONFIRM: service_orders.unconfirmed,
}
"""A line for each kind; an effect looks at the row again, for what was due may have happened."""
