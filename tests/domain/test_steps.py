"""The state machines are those of docs/glossary.md."""

from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain import plans, tickets, work_orders
from dispatch.domain.errors import Code, Refused
from dispatch.domain.steps import Machine
from dispatch.domain.tickets import TicketState, TicketStep
from dispatch.domain.work_orders import ENDED_STATES, STARTED_STATES, WorkOrderState, WorkOrderStep

MACHINES = [tickets.STEPS, work_orders.STEPS, plans.STEPS]
T, W = TicketState, WorkOrderState


@pytest.mark.rule("EXE-1")
def test_the_main_line_of_a_work_order_is_the_glossarys() -> None:
    line = [
        (WorkOrderStep.APPROVE, W.QUEUED),
        (WorkOrderStep.OFFER, W.OFFERED),
        (WorkOrderStep.GRAB, W.ACCEPTED),
        (WorkOrderStep.GIVE_BACK, W.QUEUED),
        (WorkOrderStep.ASSIGN, W.ASSIGNED),
        (WorkOrderStep.DECLINE, W.QUEUED),
        (WorkOrderStep.ASSIGN, W.ASSIGNED),
        (WorkOrderStep.ACCEPT, W.ACCEPTED),
        (WorkOrderStep.SET_OUT, W.EN_ROUTE),
        (WorkOrderStep.ARRIVE, W.ARRIVED),
        (WorkOrderStep.START, W.STARTED),
        (WorkOrderStep.PAUSE, W.PAUSED),
        (WorkOrderStep.RESUME, W.STARTED),
        (WorkOrderStep.COMPLETE, W.COMPLETED),
        (WorkOrderStep.CLOSE, W.CLOSED),
    ]
    state = W.AWAITING_APPROVAL
    for step, target in line:
        state = work_orders.STEPS.after(state=state, step=step)
        assert state is target


@pytest.mark.rule("EXE-1")
def test_an_order_can_be_cancelled_before_it_started_and_never_after() -> None:
    for state in WorkOrderState:
        before = state not in STARTED_STATES | ENDED_STATES
        assert (WorkOrderStep.CANCEL.value in work_orders.STEPS.allowed(state)) == before


def test_the_main_line_of_a_ticket_is_the_glossarys() -> None:
    state = T.NEW
    for step, target in [
        (TicketStep.TRIAGE, T.TRIAGED),
        (TicketStep.BEGIN, T.IN_PROGRESS),
        (TicketStep.RESOLVE, T.RESOLVED),
        (TicketStep.REOPEN, T.IN_PROGRESS),
        (TicketStep.RESOLVE, T.RESOLVED),
        (TicketStep.CLOSE, T.CLOSED),
    ]:
        state = tickets.STEPS.after(state=state, step=step)
        assert state is target


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.noun)
def test_a_step_is_taken_exactly_where_it_is_listed(machine: Machine) -> None:
    states: type[StrEnum] = type(next(iter(machine.ways.values())).target)
    for state in states:
        allowed = machine.allowed(state)
        for step in machine.ways:
            if step.value in allowed:
                assert machine.after(state=state, step=step) in states
                continue
            with pytest.raises(Refused) as error:
                machine.after(state=state, step=step)
            [refusal] = error.value.refusals
            assert refusal.code is Code.WRONG_STEP
            assert refusal.allowed == allowed


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.noun)
def test_every_state_is_reached_and_every_step_is_in_the_table(machine: Machine) -> None:
    states: type[StrEnum] = type(next(iter(machine.ways.values())).target)
    steps: type[StrEnum] = type(next(iter(machine.ways)))
    assert set(machine.ways) == set(steps)
    first = {T.NEW, W.AWAITING_APPROVAL, plans.PlanState.PROPOSED}
    assert {way.target for way in machine.ways.values()} | (first & set(states)) == set(states)


@given(st.lists(st.sampled_from(list(WorkOrderStep)), max_size=40))
def test_no_walk_leaves_a_state_that_ends_the_order(steps: list[WorkOrderStep]) -> None:
    state = W.QUEUED
    for step in steps:
        if step.value not in work_orders.STEPS.allowed(state):
            continue
        assert state not in (W.CLOSED, W.CANCELLED)
        state = work_orders.STEPS.after(state=state, step=step)
