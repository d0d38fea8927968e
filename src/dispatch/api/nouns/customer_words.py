"""Closed lists, described. Customers: callbacks, complaints, messages."""

from dispatch.api.nouns.describing import described
from dispatch.domain.callbacks import Amends, AnsweredBy, CallbackState, CallResult
from dispatch.domain.cases import Concern, Level, ServiceOrderState
from dispatch.domain.messages import ChannelKind, MessageState

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
        ChannelKind.WEB_PUSH: "Each reader's browsers, where they asked for it (浏览器推送).",
        ChannelKind.OTHER: "Another service by its address, as the library apprise writes it "
        "(其他).",
    },
)
