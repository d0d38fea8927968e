"""Closed lists, described. Tickets: reports, checks, deadlines, imports."""

from dispatch.api.nouns.describing import described
from dispatch.domain.arrival_checks import ArrivalCheckState
from dispatch.domain.checks import CheckStage, CheckState
from dispatch.domain.clocks import ClockCalendar, ClockState
from dispatch.domain.imports import ImportKind, ImportRunState
from dispatch.domain.tickets import Area, Channel, Resolution, TicketKind, TicketState
from dispatch.domain.triage import Priority
from dispatch.services.import_rows import Cause

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
    ImportRunState,
    "Where an import stands (导入任务状态).",
    {
        ImportRunState.QUEUED: "Waits for a worker (排队中).",
        ImportRunState.RUNNING: "A worker has begun it (导入中).",
        ImportRunState.DONE: "Brought in whole; of a dry run: every row was looked at (已完成).",
        ImportRunState.FAILED: "Ended, and nothing was imported (失败).",
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
