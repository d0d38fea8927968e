"""The closed lists of the domain as GraphQL enums, every value described with its Chinese word."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from dispatch.domain.appointments import AppointmentBy, AppointmentState, VisitCallResult
from dispatch.domain.approvals import ApprovalDecision, ApprovalType
from dispatch.domain.arrival_checks import ArrivalCheckState
from dispatch.domain.calendars import DayKind
from dispatch.domain.callbacks import Amends, AnsweredBy, CallbackState, CallResult
from dispatch.domain.cases import Concern, Level, ServiceOrderState
from dispatch.domain.checks import CheckStage, CheckState
from dispatch.domain.clocks import ClockCalendar, ClockState
from dispatch.domain.duty_roster import DutyGapKind, DutyPost
from dispatch.domain.help_requests import HelpState
from dispatch.domain.imports import ImportKind
from dispatch.domain.late_steps import StepState
from dispatch.domain.messages import ChannelKind, MessageState
from dispatch.domain.offers import OfferOutcome
from dispatch.domain.overtime import OvertimePeriod
from dispatch.domain.places import PlaceKind, SiteKind
from dispatch.domain.plans import PlanRunState, PlanState
from dispatch.domain.policies.profiles import PolicyProfile
from dispatch.domain.policies.versions import PolicyState
from dispatch.domain.rights import Action, Role, Scope
from dispatch.domain.roster import DayRule
from dispatch.domain.shift_extensions import ExtensionState
from dispatch.domain.technicians import PayBasis, TechnicianKind, Travel
from dispatch.domain.tickets import Area, Channel, IntakeBy, Resolution, TicketKind, TicketState
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import (
    AssignmentEnd,
    AssignmentStep,
    PauseReason,
    WorkOrderState,
    WorkOrderStep,
)
from dispatch.services.import_rows import Cause

AnyEnum = TypeVar("AnyEnum", bound=StrEnum)


def described(enum: type[AnyEnum], description: str, values: Mapping[AnyEnum, str]) -> None:
    """Publishes a closed list; a value without a description stops the service from starting."""
    strawberry.enum(enum, description=description)
    definition: StrawberryEnumDefinition = enum.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[enum(value.value)]


described(
    SiteKind,
    "What a site is.",
    {
        SiteKind.ESTATE: "Residential estate (小区).",
        SiteKind.CAMPUS: "School or university campus (校区).",
        SiteKind.HOSPITAL: "Hospital (院区).",
        SiteKind.HOTEL: "Hotel (酒店).",
        SiteKind.COMPANY: "Office or factory of a company (企业).",
        SiteKind.CITY: "A city's public works (城市公共设施).",
    },
)
described(
    PolicyProfile,
    "A policy that is shipped for a kind of site (策略模板).",
    {
        PolicyProfile.ESTATE: "Residential estate: the defaults (住宅小区).",
        PolicyProfile.SCHOOL: "School or university (学校).",
        PolicyProfile.HOSPITAL: "Hospital (医院).",
        PolicyProfile.COMPANY: "Company (企业).",
        PolicyProfile.HOTEL: "Hotel (酒店).",
    },
)
described(
    PolicyState,
    "Where a version of a policy stands (策略状态).",
    {
        PolicyState.PAST: "Another one followed it (已失效).",
        PolicyState.IN_FORCE: "It holds now (生效中).",
        PolicyState.AHEAD: "It has not begun (未生效).",
    },
)
described(
    DayKind,
    "What a day is, whatever its weekday (日历日类型).",
    {
        DayKind.HOLIDAY: "A holiday: closed (节假日).",
        DayKind.WORKDAY: "A make-up workday: open, though its weekday is not (调休上班).",
    },
)
described(
    CheckStage,
    "Who must agree to a report before it is dispatched (审核环节).",
    {
        CheckStage.DEPARTMENT: "The head of the reporter's own department (部门负责人).",
        CheckStage.LOGISTICS: "The office that has the work done (后勤部门).",
    },
)
described(
    CheckState,
    "Where a check stands (审核状态).",
    {
        CheckState.WAITING: "An earlier stage has not agreed yet (等待).",
        CheckState.PENDING: "To be decided now (待审核).",
        CheckState.APPROVED: "Agreed to (已同意).",
        CheckState.REJECTED: "Not agreed to; the ticket has ended (已退回).",
        CheckState.WAIVED: "Not needed after all: an emergency, or the ticket has ended (免审).",
    },
)
described(
    ImportKind,
    "What a table holds, one a row (导入内容).",
    {
        ImportKind.TICKETS: "Tickets (报单).",
        ImportKind.TECHNICIANS: "Technicians who serve the site (维修人员).",
        ImportKind.UNITS: "Homes, shops, offices and whom they belong to (房产).",
        ImportKind.MATERIALS: "Materials (材料).",
    },
)
described(
    Cause,
    "What is wrong with a row of a table (错误原因).",
    {
        Cause.MISSING: "A cell that must not be empty is (为空).",
        Cause.NO_POINT: "No point: cannot be planned until somebody sets one (无坐标).",
        Cause.BAD_TIME: "Is no time (时间不符).",
        Cause.BAD_POINT: "Is no point on earth (坐标不符).",
        Cause.UNKNOWN_WORD: "Is no word of the list (词不可识别).",
        Cause.SAME_ID: "The same thing stands in an earlier row (重复).",
        Cause.CLOSED_BEFORE_REPORTED: "Closed before it was reported (关闭早于报单).",
        Cause.CLOSED_WITHOUT_TIME: "Ended, but without a time (缺少关闭时间).",
        Cause.REPORTED_IN_FUTURE: "Reported in the future (报单时间在未来).",
        Cause.TOO_LONG: "Is too long (过长).",
        Cause.CELL_COUNT: "Has another number of cells than the header (列数不符).",
        Cause.BAD_NUMBER: "Is no number, or out of range (数字不符).",
        Cause.BAD_VALUE: "Means nothing here (无法识别).",
        Cause.REFUSED: "Is refused; `value` begins with the code of the error (不能接受).",
    },
)
described(
    ClockState,
    "Where a deadline stands (时限状态).",
    {
        ClockState.RUNNING: "Its time is passing (计时中).",
        ClockState.PAUSED: "It stands still for the customer's sake (已暂停).",
        ClockState.STOPPED: "What was due happened in time, or matters no more (已停止).",
        ClockState.FIRED: "Its time came: a breach (已超时).",
    },
)
described(
    ClockCalendar,
    "Which time counts (计时方式).",
    {
        ClockCalendar.ROUND_THE_CLOCK: "Every second (全天计时).",
        ClockCalendar.BUSINESS_HOURS: "The site's opening hours (营业时间计时).",
    },
)
described(
    ArrivalCheckState,
    "Where the call whether the technician is there stands (到场回访状态).",
    {
        ArrivalCheckState.DUE: "The desk is to call (待回访).",
        ArrivalCheckState.THERE: "The technician is there (已到场).",
        ArrivalCheckState.NOT_THERE: "Nobody is there; the customer is called again (未到场).",
        ArrivalCheckState.OBSOLETE: "Arrived, or sent elsewhere, before anybody called (无需回访).",
    },
)
described(
    PlaceKind,
    "What a node of the place tree is (位置类型).",
    {
        PlaceKind.COMMUNITY: "A community or block of several buildings (组团).",
        PlaceKind.BUILDING: "A building (楼栋).",
        PlaceKind.FLOOR: "A floor (楼层).",
        PlaceKind.UNIT: "A home, shop or office with its own door (单元、户).",
        PlaceKind.ROOM: "A room (房间).",
        PlaceKind.PUBLIC_AREA: "A public area such as a hall, garage or garden (公共区域).",
    },
)
described(
    Role,
    "What somebody is at a site; a role carries its rights (角色).",
    {
        Role.RESIDENT: "Reports for their own unit and follows their own tickets (业主、住户).",
        Role.DESK: "Takes reports, triages, calls back (客服).",
        Role.DISPATCHER: "Plans, assigns and offers work orders (调度).",
        Role.TECHNICIAN: "Carries work orders out (维修人员).",
        Role.TEAM_LEADER: "Leads technicians and may assign (班组长).",
        Role.SUPERVISOR: "Engineering supervisor; decides what nobody took (工程主管).",
        Role.STEWARD: "Looks after given buildings and their residents (管家).",
        Role.PROJECT_MANAGER: "Runs the site (项目经理).",
        Role.QUALITY: "Watches quality and calls back (品质专员).",
        Role.FINANCE: "Charges and payments (财务).",
        Role.ANALYST: "Reads everything, changes nothing (数据分析).",
        Role.ADMINISTRATOR: "Sets up sites, people and policies (管理员).",
    },
)
described(
    Scope,
    "How far a right reaches (权限范围).",
    {
        Scope.OWN: "What is one's own at the site: reported, held, on offer to one (本人).",
        Scope.SITE: "Everything at the site (本项目).",
        Scope.ORGANIZATION: "The company as a whole (全公司).",
    },
)
described(
    Action,
    "A right that a role carries (权限).",
    {
        Action.SEE_SITE: "See the site, its places and categories (查看项目).",
        Action.SEE_OWN: "See one's own tickets and orders (查看本人工单).",
        Action.SEE_ALL_TICKETS: "See every ticket and work order of the site (查看全部工单).",
        Action.SEE_TECHNICIANS: "See the technicians (查看维修人员).",
        Action.SEE_PLANS: "See plans and the board (查看排班).",
        Action.SEE_RECORD: "See the append-only record (查看操作记录).",
        Action.SEE_DOOR_CODE: "See door codes, to tell a customer who lost theirs (查看验证码).",
        Action.REPORT: "Report for oneself (报事报修).",
        Action.REPORT_FOR_OTHERS: "Report for somebody else (代报).",
        Action.TRIAGE: "Triage and complete tickets (分类定级).",
        Action.CHECK_REPORTS: "Agree to reports before dispatch, for the logistics office (审核).",
        Action.CANCEL_TICKET: "Cancel tickets (取消报单).",
        Action.CREATE_WORK_ORDER: "Create and cancel work orders (开派工单).",
        Action.PLAN: "Propose, publish and drop plans (排班).",
        Action.APPROVE: "Approve orders for dispatch (派工审批).",
        Action.APPROVE_OVERTIME: "Approve overtime of technicians (加班审批).",
        Action.POSTPONE: "Consent to another time for an order nobody could take (同意延期).",
        Action.MAKE_APPOINTMENT: "Hold, agree and move appointments (预约改约).",
        Action.DECLARE_SATURATION: "Say until when no times are offered (设置工作量饱和).",
        Action.ASSIGN: "Assign and unassign by hand (派工).",
        Action.OFFER: "Put orders on offer and withdraw them (放单抢单).",
        Action.WORK: "Grab, accept, travel and work (接单作业).",
        Action.LIFT_DOOR_CODE: "Let work start without the door code (免验证码).",
        Action.CALL_BACK: "Call customers back (回访).",
        Action.CALL_BACK_SERIOUS: "Call back after serious cases (重要个案回访).",
        Action.HANDLE_CASE: "Handle complaints, matters and orders of goods (投诉报事处理).",
        Action.LEAD_CASE: "Set a complaint's level, hand matters on (投诉定级、转交).",
        Action.IMPORT: "Import files (导入).",
        Action.SET_POLICY: "Change the site's policy (设置策略).",
        Action.SIGN_HOURS: "Sign off hours of temporary workers (签认工时).",
        Action.SET_ROSTER: "Set and publish the duty roster (编制值班表).",
        Action.MANAGE: "Manage places, people and roles of a site (项目管理).",
        Action.MANAGE_COMPANY: "Manage sites, accounts and tokens of the company (公司管理).",
        Action.EXPORT_PERSON: "Export all that is kept about a customer (导出个人信息).",
        Action.ERASE_PERSON: "Erase a customer's personal data (删除个人信息).",
    },
)
described(
    TechnicianKind,
    "How a technician belongs to the company.",
    {
        TechnicianKind.STAFF: "On the company's own staff (本公司员工).",
        TechnicianKind.VENDOR: "Of a vendor or contractor (外包厂商).",
        TechnicianKind.TEMPORARY: "Temporary worker (临时工).",
    },
)
described(
    Travel,
    "Way of travel; decides the speed that planning counts with (出行方式).",
    {
        Travel.WALK: "On foot (步行).",
        Travel.BICYCLE: "By bicycle (自行车).",
        Travel.SCOOTER: "By electric scooter (电动车).",
        Travel.CAR: "By car (汽车).",
    },
)
described(
    TicketKind,
    "What was reported (报单类型).",
    {
        TicketKind.REPAIR: "Something is broken (报修).",
        TicketKind.MATTER: "A matter that is no repair: lost things, security, cleaning (报事).",
        TicketKind.COMPLAINT: "A complaint (投诉).",
        TicketKind.SERVICE: "A service asked and paid for (特约服务).",
        TicketKind.INSPECTION: "Found by staff on an inspection (自检).",
    },
)
described(
    Channel,
    "By what way the report came in (来源渠道). The flow after it is the same.",
    {
        Channel.PHONE: "Telephone (电话).",
        Channel.WALK_IN: "In person at the desk (前台来访).",
        Channel.LETTER: "Letter (来信).",
        Channel.SUGGESTION_BOX: "Suggestion box (意见箱).",
        Channel.PATROL: "A patrol's record (巡查记录).",
        Channel.VISIT: "Record of a visit to a home (上门走访).",
        Channel.HANDOVER: "Internal hand-over between departments (内部转单).",
        Channel.RADIO: "Radio or intercom (对讲机).",
        Channel.WEB: "Web form (网页).",
        Channel.APP: "App (手机应用).",
        Channel.WECHAT: "WeChat (微信).",
        Channel.EMAIL: "E-mail (电子邮件).",
        Channel.SENSOR: "A sensor or building system (设备告警).",
        Channel.SELF_INSPECTION: "The staff's own inspection (自检).",
    },
)
described(
    Area,
    "Where the work is. Work in a home starts with the door code alone.",
    {Area.IN_HOME: "In somebody's home (入户).", Area.PUBLIC: "In a public area (公区)."},
)
described(
    TicketState,
    "Where a ticket is on its way (报单状态).",
    {
        TicketState.NEW: "Came in; waits for the desk to triage or complete it (新建).",
        TicketState.TRIAGED: "Has category and priority; its orders wait to begin (已分类).",
        TicketState.IN_PROGRESS: "A technician has begun (处理中).",
        TicketState.RESOLVED: "Every order is done, or it was solved without a visit (已解决).",
        TicketState.CLOSED: "The callback is done (已关闭).",
        TicketState.CANCELLED: "Called off (已取消).",
        TicketState.MERGED: "Goes on in another ticket (已合并).",
    },
)
described(
    Resolution,
    "How a ticket is to be solved (处理方式).",
    {
        Resolution.SELF_HELP: "The customer is told how to do it (自助指导).",
        Resolution.REMOTE_HELP: "Helped from afar (远程协助).",
        Resolution.SITE_VISIT: "A technician visits (上门处理).",
        Resolution.VENDOR_VISIT: "A vendor visits (厂商上门).",
    },
)
described(
    Priority,
    "How urgent (优先级). Times are the default of the policy's `answer_within_s`.",
    {
        Priority.EMERGENCY: "Danger to people or property: at once (紧急).",
        Priority.HIGH: "Within 2 hours (高).",
        Priority.NORMAL: "Within 4 hours (普通).",
        Priority.LOW: "Within 8 hours or by appointment (低).",
    },
)
described(
    WorkOrderState,
    "Where a work order is on its way (派工单状态).",
    {
        WorkOrderState.AWAITING_APPROVAL: "Needs an approval before dispatch (待审批).",
        WorkOrderState.QUEUED: "Waits to be dispatched (待派工).",
        WorkOrderState.OFFERED: "Open to be grabbed by who qualifies (待抢单).",
        WorkOrderState.ASSIGNED: "Given to a technician, not yet accepted (已派工).",
        WorkOrderState.ACCEPTED: "Accepted or grabbed (已接单).",
        WorkOrderState.EN_ROUTE: "The technician is on the way (已出发).",
        WorkOrderState.ARRIVED: "The technician is at the door (已到达).",
        WorkOrderState.STARTED: "Work is going on (维修中).",
        WorkOrderState.PAUSED: "Work stands still for a reason (已暂停).",
        WorkOrderState.COMPLETED: "Work is done and recorded (已完工).",
        WorkOrderState.CLOSED: "The customer was called back (已关闭).",
        WorkOrderState.CANCELLED: "Called off before work started (已取消).",
    },
)
described(
    WorkOrderStep,
    "A step of a work order; which are allowed depends on its state.",
    {
        WorkOrderStep.ASK_APPROVAL: "Ask for approval before dispatch (提交审批).",
        WorkOrderStep.APPROVE: "Approve it for dispatch (审批).",
        WorkOrderStep.OFFER: "Put it on offer (放单).",
        WorkOrderStep.WITHDRAW: "Withdraw the offer (撤回放单).",
        WorkOrderStep.GRAB: "Grab it (抢单).",
        WorkOrderStep.ASSIGN: "Assign it (派工).",
        WorkOrderStep.UNASSIGN: "Take it back from its technician (撤回派工).",
        WorkOrderStep.ACCEPT: "Accept it (接单).",
        WorkOrderStep.DECLINE: "Decline it (拒单).",
        WorkOrderStep.DIVERT: "Called away to an emergency before work began (改派急修).",
        WorkOrderStep.GIVE_BACK: "Give it back before starting (退单).",
        WorkOrderStep.SET_OUT: "Set out (出发).",
        WorkOrderStep.ARRIVE: "Arrive (到达).",
        WorkOrderStep.START: "Start work (开工).",
        WorkOrderStep.PAUSE: "Pause work (暂停).",
        WorkOrderStep.RESUME: "Go on with work (继续).",
        WorkOrderStep.COMPLETE: "Complete it (完工).",
        WorkOrderStep.CLOSE: "Close it after the callback (关闭).",
        WorkOrderStep.CANCEL: "Cancel it (取消).",
    },
)
described(
    PauseReason,
    "Why work stands still (暂停原因).",
    {
        PauseReason.PARTS: "Parts have to be bought or fetched (待料).",
        PauseReason.WORKSHOP: "Taken back to the workshop (带回维修).",
        PauseReason.LONG_JOB: "A long job that goes on another day (工期较长).",
        PauseReason.CUSTOMER_AWAY: "The customer is away (客户不在).",
        PauseReason.OTHER_TRADE_FIRST: "Another trade has to come first (需其他工种先行).",
        PauseReason.EMERGENCY: "Its people were sent to an emergency (抢修调离).",
    },
)
described(
    AssignmentStep,
    "A step of the site's dispatch policy; says what made an assignment (派工方式).",
    {
        AssignmentStep.DIRECTED: "To the technician the customer named (指定派工).",
        AssignmentStep.AUTO: "By the optimizer (自动派工).",
        AssignmentStep.GRAB: "Grabbed by a technician (抢单).",
        AssignmentStep.SUPERVISOR: "Decided by a person (人工派工).",
        AssignmentStep.VENDOR: "Given to a vendor (厂商派工).",
    },
)
described(
    AssignmentEnd,
    "How an assignment ended.",
    {
        AssignmentEnd.DONE: "The work was completed (完工).",
        AssignmentEnd.DECLINED: "The technician declined (拒单).",
        AssignmentEnd.GIVEN_BACK: "The technician gave it back (退单).",
        AssignmentEnd.REASSIGNED: "It went to somebody else or back to the queue (改派).",
        AssignmentEnd.CANCELLED: "The order was cancelled (取消).",
    },
)
described(
    AppointmentState,
    "Where an appointment stands (预约状态).",
    {
        AppointmentState.HELD: "Kept for a few minutes while the customer decides (保留中).",
        AppointmentState.CONFIRMED: "Promised (已确认).",
        AppointmentState.MOVED: "Moved to another time (已改约).",
        AppointmentState.MET: "Kept (已履约).",
        AppointmentState.MISSED: "Not kept (已失约).",
        AppointmentState.RELEASED: "Set free again (已释放).",
    },
)
described(
    AppointmentBy,
    "As whom somebody agreed on a time (预约来源).",
    {
        AppointmentBy.CUSTOMER: "The customer themself (客户).",
        AppointmentBy.DESK: "The desk, or who agrees on times like it (客服).",
        AppointmentBy.TECHNICIAN: "The technician, with the customer's consent (维修人员).",
    },
)
described(
    VisitCallResult,
    "What came of a technician's call before setting out (上门前电话结果).",
    {
        VisitCallResult.REACHED: "The customer expects them (已联系).",
        VisitCallResult.NO_ANSWER: "Nobody answered (无人接听).",
        VisitCallResult.WRONG_NUMBER: "The number is wrong (号码有误).",
        VisitCallResult.OTHER_TIME: "The customer wishes another time (要求改约).",
        VisitCallResult.NOT_NEEDED: "The visit is not needed any more (无需上门).",
    },
)
described(
    ApprovalType,
    "Why an order needs approval before dispatch (审批类型).",
    {
        ApprovalType.BULK: "Many pieces or visits ordered at once (批量).",
        ApprovalType.ENGINEERING: "Building work rather than a repair (工程类).",
        ApprovalType.UNSOLD_GOODS: "Goods not yet sold are to be delivered or fitted (未售商品).",
        ApprovalType.REMOTE_VISIT: "So far away that mileage is paid (远程上门).",
        ApprovalType.FREE_OUT_OF_WARRANTY: "Free of charge after the warranty (超保免费).",
        ApprovalType.CATEGORY: "The site asks for it in this category (指定类别).",
        ApprovalType.LARGE: "More people or time than goes without a look (超规模).",
    },
)
described(
    ApprovalDecision,
    "What was decided (审批结果).",
    {
        ApprovalDecision.APPROVED: "It may be dispatched (同意).",
        ApprovalDecision.REJECTED: "It is not dispatched (不同意).",
    },
)
described(
    PayBasis,
    "How work is paid (计酬方式).",
    {
        PayBasis.SALARY: "By salary (固定薪资).",
        PayBasis.HOURLY: "By the hour (计时).",
        PayBasis.DAILY: "By the day (日薪).",
        PayBasis.PER_ORDER: "By the order (计件).",
    },
)
described(
    OfferOutcome,
    "How an offer ended (抢单结果).",
    {
        OfferOutcome.GRABBED: "A technician took it (已抢).",
        OfferOutcome.EXPIRED: "Nobody took it in time (已过期).",
        OfferOutcome.WITHDRAWN: "It was withdrawn or assigned otherwise (已撤回).",
    },
)
described(
    PlanRunState,
    "Where a run of the optimizer stands.",
    {
        PlanRunState.RUNNING: "Searching (计算中).",
        PlanRunState.DONE: "Made a plan (已完成).",
        PlanRunState.FAILED: "Ended without a plan (失败).",
    },
)
described(
    PlanState,
    "Where a plan stands (方案状态).",
    {
        PlanState.PROPOSED: "A what-if that nobody follows yet (待发布).",
        PlanState.PUBLISHED: "In force (已发布).",
        PlanState.DROPPED: "Thrown away (已放弃).",
        PlanState.SUPERSEDED: "Replaced by a later plan (已被替代).",
    },
)
described(
    CallbackState,
    "Where a callback stands (回访状态).",
    {
        CallbackState.DUE: "The customer is still to be called (待回访).",
        CallbackState.ANSWERED: "The customer answered (已回访).",
        CallbackState.UNREACHED: "The customer could not be reached (未接通).",
        CallbackState.REFUSED: "The customer hung up or refused (拒访).",
    },
)
described(
    CallResult,
    "What came of one call (通话结果).",
    {
        CallResult.ANSWERED: "The customer answered the questions (已答复).",
        CallResult.NO_ANSWER: "Nobody answered the phone (无人接听).",
        CallResult.HUNG_UP: "The customer hung up (挂断).",
        CallResult.REFUSED: "The customer did not want to answer (拒绝回访).",
    },
)
described(
    DutyPost,
    "What somebody does on duty (值班岗位).",
    {
        DutyPost.MANAGER: "Answers for the day (值班经理).",
        DutyPost.TECHNICIAN: "Is called out of hours (值班维修).",
        DutyPost.DESK: "Takes reports in the duty centre (值班中心).",
        DutyPost.DELEGATE: "Decides on a holiday (节假日受托人).",
    },
)
described(
    DutyGapKind,
    "What a day of the duty roster lacks (值班缺口).",
    {
        DutyGapKind.UNPUBLISHED: "It is not published (未发布).",
        DutyGapKind.NO_MANAGER: "Too few duty managers (缺值班经理).",
        DutyGapKind.NO_TECHNICIAN: "Too few technicians (缺值班维修).",
        DutyGapKind.NO_DESK: "Too few in the duty centre (缺值班中心人员).",
        DutyGapKind.NO_DELEGATE: "No delegate for a holiday (缺受托人).",
    },
)
described(
    IntakeBy,
    "Who takes a report in (受理方).",
    {
        IntakeBy.DESK: "The desk (客服).",
        IntakeBy.DUTY_CENTRE: "The duty centre, out of hours (值班中心).",
    },
)
described(
    DayRule,
    "What weekly hours do on holidays, or on make-up workdays (节假日规则).",
    {
        DayRule.LIKE_WEEKDAY: "As on any such weekday (同平日).",
        DayRule.WORK: "They hold, whatever the weekday (上班).",
        DayRule.OFF: "They do not hold (休息).",
    },
)
described(
    ExtensionState,
    "Where overtime stands (加班状态).",
    {
        ExtensionState.ASKED: "The technician has not answered (待本人同意).",
        ExtensionState.AGREED: "The technician agreed; waits for approval (待审批).",
        ExtensionState.APPROVED: "Part of their shift (已批准).",
        ExtensionState.DECLINED: "The technician does not want to (本人不同意).",
        ExtensionState.REJECTED: "Not approved (未批准).",
        ExtensionState.WITHDRAWN: "Taken back (已撤回).",
    },
)
described(
    OvertimePeriod,
    "Over what overtime is counted (加班统计周期).",
    {
        OvertimePeriod.DAY: "The day (日).",
        OvertimePeriod.WEEK: "The week, from Monday (周).",
        OvertimePeriod.MONTH: "The calendar month (月).",
    },
)
described(
    HelpState,
    "Where a call for more people stands (支援状态).",
    {
        HelpState.OPEN: "Nobody has answered yet (待答复).",
        HelpState.GRANTED: "People were sent (已派出).",
        HelpState.DECLINED: "Nobody can be sent (无法派出).",
        HelpState.ENDED: "The work ended first (已结束).",
    },
)
described(
    StepState,
    "What became of a step (步骤状态).",
    {
        StepState.WAITING: "It waits for a step before it that has not been told (等待前序).",
        StepState.TAKEN: "It was taken (已记入).",
        StepState.REFUSED: "Its turn came and it was refused, or never came (已拒绝).",
    },
)
described(
    MessageState,
    "Where a message stands (通知状态).",
    {
        MessageState.QUEUED: "It waits to be sent, or to be tried again (待发送).",
        MessageState.SENT: "The channel took it (已发送).",
        MessageState.DEAD: "Given up after the policy's tries (发送失败).",
        MessageState.KEPT: "It lies in the reader's inbox (站内消息).",
    },
)
described(
    ChannelKind,
    "By what a message leaves the house (通知渠道).",
    {
        ChannelKind.EMAIL: "Mail to each reader (电子邮件).",
        ChannelKind.SMS_ALIYUN: "Text message to each reader, by Aliyun (阿里云短信).",
        ChannelKind.SMS_TENCENT: "Text message to each reader, by Tencent Cloud (腾讯云短信).",
        ChannelKind.WECOM: "A group's bot in WeCom (企业微信群机器人).",
        ChannelKind.DINGTALK: "A group's bot in DingTalk (钉钉群机器人).",
        ChannelKind.FEISHU: "A group's bot in Feishu (飞书群机器人).",
        ChannelKind.WEB_HOOK: "Another program, signed (网络回调).",
        ChannelKind.OTHER: "Another service by its address, as the library apprise writes it "
        "(其他).",
    },
)
described(
    AnsweredBy,
    "By which way a customer answered (回访方式).",
    {
        AnsweredBy.CALL: "On the phone (电话).",
        AnsweredBy.LINK: "By the link they were sent (链接).",
        AnsweredBy.APP: "Signed in, by the app (应用).",
    },
)
described(
    Amends,
    "What an unsatisfied customer is given (补救方式).",
    {
        Amends.REWORK: "Somebody comes again (返修).",
        Amends.COMPLAINT: "A complaint is opened; what is not solved is mended, too (投诉).",
    },
)
described(
    Level,
    "How grave a complaint is (投诉等级).",
    {
        Level.MINOR: "A trifle (轻微).",
        Level.NORMAL: "As most are (一般).",
        Level.SERIOUS: "Serious (较重).",
        Level.GRAVE: "Grave (重大).",
    },
)
described(
    Concern,
    "What a matter is about (报事事项).",
    {
        Concern.COMPLAINT: "A complaint: the service lead's (投诉).",
        Concern.LOST_PROPERTY: "Something lost or found (失物).",
        Concern.SECURITY: "Security (安保).",
        Concern.CLEANING: "Cleaning (保洁).",
        Concern.GREENING: "Greening (绿化).",
        Concern.MOVE_IN: "Moving in or out (入伙、搬家).",
        Concern.RENOVATION: "Renovation (装修).",
        Concern.OTHER: "Something else (其他).",
    },
)
described(
    ServiceOrderState,
    "Where an order of goods or services stands (特约服务状态).",
    {
        ServiceOrderState.PLACED: "It waits for its provider (待确认).",
        ServiceOrderState.CONFIRMED: "Provider and window are agreed (已确认).",
        ServiceOrderState.DECLINED: "Nobody can deliver it (无法提供).",
    },
)
