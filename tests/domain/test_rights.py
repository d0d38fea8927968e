"""Who may do what: the matrix, what a grant reaches, which steps are open to whom."""

import pytest

from dispatch.domain.rights import RIGHTS, Action, Actor, Grant, Role, Scope
from dispatch.domain.work_orders import (
    STEP_RIGHTS,
    STEPS,
    WorkOrderState,
    WorkOrderStep,
    steps_open_to,
)

HERE, THERE = 7, 8


def holder(role: Role, site_id: int | None = HERE) -> Actor:
    return Actor(organization_id=1, name="x", grants=frozenset({Grant(role, site_id)}))


@pytest.mark.rule("SEC-1")
@pytest.mark.parametrize("role", Role)
def test_a_right_reaches_as_far_as_its_cell_says_and_no_farther(role: Role) -> None:
    here, everywhere = holder(role), holder(role, None)
    for action in Action:
        scope = RIGHTS[role].get(action)
        at_site, own = scope is Scope.SITE, scope in (Scope.OWN, Scope.SITE)
        company = scope is Scope.ORGANIZATION
        assert here.may(action, site_id=HERE) == at_site
        assert here.may(action, site_id=HERE, own=True) == own
        assert not here.may(action, site_id=THERE, own=True)
        assert everywhere.may(action, site_id=THERE) == (at_site or company)
        assert everywhere.may(action, site_id=THERE, own=True) == (own or company)
        assert here.sites_where(action) == (frozenset({HERE}) if at_site else frozenset())
        assert everywhere.may_everywhere(action) == (at_site or company)
        assert not here.may_everywhere(action)


@pytest.mark.rule("SEC-1")
def test_every_role_of_the_rule_has_rights_of_its_own() -> None:
    assert len(Role) == 12
    assert set(RIGHTS) == set(Role)
    assert all(RIGHTS[role][Action.SEE_SITE] is Scope.SITE for role in Role)
    assert {role for role in Role if Action.SEE_ALL_TICKETS not in RIGHTS[role]} == {
        Role.RESIDENT,
        Role.TECHNICIAN,
    }


@pytest.mark.rule("SEC-1")
def test_who_must_not() -> None:
    """The matrix read aloud, where a slip would hurt."""

    def holders(action: Action) -> set[Role]:
        return {role for role in Role if action in RIGHTS[role]}

    assert not {Action.TRIAGE, Action.PLAN, Action.ASSIGN} & set(RIGHTS[Role.ANALYST])
    assert holders(Action.SEE_DOOR_CODE) == {Role.DESK, Role.DISPATCHER}
    assert holders(Action.MANAGE) == holders(Action.MANAGE_COMPANY) == {Role.ADMINISTRATOR}
    assert holders(Action.ERASE_PERSON) == {Role.ADMINISTRATOR, Role.RESIDENT}
    assert {role for role in Role if RIGHTS[role].get(Action.WORK)} == {
        Role.TECHNICIAN,
        Role.TEAM_LEADER,
    }
    assert RIGHTS[Role.RESIDENT].get(Action.CANCEL_TICKET) is Scope.OWN


@pytest.mark.rule("SEC-1")
def test_who_holds_two_roles_may_do_what_either_carries() -> None:
    both = Actor(
        organization_id=1,
        name="x",
        grants=frozenset({Grant(Role.RESIDENT, HERE), Grant(Role.DESK, THERE)}),
    )
    assert both.may(Action.TRIAGE, site_id=THERE)
    assert not both.may(Action.TRIAGE, site_id=HERE)
    # A right to one's own at one site is none to everything there because of the other.
    assert not both.may(Action.CANCEL_TICKET, site_id=HERE)
    assert both.may(Action.CANCEL_TICKET, site_id=HERE, own=True)


@pytest.mark.rule("SEC-1")
@pytest.mark.parametrize("state", WorkOrderState)
@pytest.mark.parametrize("role", Role)
def test_steps_are_open_by_state_and_right(role: Role, state: WorkOrderState) -> None:
    actor = holder(role)

    def steps(site_id: int = HERE, **mine: bool) -> set[WorkOrderStep]:
        own = {"holds": False, "is_offered": False, **mine}
        return set(steps_open_to(actor, state=state, site_id=site_id, **own))

    possible = {WorkOrderStep(name) for name in STEPS.allowed(state)}
    assert steps() <= steps(holds=True) | steps(is_offered=True) <= possible
    for step in possible & set(STEP_RIGHTS):
        scope = RIGHTS[role].get(STEP_RIGHTS[step])
        assert (step in steps()) == (scope is Scope.SITE)
        own = {"is_offered": True} if step is WorkOrderStep.GRAB else {"holds": True}
        assert (step in steps(**own)) == (scope in (Scope.OWN, Scope.SITE))
    assert steps(THERE, holds=True, is_offered=True) == set()
    assert WorkOrderStep.CLOSE not in steps(holds=True, is_offered=True)
