"""What the technician's steps share: whose order it is, when and where they were taken."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Required, TypedDict

from dispatch.domain.work_orders import WorkOrderState
from dispatch.services.action import Tx
from dispatch.services.sites import check_point
from dispatch.store.work_orders import WorkOrder


class Step(TypedDict, total=False):
    """What every step says: of which order, seen in which version, taken where (WGS 84), and by
    the device's own clock when, if it was not just now (EXE-6)."""

    work_order_id: Required[int]
    version: int | None
    latitude: float | None
    longitude: float | None
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True)
class Where:
    """Where a device says a step was taken (WGS 84); both or none."""

    latitude: float | None = None
    longitude: float | None = None

    def told(self) -> dict[str, Any]:
        check_point(latitude=self.latitude, longitude=self.longitude)
        return asdict(self) if self.latitude is not None else {}


@dataclass(frozen=True, slots=True)
class Taking:
    """A step whose turn it is. `state` is what the order's becomes; None: steps that came later
    have been taken already, and the order's state is theirs."""

    order: WorkOrder
    technician_id: int
    state: WorkOrderState | None
    where: dict[str, Any]
    at: datetime
    is_late: bool = False

    @property
    def is_newest(self) -> bool:
        return self.state is not None

    async def finish(self, tx: Tx, verbed: str, **data: Any) -> None:
        """The order's new state and the event that tells who took the step, when and where."""
        if self.state is not None:
            self.order.state = self.state
        if self.is_late:
            data["occurred_at"] = self.at
        await tx.save(
            self.order,
            f"work_order.{verbed}",
            technician_id=self.technician_id,
            **data,
            where=self.where,
        )
