"""Files of figures that somebody may fetch for a while (导出)."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.figures.exports import ExportFormat, FigureFamily
from dispatch.store.base import SECRET, Base, words


class FigureExport(Base):
    """What was asked for, by whom; the address holds a secret, kept as its digest alone."""

    __tablename__ = "figure_export"

    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    family: Mapped[FigureFamily] = mapped_column(words(FigureFamily, name="family"))
    format: Mapped[ExportFormat] = mapped_column(words(ExportFormat, name="format"))
    language: Mapped[str] = mapped_column(String(20))
    asked: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
