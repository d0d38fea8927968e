"""Who may do what (SEC-1): one table of role x action; rights are held per site."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    RESIDENT = "RESIDENT"
    DESK = "DESK"
    DISPATCHER = "DISPATCHER"
    TECHNICIAN = "TECHNICIAN"
    TEAM_LEADER = "TEAM_LEADER"
    SUPERVISOR = "SUPERVISOR"
    STEWARD = "STEWARD"
    PROJECT_MANAGER = "PROJECT_MANAGER"
    QUALITY = "QUALITY"
    FINANCE = "FINANCE"
    ANALYST = "ANALYST"
    ADMINISTRATOR = "ADMINISTRATOR"


class Action(StrEnum):
    SEE_SITE = "SEE_SITE"
    """The site itself, its places and categories."""
    SEE_ALL_TICKETS = "SEE_ALL_TICKETS"
    """Every ticket and work order of the site; others see their own alone."""
    SEE_TECHNICIANS = "SEE_TECHNICIANS"
    SEE_PLANS = "SEE_PLANS"
    SEE_RECORD = "SEE_RECORD"
    """The append-only record."""
    SEE_DOOR_CODE = "SEE_DOOR_CODE"
    REPORT = "REPORT"
    """Create a ticket for oneself."""
    REPORT_FOR_OTHERS = "REPORT_FOR_OTHERS"
    TRIAGE = "TRIAGE"
    CANCEL_TICKET = "CANCEL_TICKET"
    CREATE_WORK_ORDER = "CREATE_WORK_ORDER"
    PLAN = "PLAN"
    """Propose, publish and drop plans."""
    ASSIGN = "ASSIGN"
    OFFER = "OFFER"
    WORK = "WORK"
    """Grab, accept, travel, work: the technician's own steps."""
    LIFT_DOOR_CODE = "LIFT_DOOR_CODE"
    CALL_BACK = "CALL_BACK"
    IMPORT = "IMPORT"
    SET_POLICY = "SET_POLICY"
    MANAGE = "MANAGE"
    """Sites, places, people, users."""


_A = Action
_READ = frozenset(
    {_A.SEE_SITE, _A.SEE_ALL_TICKETS, _A.SEE_TECHNICIANS, _A.SEE_PLANS, _A.SEE_RECORD}
)
_DESK = frozenset(
    {
        _A.SEE_SITE,
        _A.SEE_ALL_TICKETS,
        _A.SEE_TECHNICIANS,
        _A.SEE_PLANS,
        _A.SEE_RECORD,
        _A.SEE_DOOR_CODE,
        _A.REPORT,
        _A.REPORT_FOR_OTHERS,
        _A.TRIAGE,
        _A.CANCEL_TICKET,
        _A.CREATE_WORK_ORDER,
        _A.LIFT_DOOR_CODE,
        _A.CALL_BACK,
    }
)
_DISPATCH = frozenset({*_READ, _A.TRIAGE, _A.CREATE_WORK_ORDER, _A.PLAN, _A.ASSIGN, _A.OFFER})

RIGHTS: dict[Role, frozenset[Action]] = {
    Role.RESIDENT: frozenset({_A.SEE_SITE, _A.REPORT}),
    Role.DESK: _DESK,
    Role.DISPATCHER: frozenset({*_DISPATCH, *_DESK}),
    Role.TECHNICIAN: frozenset({_A.SEE_SITE, _A.WORK, _A.REPORT}),
    Role.TEAM_LEADER: frozenset({*_READ, _A.REPORT, _A.ASSIGN, _A.OFFER, _A.WORK}),
    Role.SUPERVISOR: frozenset({*_DISPATCH, _A.REPORT, _A.CANCEL_TICKET, _A.CALL_BACK}),
    Role.STEWARD: frozenset({*_READ, _A.REPORT, _A.REPORT_FOR_OTHERS}) - {_A.SEE_RECORD},
    Role.PROJECT_MANAGER: frozenset(
        {*_DISPATCH, *_DESK, _A.SET_POLICY, _A.IMPORT} - {_A.SEE_DOOR_CODE}
    ),
    Role.QUALITY: frozenset({*_READ, _A.CALL_BACK}),
    Role.FINANCE: frozenset({_A.SEE_SITE, _A.SEE_ALL_TICKETS}),
    Role.ANALYST: _READ,
    Role.ADMINISTRATOR: frozenset(Action) - {_A.SEE_DOOR_CODE, _A.WORK},
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A role at one site, or at every site of the organization (`site_id` None)."""

    role: Role
    site_id: int | None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person signed in, or the service itself.

    `origin` says from where (address, "cli", "worker") and goes into the record;
    `language` is the reader's, `zh-CN` or `en`.
    """

    organization_id: int
    name: str
    user_id: int | None = None
    grants: frozenset[Grant] = frozenset()
    technician_id: int | None = None
    party_id: int | None = None
    language: str = "zh-CN"
    origin: str = ""
    is_service: bool = False

    def may(self, action: Action, *, site_id: int) -> bool:
        """Whether the actor holds `action` at the site. The site's organization is checked by
        whoever loads the site."""
        return self.is_service or any(
            action in RIGHTS[grant.role] and grant.site_id in (None, site_id)
            for grant in self.grants
        )

    def is_only(self, role: Role, *, site_id: int) -> bool:
        """Whether the role is all that the actor is at the site."""
        held = {grant.role for grant in self.grants if grant.site_id in (None, site_id)}
        return not self.is_service and held == {role}

    def sites_where(self, action: Action) -> frozenset[int] | None:
        """Ids of the sites where `action` is held; None means every site of the organization."""
        if self.is_service:
            return None
        grants = [grant for grant in self.grants if action in RIGHTS[grant.role]]
        if any(grant.site_id is None for grant in grants):
            return None
        return frozenset(grant.site_id for grant in grants if grant.site_id is not None)
