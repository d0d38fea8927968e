"""Closed lists, described. People: rights, technicians, duty and overtime."""

from dispatch.api.nouns.describing import described
from dispatch.domain.duty_roster import DutyGapKind, DutyPost
from dispatch.domain.overtime import OvertimePeriod
from dispatch.domain.rights import Action, Role, Scope
from dispatch.domain.shift_extensions import ExtensionState
from dispatch.domain.technicians import PayBasis, TechnicianKind, Travel
from dispatch.domain.tickets import IntakeBy

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
        Action.SEE_FIGURES: "See figures of the work (查看统计指标).",
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
        Action.SEE_HOURS: "See signed hours and pay sheets (查看工时与结算单).",
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
    ExtensionState,
    "Where overtime stands (加班状态).",
    {
        ExtensionState.ASKED: "The technician has not answered (待本人同意).",
        ExtensionState.AGREED: "The technician agreed; waits for approval (待审批).",
        ExtensionState.APPROVED: "Part of their shift (已批准).",
        ExtensionState.DECLINED: "The technician does not want to (本人不同意).",
        ExtensionState.REJECTED: "Not approved (未批准).",
        ExtensionState.WITHDRAWN: "Taken back, or not answered in time (已撤回、逾期未答复).",
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
