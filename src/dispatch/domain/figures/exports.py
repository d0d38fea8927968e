"""Figures as files (导出): which families there are, and in what form."""

from enum import StrEnum


class FigureFamily(StrEnum):
    SERVICE_LEVELS = "SERVICE_LEVELS"
    WORKLOAD = "WORKLOAD"
    DEMAND = "DEMAND"
    BACKLOG = "BACKLOG"


class ExportFormat(StrEnum):
    CSV = "CSV"
    XLSX = "XLSX"


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: whoever named a place did not program it."""
    return f"'{text}" if text.startswith(_FORMULA) else text
