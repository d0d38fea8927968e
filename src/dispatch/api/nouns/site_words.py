"""Closed lists, described. Sites, their places, policies and calendars."""

from dispatch.api.nouns.describing import described
from dispatch.domain.calendars import DayKind
from dispatch.domain.places import PlaceKind, SiteKind
from dispatch.domain.policies.profiles import PolicyProfile
from dispatch.domain.policies.versions import PolicyState
from dispatch.domain.roster import DayRule

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
    DayRule,
    "What weekly hours do on holidays, or on make-up workdays (节假日规则).",
    {
        DayRule.LIKE_WEEKDAY: "As on any such weekday (同平日).",
        DayRule.WORK: "They hold, whatever the weekday (上班).",
        DayRule.OFF: "They do not hold (休息).",
    },
)
