"""Who may do what (SEC-1): one matrix of role x action, each cell the scope of the right.

A role is granted at a site, or at every site of the organization. A new action is a member of
`Action` and a row of the matrix; its words stand in the schema's and the texts' lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


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


class Scope(StrEnum):
    """How far a right reaches."""

    OWN = "OWN"
    """What one reported, is served by, holds or is offered, at the site of the grant."""
    SITE = "SITE"
    """Everything at the site of the grant."""
    ORGANIZATION = "ORGANIZATION"
    """The company as a whole: only by a grant for all its sites."""


class Action(StrEnum):
    SEE_SITE = "SEE_SITE"
    """The site itself, its places and categories."""
    SEE_OWN = "SEE_OWN"
    """Tickets and orders that are one's own."""
    SEE_ALL_TICKETS = "SEE_ALL_TICKETS"
    """Every ticket and work order of the site, with the customers' addresses."""
    SEE_TECHNICIANS = "SEE_TECHNICIANS"
    SEE_PLANS = "SEE_PLANS"
    SEE_RECORD = "SEE_RECORD"
    """The append-only record."""
    SEE_FIGURES = "SEE_FIGURES"
    """Figures of the work: service levels, workload, demand (ANL); with scope OWN of one's own."""
    SEE_DOOR_CODE = "SEE_DOOR_CODE"
    REPORT = "REPORT"
    """Create a ticket for oneself; with scope OWN for one's own home and public areas alone."""
    REPORT_FOR_OTHERS = "REPORT_FOR_OTHERS"
    TRIAGE = "TRIAGE"
    CHECK_REPORTS = "CHECK_REPORTS"
    """Agree to reports for the logistics office, where the site asks for it (INT-10)."""
    CANCEL_TICKET = "CANCEL_TICKET"
    CREATE_WORK_ORDER = "CREATE_WORK_ORDER"
    """Make further orders for a ticket, and call orders off."""
    PLAN = "PLAN"
    """Propose, publish and drop plans."""
    APPROVE = "APPROVE"
    """Let orders be dispatched that need somebody's approval (DSP-11)."""
    APPROVE_OVERTIME = "APPROVE_OVERTIME"
    """Let technicians work longer than their shifts; not oneself (RST-5)."""
    POSTPONE = "POSTPONE"
    """Consent to another time for an order that nobody could take (DSP-8)."""
    MAKE_APPOINTMENT = "MAKE_APPOINTMENT"
    """Hold, agree and move times: customers and technicians for what is their own (APT)."""
    DECLARE_SATURATION = "DECLARE_SATURATION"
    """Say until when no times are offered (APT-3)."""
    ASSIGN = "ASSIGN"
    OFFER = "OFFER"
    WORK = "WORK"
    """Grab, accept, travel, work: the technician's own steps."""
    LIFT_DOOR_CODE = "LIFT_DOOR_CODE"
    CALL_BACK = "CALL_BACK"
    CALL_BACK_SERIOUS = "CALL_BACK_SERIOUS"
    """Call back after what was serious (CBK-5)."""
    HANDLE_CASE = "HANDLE_CASE"
    """Take complaints, matters and orders of goods; contact the caller, hand to a department."""
    LEAD_CASE = "LEAD_CASE"
    """Set a complaint's level and hand cases on; the department's lead may, too (CMP-2, 3)."""
    IMPORT = "IMPORT"
    SET_POLICY = "SET_POLICY"
    SIGN_HOURS = "SIGN_HOURS"
    """Sign off hours of vendors' and temporary workers, never one's own (RST-6); with scope OWN
    those of the crew that one leads."""
    SEE_HOURS = "SEE_HOURS"
    """Signed hours and pay sheets of vendors' and temporary workers (RST-6)."""
    SET_ROSTER = "SET_ROSTER"
    """Set and publish the duty roster (RST-4)."""
    MANAGE = "MANAGE"
    """Places, people and roles of a site."""
    MANAGE_COMPANY = "MANAGE_COMPANY"
    """Sites, accounts and tokens."""
    EXPORT_PERSON = "EXPORT_PERSON"
    """All that is kept about a customer, as one document (SEC-5)."""
    ERASE_PERSON = "ERASE_PERSON"
    """Takes a customer's personal data out of everything (SEC-5)."""


# The roles in the order of `Role`: resident, desk, dispatcher, technician, team leader, supervisor,
# steward, project manager, quality, finance, analyst, administrator.
_MATRIX = """
                   RES  DSK  DSP  TEC  LED  SUP  STW  MGR  QUA  FIN  ANA  ADM
SEE_SITE           site site site site site site site site site site site site
SEE_OWN            own  own  own  own  own  own  own  own  own  own  own  own
SEE_ALL_TICKETS    .    site site .    site site site site site site site site
SEE_TECHNICIANS    .    site site .    site site site site site .    site site
SEE_PLANS          .    site site .    site site site site site .    site site
SEE_RECORD         .    site site .    site site .    site site .    site site
SEE_FIGURES        .    .    site own  site site site site site site site site
SEE_DOOR_CODE      .    site site .    .    .    .    .    .    .    .    .
REPORT             own  site site site site site site site .    .    .    site
REPORT_FOR_OTHERS  .    site site .    .    .    site site .    .    .    site
TRIAGE             .    site site .    .    site .    site .    .    .    site
CHECK_REPORTS      .    .    .    .    .    site .    site .    .    .    site
CANCEL_TICKET      own  site site .    .    site .    site .    .    .    site
CREATE_WORK_ORDER  .    site site .    .    site .    site .    .    .    site
PLAN               .    .    site .    .    site .    site .    .    .    site
APPROVE            .    .    .    .    .    site .    site .    .    .    site
APPROVE_OVERTIME   .    .    .    .    .    site .    site .    .    .    site
POSTPONE           .    .    .    .    .    .    .    site .    .    .    site
MAKE_APPOINTMENT   own  site site own  site site site site .    .    .    site
DECLARE_SATURATION .    .    site .    site site .    site .    .    .    site
ASSIGN             .    .    site .    site site .    site .    .    .    site
OFFER              .    .    site .    site site .    site .    .    .    site
WORK               .    .    .    own  own  .    .    .    .    .    .    .
LIFT_DOOR_CODE     .    site site .    .    .    .    site .    .    .    site
CALL_BACK          .    site site .    .    site .    site site .    .    site
CALL_BACK_SERIOUS  .    .    .    .    .    site .    site site .    .    site
HANDLE_CASE        .    site site .    .    site site site site .    .    site
LEAD_CASE          .    .    .    .    .    site .    site site .    .    site
IMPORT             .    .    .    .    .    .    .    site .    .    .    site
SET_POLICY         .    .    .    .    .    .    .    site .    .    .    site
SIGN_HOURS         .    .    .    own  site site .    site .    .    .    site
SEE_HOURS          .    .    .    .    site site .    site .    site .    site
SET_ROSTER         .    .    .    .    .    site .    site .    .    .    site
MANAGE             .    .    .    .    .    .    .    .    .    .    .    site
MANAGE_COMPANY     .    .    .    .    .    .    .    .    .    .    .    org
EXPORT_PERSON      own  .    .    .    .    .    .    .    .    .    .    site
ERASE_PERSON       own  .    .    .    .    .    .    .    .    .    .    site
"""

_CELLS = {"own": Scope.OWN, "site": Scope.SITE, "org": Scope.ORGANIZATION}


def _read(matrix: str) -> Mapping[Role, Mapping[Action, Scope]]:
    rows = {}
    for line in matrix.strip().splitlines()[1:]:
        name, *cells = line.split()
        rows[Action(name)] = dict(zip(Role, cells, strict=True))
    if list(rows) != list(Action):
        raise ValueError("the matrix has a row for each action, in the order of `Action`")
    return {
        role: MappingProxyType(
            {action: _CELLS[cells[role]] for action, cells in rows.items() if cells[role] != "."}
        )
        for role in Role
    }


RIGHTS: Mapping[Role, Mapping[Action, Scope]] = MappingProxyType(_read(_MATRIX))
"""What each role may do, and how far."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role at one site, or at every site of the organization (`site_id` None)."""

    role: Role
    site_id: int | None

    def carries(self, action: Action, *, own: bool = False) -> bool:
        """Whether the grant carries `action` for all at its site; with `own`, for one's own."""
        scope = RIGHTS[self.role].get(action)
        if scope is Scope.ORGANIZATION:
            return self.site_id is None
        return scope is Scope.SITE or (own and scope is Scope.OWN)


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

    def may(self, action: Action, *, site_id: int, own: bool = False) -> bool:
        """Whether the actor holds `action` for everything at the site; with `own`, at least for
        what is their own there. The site's organization is checked by whoever loads the site."""
        return self.is_service or any(
            grant.carries(action, own=own) and grant.site_id in (None, site_id)
            for grant in self.grants
        )

    def may_everywhere(self, action: Action) -> bool:
        """Whether the actor holds `action` at every site of the organization."""
        return self.sites_where(action) is None

    def sites_where(self, action: Action, *, own: bool = False) -> frozenset[int] | None:
        """Ids of the sites where `action` is held; None means every site of the organization."""
        if self.is_service:
            return None
        grants = [grant for grant in self.grants if grant.carries(action, own=own)]
        if any(grant.site_id is None for grant in grants):
            return None
        return frozenset(grant.site_id for grant in grants if grant.site_id is not None)
