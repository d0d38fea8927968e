"""What the classifier guessed of a report, what the desk decided, and the models of sites."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Float, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.triage import Priority
from dispatch.store.base import SECRET, Base, Versioned, words


class Guess(Versioned, Base):
    """The guess of one ticket (TRI-3), and the category the desk gave it in the end.

    `alternatives` lists `{"category_id", "confidence"}`, likeliest first; `model` is the digest of
    the model that guessed. `is_automatic`: the site's policy let the guess triage the ticket.
    """

    __tablename__ = "guess"
    __table_args__ = (Index("ix_guess_site_id_decided_at", "site_id", "decided_at"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), unique=True)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    confidence: Mapped[float] = mapped_column(Float)
    priority: Mapped[Priority | None] = mapped_column(words(Priority, name="priority"))
    danger_word: Mapped[str | None] = mapped_column(String(200))
    alternatives: Mapped[list[Any]] = mapped_column(default=list)
    is_sure: Mapped[bool] = mapped_column(Boolean)
    is_automatic: Mapped[bool] = mapped_column(Boolean, default=False)
    model: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    chosen_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    decided_at: Mapped[datetime | None]


class Classifier(Versioned, Base):
    """The model of a site that its desk has taught; a site without one uses the shipped model.

    `codes` are the categories it knows, `corrections` how many decisions of the desk it learned
    from, `learned_until` the time of the last one. `accuracy` and `calibration_error` are of
    `reports` that it had not seen.
    """

    __tablename__ = "classifier"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    # Megabytes that only guessing reads, and that no record of changes should repeat.
    weights: Mapped[bytes] = mapped_column(LargeBinary, info=SECRET, deferred=True)
    codes: Mapped[list[Any]] = mapped_column(default=list)
    corrections: Mapped[int] = mapped_column(Integer)
    reports: Mapped[int] = mapped_column(Integer)
    accuracy: Mapped[float] = mapped_column(Float)
    calibration_error: Mapped[float] = mapped_column(Float)
    trained_at: Mapped[datetime]
    learned_until: Mapped[datetime | None]
