"""Bringing in tables (导入): tickets, technicians, units, materials, from CSV or a workbook."""

import base64
import binascii
from typing import Any, Optional

import strawberry

from dispatch.api.context import Info
from dispatch.api.nouns.import_runs import ImportReport, ImportRun, report
from dispatch.api.nouns.writes import arguments_of, key_field, mutation_field, needed, optional
from dispatch.api.user_errors import Payload, input_path, payload
from dispatch.domain.errors import Code, refuse
from dispatch.domain.imports import ImportKind
from dispatch.services.import_files import ImportFile, ImportOutcome
from dispatch.services.import_maps import ImportMap, load_map, parse_map, shipped_maps
from dispatch.services.import_runs import bad_rows, run_import
from dispatch.texts import render

_OWN_MAP = "tickets"


@payload(
    Code.FILE_UNREADABLE,
    Code.BAD_ROWS,
    Code.ALREADY_EXISTS,
    description="What came of `importRun` (结果).",
)
class ImportRunPayload(Payload):
    report: Optional[ImportReport] = strawberry.field(
        default=None,
        description="What came of it (导入结果); null when the file cannot be read, "
        "and while it is imported in the background: then `run` tells it once it has ended.",
    )
    run: Optional[ImportRun] = strawberry.field(
        default=None,
        description="What wrote the rows, or will in the background (导入任务); null when nothing "
        "stays of it.",
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
    background: bool | None = optional(
        "Whether a worker imports it while nobody waits (后台导入); left out: when it has more "
        "rows than the site's policy `intake.import_rows_at_once`."
    )
    idempotency_key: str | None = key_field()


async def _run(root: None, info: Info, input: ImportRunInput) -> Any:
    given = arguments_of(input)
    kind: ImportKind = given["kind"]
    dry_run = bool(given.get("dry_run"))
    answer = await run_import(
        info.context.services,
        info.context.actor,
        site_id=given["site_id"],
        kind=kind,
        file=ImportFile(name=given["file_name"], content=_bytes(given["content"])),
        mapping=_map(given.get("map", _OWN_MAP)) if kind is ImportKind.TICKETS else None,
        dry_run=dry_run,
        background=given.get("background"),
        idempotency_key=given.get("idempotency_key"),
    )
    info.context.loaders.clear()
    outcome = answer.outcome
    made: Any = ImportRunPayload(report=report(outcome) if outcome is not None else None)
    made.run = answer.run
    if outcome is not None and outcome.bad_rows and not dry_run:
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


def _bad_rows(outcome: ImportOutcome, language: str) -> Any:
    refusal = bad_rows(outcome)
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
        description="Brings a table in, or only tries it: at once, or a long one in the background "
        "(导入、试导入、后台导入).",
    )
