"""Every root and field of the schema, asked by every role and by people from elsewhere."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest
import pytest_asyncio
from graphql import build_schema
from sqlalchemy import select

from dispatch.api import guard
from dispatch.api.context import Backing, Context, Gate
from dispatch.api.hub import Hub
from dispatch.api.limits import Limits
from dispatch.api.print_schema import print_schema
from dispatch.api.schema import make_schema
from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action, Actor, Role
from dispatch.planning.runner import Planner
from dispatch.services import accounts
from dispatch.store.tables import Base
from tests.api.client import token_for
from tests.api.operations.day import counted, counting
from tests.api.rights.asking import Asking
from tests.api.rights.estate import MARKS, STRANGER, Estate, a_walked_estate, marks_in

SDL = build_schema(print_schema())
assert SDL.query_type is not None
assert SDL.mutation_type is not None
QUERIES = list(SDL.query_type.fields)
MUTATIONS = list(SDL.mutation_type.fields)
DEPTHS = {
    "plan": 5,
    "board": 4,
    "importRun": 3,
    "policy": 3,
    "ticket": 3,
    "workOrder": 3,
    "viewer": 3,
}
"""Levels that a root is asked for; what lies deep is met nowhere else."""
WIDE = Limits(
    length=10**7,
    tokens=200_000,
    depth=60,
    aliases=5_000,
    cost=10**12,
    roots=100,
    fragments=300,
    same_name=500,
)
REFUSED = {"FORBIDDEN", "NOT_FOUND"}
# A customer's link to their callback is asked for without signing in: a made-up one is none.
UNASKED = {"BUSY", "LINK_INVALID"}

ANSWERS = {
    # Held for nothing: an order, a ticket or a visit has to be named before it matters whose.
    "appointmentHold": {"REQUIRED"},
    # Each step has its own answer; that none was taken, the rows tell.
    "workOrderSteps": set[str](),
    # Nothing waits for a check: said to who sees the ticket, before it matters who may decide.
    "ticketCheck": {"CHECK_NOT_PENDING"},
    # Nobody helps with an order that nobody holds: said to who sees it, whoever asks.
    "workOrderHelperJoin": {"WRONG_STEP"},
    "workOrderHelperLeave": {"WRONG_STEP"},
}
"""Mutations that say no in words of their own."""

# Who may do what: every mutation has its line. A right of scope OWN does not help with the marked
# things, which are nobody's who asks here.
RIGHTS_OF_MUTATIONS: Mapping[str, Action | None] = {
    # One's own sign-in: they touch nothing but the caller's tokens.
    "appointmentAcknowledge": Action.WORK,
    "appointmentConfirm": Action.MAKE_APPOINTMENT,
    "appointmentHold": Action.MAKE_APPOINTMENT,
    "appointmentMove": Action.MAKE_APPOINTMENT,
    "appointmentRelease": Action.MAKE_APPOINTMENT,
    "arrivalCheckRecord": Action.CALL_BACK,
    "assetCreate": Action.MANAGE,
    "assetSetWarranty": Action.MANAGE,
    "autoAssign": Action.PLAN,
    "calendarDayClear": Action.SET_POLICY,
    "calendarDaySet": Action.SET_POLICY,
    "callbackAnswer": None,
    "callbackMarkSerious": Action.CALL_BACK,
    "callbackRecord": Action.CALL_BACK,
    "caseContact": Action.HANDLE_CASE,
    "caseHandOn": Action.LEAD_CASE,
    "caseRoute": Action.HANDLE_CASE,
    "caseSetLevel": Action.LEAD_CASE,
    "caseSolve": Action.HANDLE_CASE,
    "caseSplitRepair": Action.HANDLE_CASE,
    "caseTake": Action.HANDLE_CASE,
    "categorySetGuide": Action.SET_POLICY,
    "departmentCreate": Action.MANAGE,
    "departmentSetHead": Action.MANAGE,
    "dutyDaySet": Action.SET_ROSTER,
    "dutyDaysPublish": Action.SET_ROSTER,
    "emergencyInsert": Action.ASSIGN,
    # A file for the asker, of what they may see: test_figure_exports.py.
    "exportFigures": None,
    # Whoever reports, works or manages there; their own alone: test_photos.py.
    "photoConfirm": None,
    "photoUpload": None,
    "hoursCorrect": Action.SIGN_HOURS,
    "hoursSign": Action.SIGN_HOURS,
    "identityLink": Action.MANAGE_COMPANY,
    "identityUnlink": Action.MANAGE_COMPANY,
    "importRun": Action.IMPORT,
    "mediationRecord": Action.CALL_BACK,
    "messageChannelCreate": Action.SET_POLICY,
    "messageChannelRotateSecret": Action.SET_POLICY,
    "messageChannelUpdate": Action.SET_POLICY,
    "messageSendAgain": Action.SET_POLICY,
    "messagesMarkRead": None,
    "orderInsert": Action.ASSIGN,
    "partyCreate": Action.MANAGE,
    "partyErase": Action.ERASE_PERSON,
    "partyExport": Action.EXPORT_PERSON,
    "partySetDepartment": Action.MANAGE,
    "passwordChange": None,
    "placeCreate": Action.MANAGE,
    "placeSetCare": Action.MANAGE,
    "planDrop": Action.PLAN,
    "planMoveStop": Action.PLAN,
    "planPropose": Action.PLAN,
    "planPublish": Action.PLAN,
    "planRepair": Action.PLAN,
    "policyApplyProfile": Action.SET_POLICY,
    "policyUpdate": Action.SET_POLICY,
    "policyWithdraw": Action.SET_POLICY,
    "responsibilityAssign": Action.SET_POLICY,
    "roleGrant": Action.MANAGE,
    "roleRevoke": Action.MANAGE,
    "saturationDeclare": Action.DECLARE_SATURATION,
    "saturationEnd": Action.DECLARE_SATURATION,
    "serviceOrderConfirm": Action.HANDLE_CASE,
    "serviceOrderDecline": Action.HANDLE_CASE,
    "shiftExtensionAgree": Action.WORK,
    "shiftExtensionApprove": Action.APPROVE_OVERTIME,
    "shiftExtensionAsk": Action.ASSIGN,
    "shiftExtensionDecline": Action.WORK,
    "shiftExtensionReject": Action.APPROVE_OVERTIME,
    "shiftExtensionWithdraw": Action.ASSIGN,
    "signIn": None,
    "signInBegin": None,
    "signInFinish": None,
    "signOut": None,
    "siteCreate": Action.MANAGE_COMPANY,
    "technicianAddLeave": Action.MANAGE,
    "technicianAddShiftException": Action.MANAGE,
    "technicianAddShiftPattern": Action.MANAGE,
    "technicianCreate": Action.MANAGE,
    "technicianLocate": Action.ASSIGN,
    "technicianReportDelay": Action.ASSIGN,
    "technicianReportIll": Action.ASSIGN,
    "technicianSetPhoto": Action.MANAGE,
    "technicianSetSkills": Action.MANAGE,
    "technicianSetTerms": Action.MANAGE,
    "ticketAnswerCallback": None,
    "ticketAnswerGuide": Action.TRIAGE,
    "ticketCancel": Action.CANCEL_TICKET,
    "ticketChangeOwner": Action.TRIAGE,
    "ticketCheck": Action.TRIAGE,
    "ticketCreate": Action.REPORT,
    "ticketHandOver": Action.TRIAGE,
    "ticketMerge": Action.TRIAGE,
    "ticketReportFixed": Action.TRIAGE,
    "ticketReportRework": Action.ASSIGN,
    "ticketResolveWithoutVisit": Action.TRIAGE,
    "ticketSplit": Action.CREATE_WORK_ORDER,
    "ticketStewardReport": Action.REPORT_FOR_OTHERS,
    "ticketTake": Action.TRIAGE,
    "ticketTriage": Action.TRIAGE,
    "ticketUpdate": Action.TRIAGE,
    "tokenIssue": Action.MANAGE_COMPANY,
    "tokenRevoke": Action.MANAGE_COMPANY,
    "tokenRevokeAll": Action.MANAGE_COMPANY,
    "tokenRotate": None,
    "userCreate": Action.MANAGE_COMPANY,
    "userDisable": Action.MANAGE_COMPANY,
    "userEnable": Action.MANAGE_COMPANY,
    # One's own browsers.
    "viewerPushSubscribe": None,
    "viewerPushUnsubscribe": None,
    "viewerSetEmail": None,
    "workOrderAccept": Action.WORK,
    "workOrderAddHelper": Action.ASSIGN,
    "workOrderAddHelpers": Action.ASSIGN,
    "workOrderAddWork": Action.WORK,
    "workOrderAllowPostponing": Action.POSTPONE,
    "workOrderApprove": Action.APPROVE,
    "workOrderArrive": Action.WORK,
    "workOrderAskApproval": Action.CREATE_WORK_ORDER,
    "workOrderAskHelp": Action.WORK,
    "workOrderAssign": Action.ASSIGN,
    "workOrderCancel": Action.CREATE_WORK_ORDER,
    "workOrderComplete": Action.WORK,
    "workOrderCreate": Action.CREATE_WORK_ORDER,
    "workOrderDecline": Action.WORK,
    "workOrderDeclineHelp": Action.ASSIGN,
    "workOrderDispatchHelp": Action.ASSIGN,
    "workOrderGiveBack": Action.WORK,
    "workOrderGrab": Action.WORK,
    "workOrderHelperJoin": Action.WORK,
    "workOrderHelperLeave": Action.WORK,
    "workOrderLiftDoorCode": Action.LIFT_DOOR_CODE,
    "workOrderMediate": Action.CREATE_WORK_ORDER,
    "workOrderNoteCall": Action.WORK,
    "workOrderOffer": Action.OFFER,
    "workOrderPause": Action.WORK,
    "workOrderPostpone": Action.CREATE_WORK_ORDER,
    "workOrderRecordVerbal": Action.ASSIGN,
    "workOrderReject": Action.APPROVE,
    "workOrderReportProgress": Action.WORK,
    "workOrderResume": Action.WORK,
    "workOrderSetOut": Action.WORK,
    "workOrderStart": Action.WORK,
    "workOrderSteps": Action.WORK,
    "workOrderUnassign": Action.ASSIGN,
    "workOrderWithdrawOffer": Action.OFFER,
}


@dataclass
class Walk:
    """The estate, and the schema run over it as anybody."""

    estate: Estate
    backing: Backing

    async def run(
        self, actor: Actor, asked: tuple[str, dict[str, Any]]
    ) -> tuple[Any, list[dict[str, Any]]]:
        """Data and errors of a document, as they would leave the service."""
        document, variables = asked
        context = Context(backing=self.backing, caller=actor, language="en", origin="test")
        result = await SCHEMA.execute(document, variable_values=variables, context_value=context)
        errors: list[Any] = [dict(each.formatted) for each in result.errors or ()]  # type: ignore[union-attr]
        codes = {each["extensions"]["code"] for each in errors}
        assert not codes & {"INTERNAL", "BAD_INPUT", "TOO_COSTLY"}, (document[:300], errors)
        return result.data, errors  # type: ignore[union-attr]


SCHEMA = make_schema(limits=WIDE)


def no_planner() -> Any:
    # Who gets as far as the optimizer has passed every question of rights.
    raise refuse(Code.BUSY)


@pytest_asyncio.fixture
async def walk(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Walk]:
    # Each document is parsed and validated once, however long, and not for every reader.
    monkeypatch.setattr(guard, "_KEPT_LENGTH_MOST", 1_000_000)
    async with a_walked_estate(database_url) as estate:
        services = estate.world.services
        hub = Hub(services)
        backing = Backing(services=services, planner=no_planner, hub=hub, gate=Gate())
        yield Walk(estate, backing)


def told(data: Any, errors: list[dict[str, Any]]) -> str:
    return orjson.dumps([data, [each["message"] for each in errors]]).decode()


def connections(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "totalCount" in value and "nodes" in value:
            yield value
        for each in value.values():
            yield from connections(each)
    elif isinstance(value, list):
        for each in value:
            yield from connections(each)


def check_counts(data: Any) -> None:
    """A count is that of what is shown: a greater one would tell of what is not."""
    for page in connections(data):
        if len(page["nodes"]) < 20:
            assert page["totalCount"] == len(page["nodes"]), page


FEW, ALL = False, True
SEARCHING = pytest.mark.parametrize(
    ("database_url", "everybody_searches"),
    [
        pytest.param("sqlite", FEW, id="sqlite"),
        pytest.param("sqlite", ALL, id="sqlite-all", marks=pytest.mark.slow),
        pytest.param("postgresql", ALL, id="postgresql-all", marks=pytest.mark.slow),
    ],
    indirect=["database_url"],
)
"""Everybody asks for everything and tries to change it. All search by each field of a filter, and
try on what does not exist, only in the long form; else who sees a whole site, who sees their own
alone, and who is of another company."""
SEARCHERS = (Role.DISPATCHER, Role.RESIDENT, Role.TECHNICIAN)


def searches(name: str, *, everybody: bool) -> bool:
    return everybody or name == STRANGER or name.split(maxsplit=1)[0] in SEARCHERS


@SEARCHING
@pytest.mark.rule("SEC-1", "SEC-2")
async def test_every_role_sees_what_its_rights_show_and_nothing_else(
    walk: Walk, everybody_searches: bool
) -> None:
    estate = walk.estate
    asking = Asking(SDL, estate.ids)
    deep = [asking.query(name, depth=DEPTHS.get(name, 2)) for name in QUERIES]
    documents = [asking.query(name) for name in QUERIES]
    assert asking.reachable() <= asking.seen, sorted(asking.reachable() - asking.seen)
    narrowed = [one for name in QUERIES for one in asking.filters(name)]
    for name, actor in estate.insiders.items():
        seen: set[str] = set()
        # Down to the last field for who sees most; what is not seen has nothing below it.
        whole = deep if name == Role.DISPATCHER else documents
        more = narrowed if searches(name, everybody=everybody_searches) else []
        for asked in (*whole, *more):
            data, errors = await walk.run(actor, asked)
            assert {each["extensions"]["code"] for each in errors} <= REFUSED | UNASKED, asked
            text = told(data, errors)
            seen |= marks_in(text)
            check_counts(data)
            shows_code = actor.may(Action.SEE_DOOR_CODE, site_id=estate.world.site.id)
            assert shows_code or not re.search(rf'"{estate.door_code}"', text), asked[0][:80]
            assert "argon2" not in text
        may = {
            mark
            for mark, actions in MARKS.items()
            if any(actor.may(action, site_id=estate.world.site.id) for action in actions)
        }
        assert seen == may, name


@SEARCHING
@pytest.mark.rule("SEC-2")
async def test_people_from_elsewhere_learn_nothing_not_even_that_it_exists(
    walk: Walk, everybody_searches: bool
) -> None:
    with counting():
        await _learn_nothing(walk, everybody_searches=everybody_searches)


async def _learn_nothing(walk: Walk, *, everybody_searches: bool) -> None:
    estate = walk.estate
    there, nowhere = Asking(SDL, estate.ids), Asking(SDL, estate.missing())
    hidden = set(estate.ids.values())
    for name, actor in estate.outsiders.items():
        narrowing = searches(name, everybody=everybody_searches)
        for query in QUERIES:
            for there_asked, nowhere_asked in zip(
                [there.query(query, depth=1), *(there.filters(query) if narrowing else ())],
                [nowhere.query(query, depth=1), *(nowhere.filters(query) if narrowing else ())],
                strict=True,
            ):
                if there_asked == nowhere_asked:
                    # It names nothing: what is not there cannot be told from what is not theirs.
                    data, errors = await walk.run(actor, there_asked)
                    assert not marks_in(told(data, errors)), (name, query)
                    continue
                with counted() as work:
                    data, errors = await walk.run(actor, there_asked)
                with counted() as same_work:
                    nothing, refusals = await walk.run(actor, nowhere_asked)
                text = told(data, errors)
                assert not marks_in(text), (name, query)
                assert not [each for each in hidden if f'"{each}"' in text], (name, query)
                check_counts(data)
                # What is not theirs and what is not there are one answer, for the same work.
                assert (data, errors) == (nothing, refusals), (name, query)
                assert sorted(work) == sorted(same_work), (name, query)


@SEARCHING
@pytest.mark.rule("SEC-1", "SEC-2")
async def test_nobody_changes_what_they_have_no_right_to(
    walk: Walk, everybody_searches: bool
) -> None:
    assert set(MUTATIONS) == set(RIGHTS_OF_MUTATIONS), "a mutation without its line, or the reverse"
    estate = walk.estate
    site_id = estate.world.site.id
    asking, nowhere = Asking(SDL, estate.ids), Asking(SDL, estate.missing())
    before = await everything(walk)
    amiss = []
    walk.backing = replace(walk.backing, planner=lambda: planner)
    planner = Planner(1)
    for name, actor in {**estate.insiders, **estate.outsiders}.items():
        for mutation, action in RIGHTS_OF_MUTATIONS.items():
            everywhere = action is Action.MANAGE_COMPANY and actor.may_everywhere(action)
            if action is None or actor.may(action, site_id=site_id) or everywhere:
                continue
            if mutation == "ticketCreate" and actor.may(action, site_id=site_id, own=True):
                continue
            codes = await refusal(walk, actor, asking.mutation(mutation))
            if not codes <= REFUSED | ANSWERS.get(mutation, set()) or not (
                codes or mutation in ANSWERS
            ):
                amiss.append((mutation, name, codes))
            if name in estate.outsiders and searches(name, everybody=everybody_searches):
                other = await refusal(walk, actor, nowhere.mutation(mutation))
                if other != codes:
                    amiss.append((mutation, name, "tells what exists", codes, other))
    assert amiss == []
    assert await everything(walk) == before


async def refusal(walk: Walk, actor: Actor, asked: tuple[str, dict[str, Any]]) -> set[str]:
    data, errors = await walk.run(actor, asked)
    codes = {each["extensions"]["code"] for each in errors}
    for payload in (data or {}).values():
        codes |= {each["code"] for each in (payload or {}).get("userErrors", ())}
    return codes


async def everything(walk: Walk) -> dict[str, list[Any]]:
    """Every row of every table."""
    kept = {}
    async with walk.estate.world.services.store.reading() as session:
        for table in Base.metadata.sorted_tables:
            rows = await session.execute(select(table).order_by(*table.primary_key.columns))
            kept[table.name] = [tuple(row) for row in rows]
    return kept


@pytest.mark.rule("SEC-2")
async def test_the_walk_asks_as_the_people_are(walk: Walk) -> None:
    """The actors above hold what their accounts hold."""
    estate = walk.estate
    for name, actor in {**estate.insiders, **estate.outsiders}.items():
        if actor.organization_id != estate.world.root.organization_id:
            continue
        token = await token_for(estate.world, actor)
        real = await accounts.authenticate(estate.world.services, token=token)
        assert (real.grants, real.party_id, real.technician_id) == (
            actor.grants,
            actor.party_id,
            actor.technician_id,
        ), name
    assert set(estate.insiders) == {role.value for role in Role}
