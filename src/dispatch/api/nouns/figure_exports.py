"""Figures as files (导出): CSV and workbooks, by an address that holds for a while."""

from datetime import date, datetime
from typing import Any

import strawberry
from strawberry import UNSET

from dispatch.api.context import Info
from dispatch.api.nouns.base import column
from dispatch.api.nouns.figures import FigureFilter, asked_for
from dispatch.api.nouns.writes import (
    Result,
    filled,
    mutation_field,
    needed,
    optional,
    payload_type,
    perform,
)
from dispatch.domain.clocks import ClockCalendar
from dispatch.domain.figures.dimensions import Dimension
from dispatch.domain.figures.exports import ExportFormat, FigureFamily
from dispatch.domain.figures.periods import Interval
from dispatch.services import figure_exports as service


@strawberry.type(description="A file of figures that can be fetched for a while (导出文件).")
class FigureExport:
    address: str = column(
        "Where it is, from the service's own address on (下载地址). It needs no token: whoever has "
        "it reads the file. Told this once."
    )
    expires_at: datetime = column("Until when it can be fetched (有效至).")
    family: FigureFamily = column("Which figures (指标类别).")
    format: ExportFormat = column("The form of the file (格式).")


@strawberry.input(
    description="A file with all figures of a family, told apart as by the root of its name "
    "(导出统计)."
)
class ExportFiguresInput:
    family: FigureFamily = needed("Which figures (指标类别).")
    format: ExportFormat = needed("The form of the file (格式).")
    site_id: strawberry.ID | None = optional(
        "One site (项目); left out: all that the reader may see.", node="Site"
    )
    from_: date = needed("The first day, in the time zone (起始日).", name="from")
    to: date = needed("The last day, it belongs to the time (截止日).")
    filter: FigureFilter | None = optional(
        "Of what they are counted (筛选); demand knows no technicians."
    )
    group_by: list[Dimension] | None = optional(
        "What rows are told apart by (分组); demand knows no technicians."
    )
    interval: Interval | None = optional("Lengths of time that rows are told apart by (周期).")
    time_zone: str | None = optional("IANA time zone of days and hours (时区).")
    calendar: ClockCalendar | None = optional("Which time counts in durations (日历).")


_EXPORT = Result("export", FigureExport, "The file, to be fetched (导出文件); null when refused.")
_PAYLOAD = payload_type(ExportFiguresInput, _EXPORT)


async def _export(root: None, info: Info, input: ExportFiguresInput) -> Any:
    def said(name: str) -> Any:
        value = getattr(input, name)
        return None if value is UNSET else value

    asked = asked_for(
        site_id=said("site_id"),
        first=input.from_,
        last=input.to,
        group_by=said("group_by") or (),
        interval=said("interval"),
        time_zone=said("time_zone"),
        calendar=said("calendar") or ClockCalendar.ROUND_THE_CLOCK,
        filter=said("filter"),
        figures=frozenset(),
    )
    row = await perform(info, service.create, family=input.family, form=input.format, asked=asked)
    return filled(_PAYLOAD, _EXPORT, row)


@strawberry.type
class FigureExportMutations:
    export_figures = mutation_field(
        _export,
        _PAYLOAD,
        ExportFiguresInput,
        description="Figures as a file, CSV (UTF-8) or a workbook: gives an address; what is "
        "fetched there is counted anew, as the asker may see it then (导出统计).",
    )
