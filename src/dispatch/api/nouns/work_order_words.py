"""Closed lists, described. Work orders: steps, assignments, appointments, approvals, plans."""

from dispatch.api.nouns.describing import described
from dispatch.domain.appointments import AppointmentBy, AppointmentState, VisitCallResult
from dispatch.domain.approvals import ApprovalDecision, ApprovalType
from dispatch.domain.help_requests import HelpState
from dispatch.domain.late_steps import StepState
from dispatch.domain.offers import OfferOutcome
from dispatch.domain.plans import PlanRunState, PlanState
from dispatch.domain.work_orders import (
    AssignmentEnd,
    AssignmentStep,
    PauseReason,
    WorkOrderState,
    WorkOrderStep,
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
