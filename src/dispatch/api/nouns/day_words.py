"""The closed lists of the running day as GraphQL enums."""

from dispatch.api.nouns.describing import described
from dispatch.domain.plans_in_force import DisturbanceCause, DisturbanceOutcome, PlanCause

described(
    PlanCause,
    "Why the plan in force became another (方案变动原因).",
    {
        PlanCause.OPENED: "Nothing has changed yet (未变动).",
        PlanCause.PUBLISHED: "A plan was published (发布方案).",
        PlanCause.INSERTED: "The optimizer found a place for one order (插单).",
        PlanCause.EMERGENCY: "An emergency came first (急修).",
        PlanCause.REPAIRED: "A disturbed day was repaired (修复方案).",
        PlanCause.GRABBED: "A technician took an order (抢单).",
        PlanCause.ASSIGNED: "A person assigned an order (人工派工).",
        PlanCause.UNASSIGNED: "An order was taken from its technician (撤回派工).",
        PlanCause.DECLINED: "A technician declined (拒单).",
        PlanCause.GIVEN_BACK: "A technician gave an order back (退单).",
        PlanCause.CANCELLED: "An order was called off (取消).",
        PlanCause.COMPLETED: "An order was completed (完工).",
        PlanCause.APPOINTMENT: "An appointment was made or moved (预约变动).",
    },
)
described(
    DisturbanceCause,
    "What makes the rest of a day impossible, or a better one possible (异常原因).",
    {
        DisturbanceCause.LATE: "A technician is late, or will be (迟到).",
        DisturbanceCause.ILL: "A technician is away (请假或生病).",
        DisturbanceCause.OVERRUN: "A job runs over (超时作业).",
        DisturbanceCause.DECLINED: "An order was declined or given back (拒单或退单).",
        DisturbanceCause.EMERGENCY: "An emergency waits for the nearest (急修待派).",
        DisturbanceCause.DISPLACED: "Work had to make room (工作被挤占).",
        DisturbanceCause.TAKEN: "Somebody has an order without a time yet (待排时间).",
        DisturbanceCause.APPOINTMENT: "An appointment was made or moved (预约变动).",
    },
)
described(
    DisturbanceOutcome,
    "What came of a disturbance (处理结果).",
    {
        DisturbanceOutcome.REPAIRED: "The day was repaired (已修复).",
        DisturbanceOutcome.PROPOSED: "A plan waits for the dispatcher (方案待确认).",
        DisturbanceOutcome.UNCHANGED: "The day holds as it is (无需调整).",
        DisturbanceOutcome.FAILED: "It could not be repaired (未能修复).",
    },
)
