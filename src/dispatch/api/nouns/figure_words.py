"""The closed lists of figures, described for the schema."""

from dispatch.api.nouns.describing import described
from dispatch.domain.figures.dimensions import DemandDimension, Dimension
from dispatch.domain.figures.exports import ExportFormat, FigureFamily
from dispatch.domain.figures.periods import Interval

described(
    Interval,
    "Lengths of time that figures are told apart by, in the time zone that is named (统计周期).",
    {
        Interval.HOUR: "Hours; one that comes twice when clocks are put back is two (小时).",
        Interval.DAY: "Calendar days (日).",
        Interval.WEEK: "Weeks, from Monday on (周).",
        Interval.MONTH: "Calendar months (月).",
    },
)
_WORDS = {
    "SITE": "Site (项目).",
    "TEAM": "Team, by its leader (班组).",
    "TECHNICIAN": "Technician (维修人员).",
    "TRADE": "Trade (工种).",
    "CATEGORY": "Category (类别).",
    "PRIORITY": "Priority (紧急程度).",
    "BUILDING": "Building; none for places outside (楼栋).",
    "PLACE": "Place, as reported (位置).",
    "WEEKDAY": "Weekday, in the time zone that is named (星期).",
    "HOUR_OF_DAY": "Hour of the day, in the time zone that is named (时段).",
}
described(
    Dimension,
    "What figures are told apart by (统计维度).",
    {each: _WORDS[each.value] for each in Dimension},
)
described(
    DemandDimension,
    "What demand is told apart by (需求统计维度).",
    {each: _WORDS[each.value] for each in DemandDimension},
)
described(
    FigureFamily,
    "Figures that belong together (指标类别).",
    {
        FigureFamily.SERVICE_LEVELS: "How well reports are served (服务水平).",
        FigureFamily.WORKLOAD: "Who did how much (工作量).",
        FigureFamily.DEMAND: "What was reported (需求).",
        FigureFamily.BACKLOG: "What is open now (积压).",
    },
)
described(
    ExportFormat,
    "The form of a file (文件格式).",
    {
        ExportFormat.CSV: "Values parted by commas, UTF-8, durations in seconds (CSV).",
        ExportFormat.XLSX: "A workbook (XLSX).",
    },
)
