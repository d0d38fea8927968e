"""Bringing in tables (导入): tickets, technicians, units, materials, from CSV or a workbook."""

import base64
import binascii
from typing import Any, Optional

import strawberry

from dispatch.api.context import Info
from dispatch.api.nouns.base import column
from dispatch.api.nouns.writes import arguments_of, mutation_field, needed, optional
from dispatch.api.user_errors import Payload, input_path, payload
from dispatch.domain.errors import Code, Refusal, refuse
from dispatch.domain.imports import ImportKind
from dispatch.services.import_maps import ImportMap, load_map, parse_map, shipped_maps
from dispatch.services.import_rows import Cause
from dispatch.services.import_runs import ImportFile, ImportOutcome, run_import
from dispatch.texts import render

_OWN_MAP = "tickets"


@strawberry.type(description="What is wrong with one row (错误行).")
class ImportRowNote:
    row: int = column("Its number as a spreadsheet counts: the header is row 1 (行号).")
    title: str = column("The column, by the table's own name (列).", name="column")
    cause: Cause = column("What is wrong (错误原因).")
    value: str = column("What stands there (内容).")


@strawberry.type(description="What came of an import, in rows (导入结果).")
class ImportReport:
    kind: ImportKind = column("What the table holds (导入内容).")
    read: int = column("Rows read, without the header (读取行数).")
    known: int = column("Rows that were there before and stay as they are (已有).")
    imported: int = column("New rows; of a dry run: that would be (新增).")
    is_written: bool = column("Whether they were written; never of a dry run (已写入).")
    bad_rows: list[ImportRowNote] = column("Every row at fault; one is enough to write nothing.")
    warnings: list[ImportRowNote] = column("Rows that were taken, and lack something (提醒).")


@payload(
    Code.FILE_UNREADABLE,
    Code.BAD_ROWS,
    Code.ALREADY_EXISTS,
    description="What came of `importRun` (结果).",
)
class ImportRunPayload(Payload):
    report: Optional[ImportReport] = strawberry.field(
        default=None, description="What came of it (导入结果); null when the file cannot be read."
    )


@strawberry.input(
    description="A table to bring in, whole or not at all (导入). What is there already "
    "stays as it is, so that a file may be sent again."
)
class ImportRunInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    kind: ImportKind = needed("What the table holds (导入内容).")
    file_name: str = needed("Its name, ending in .csv, .xlsx, .xls or .ods (文件名).")
    content: str = needed("The file, as Base64 (文件内容).")
    map: str | None = optional(
        "For tickets: the name of a shipped map or a whole map as TOML (对照表); default: the "
        "shipped `tickets`."
    )
    dry_run: bool | None = optional("Only try: tells every bad row, writes nothing (试导入).")


async def _run(root: None, info: Info, input: ImportRunInput) -> Any:
    given = arguments_of(input)
    kind: ImportKind = given["kind"]
    outcome = await run_import(
        info.context.services,
        info.context.actor,
        site_id=given["site_id"],
        kind=kind,
        file=ImportFile(name=given["file_name"], content=_bytes(given["content"])),
        mapping=_map(given.get("map", _OWN_MAP)) if kind is ImportKind.TICKETS else None,
        dry_run=bool(given.get("dry_run")),
    )
    info.context.loaders.clear()
    made: Any = ImportRunPayload(report=_report(outcome))
    if outcome.bad_rows and not given.get("dry_run"):
        made.user_errors = [_bad_rows(outcome, info.context.language)]
    return made


def _bytes(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise refuse(Code.BAD_INPUT, field="content", detail="Base64") from error


def _map(name_or_text: str) -> ImportMap:
    """A shipped map, or the text of one; never a file of the server's."""
    known = name_or_text in shipped_maps()
    return load_map(name_or_text) if known else parse_map(name_or_text)


def _report(outcome: ImportOutcome) -> Any:
    return ImportReport(
        kind=outcome.kind,
        read=outcome.read,
        known=outcome.known,
        imported=outcome.imported,
        is_written=outcome.is_written and not outcome.bad_rows,
        bad_rows=[_note(each) for each in outcome.bad_rows],
        warnings=[_note(each) for each in outcome.warnings],
    )


def _note(note: Any) -> ImportRowNote:
    return ImportRowNote(row=note.row, title=note.column, cause=note.cause, value=note.value)


def _bad_rows(outcome: ImportOutcome, language: str) -> Any:
    count = len({each.row for each in outcome.bad_rows})
    refusal = Refusal(Code.BAD_ROWS, ("content",), {"count": count})
    message, remedy = render(refusal, language)
    error: Any = ImportRunPayload.error_type  # type: ignore[attr-defined]
    return error(
        code=error.codes[Code.BAD_ROWS],
        field=input_path(refusal),
        message=message,
        remedy=remedy,
        allowed=[],
    )


@strawberry.type
class ImportMutations:
    import_run = mutation_field(
        _run,
        ImportRunPayload,
        ImportRunInput,
        description="Brings a table in, or only tries it (导入、试导入).",
    )
