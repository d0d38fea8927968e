"""What a customer asked for on the spot (INT-9)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.store.base import Base


class ExtraWork(Base):
    """Done in the same visit; or, with `new_ticket_id`, taken as a ticket of its own."""

    __tablename__ = "extra_work"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"))
    description: Mapped[str] = mapped_column(Text)
    duration_s: Mapped[int] = mapped_column(Integer)
    new_ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    added_by_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
