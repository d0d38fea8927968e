"""Imports that were asked for, and what came of them (导入)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.imports import ImportKind, ImportRunState
from dispatch.store.base import SECRET, Base, Json, Versioned, words


class ImportRun(Versioned, Base):
    """One file to bring in. A run in the background is a job, carried out by any worker.

    `content` is the file, as long as the run has not ended; `mapping` the whole map of tickets.
    `outcome` holds counts and faults by row; both it and the file hold what people said, which
    must not enter the record. `refusal`: why nothing was imported, as code and parameters;
    `takes` counts how often a worker has begun it.
    """

    __tablename__ = "import_run"
    __table_args__ = (Index("ix_import_run_site_id_requested_at", "site_id", "requested_at"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    kind: Mapped[ImportKind] = mapped_column(words(ImportKind, name="kind"))
    state: Mapped[ImportRunState] = mapped_column(words(ImportRunState, name="state"))
    file_name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET, deferred=True)
    mapping: Mapped[dict[str, Any] | None] = mapped_column(Json, info=SECRET)
    is_dry_run: Mapped[bool] = mapped_column(Boolean, default=False)
    is_background: Mapped[bool] = mapped_column(Boolean, default=False)
    takes: Mapped[int] = mapped_column(Integer, default=0)
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    requested_by_name: Mapped[str] = mapped_column(String(200))
    requested_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[dict[str, Any] | None] = mapped_column(Json, info=SECRET)
    refusal: Mapped[dict[str, Any] | None] = mapped_column(Json)
