"""Imports that were asked for (导入): where each stands, and what came of it."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, related
from dispatch.api.nouns.filters import Filter, some, where
from dispatch.api.nouns.lists import SiteId, found, listed
from dispatch.api.nouns.sites import Site
from dispatch.domain.imports import ImportKind, ImportRunState
from dispatch.services import visible
from dispatch.services.import_files import ImportOutcome
from dispatch.services.import_rows import Cause, RowNote
from dispatch.services.import_runs import outcome_of, refusal_of
from dispatch.store import import_runs as store
from dispatch.texts import render


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


@strawberry.type(
    description="A file that was brought in, or is to be, in the background (导入任务)."
)
class ImportRun(OfRow, Node):
    row = store.ImportRun

    kind: ImportKind = column("What the table holds (导入内容).")
    state: ImportRunState = column("Where it stands (状态).")
    file_name: str = column("The file's name (文件名).")
    is_dry_run: bool = column("Whether it only tries (试导入).")
    is_background: bool = column("Whether a worker carries it out (后台执行).")
    requested_by_name: str = column("Who asked for it (发起人).")
    requested_at: datetime = column("When (发起时间).")
    started_at: datetime | None = column("When it was last begun (开始时间).")
    finished_at: datetime | None = column("The time that the rows it wrote carry (结束时间).")
    version: int = column("Counts up with each change (版本).")
    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")

    @strawberry.field(
        description="What came of it (导入结果); null before, and where the file could not be read."
    )
    def report(root: store.ImportRun) -> ImportReport | None:
        outcome = outcome_of(root)
        return report(outcome) if outcome is not None else None

    @strawberry.field(description="Why nothing was imported, as a stable name (失败代码).")
    def failure_code(root: store.ImportRun) -> str | None:
        refusal = refusal_of(root)
        return refusal.code.value if refusal is not None else None

    @strawberry.field(description="Why nothing was imported, and what to do about it (失败原因).")
    def failure(root: store.ImportRun, info: Info) -> str | None:
        refusal = refusal_of(root)
        return " ".join(render(refusal, info.context.language)) if refusal is not None else None


@strawberry.input(description="Which imports; all fields given must hold (筛选).")
class ImportRunFilter:
    kind: Filter[ImportKind] | None = some("What the table holds (导入内容).")
    state: Filter[ImportRunState] | None = some("Where it stands (状态).")


@strawberry.type
class ImportRunQueries:
    @strawberry.field(
        graphql_type=ImportRun,
        description="One import; NOT_FOUND when it may not be seen (导入任务).",
    )
    async def import_run(
        root: None,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id (编号).")],
    ) -> store.ImportRun:
        return await found(info, store.ImportRun, id, "ImportRun", seen=visible.import_runs)

    @strawberry.field(
        graphql_type=Connection[ImportRun],
        description="A site's imports, newest first: all that wrote, and all that were carried "
        "out in the background; for who may import there (导入任务列表).",
    )
    async def import_runs(
        root: None,
        info: Info,
        site_id: SiteId,
        filter: Annotated[
            ImportRunFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            store.ImportRun,
            seen=visible.import_runs,
            conditions=[where(filter, store.ImportRun)],
            order=[Order(store.ImportRun.requested_at, descending=True)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )


def report(outcome: ImportOutcome) -> Any:
    """What came of an import, as its GraphQL type."""
    return ImportReport(
        kind=outcome.kind,
        read=outcome.read,
        known=outcome.known,
        imported=outcome.imported,
        is_written=outcome.is_written and not outcome.bad_rows,
        bad_rows=[_note(each) for each in outcome.bad_rows],
        warnings=[_note(each) for each in outcome.warnings],
    )


def _note(note: RowNote) -> Any:
    return ImportRowNote(row=note.row, title=note.column, cause=note.cause, value=note.value)
