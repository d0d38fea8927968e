"""What the technician's steps share: whose order it is, what its state allows, when and where."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Required, TypedDict

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action
from dispatch.domain.work_orders import STEPS, WorkOrderState, WorkOrderStep
from dispatch.services import visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.offers import own_assignment
from dispatch.services.sites import check_point
from dispatch.services.work_orders import open_assignment
from dispatch.store.work_orders import WorkOrder


class Step(TypedDict, total=False):
    """What every step says: of which order, seen in which version, taken where (WGS 84)."""

    work_order_id: Required[int]
    version: int | None
    latitude: float | None
    longitude: float | None


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
    """A step that its order's state allows; `finish` takes it."""

    order: WorkOrder
    technician_id: int
    state: WorkOrderState
    where: dict[str, Any]
    at: datetime

    async def finish(self, tx: Tx, verbed: str, **data: Any) -> WorkOrder:
        """The order's new state and the event that tells who took the step, and where."""
        self.order.state = self.state
        await tx.save(
            self.order,
            f"work_order.{verbed}",
            technician_id=self.technician_id,
            **data,
            where=self.where,
        )
        return self.order


async def begin(tx: Tx, step: WorkOrderStep, given: Step) -> Taking:
    """The step that the technician is about to take; refuses a wrong one with those allowed."""
    order = await visible.find_work_order(tx, given["work_order_id"], Action.WORK)
    expect_version(order, given.get("version"))
    # A step of an order that is nobody's any more is wrong by its state, not by its owner.
    if await open_assignment(tx, order.id) is None:
        raise refuse(
            Code.WRONG_STEP,
            field="work_order_id",
            allowed=STEPS.allowed(order.state),
            noun="work_order",
            step=step.value,
            state=order.state.value,
        )
    technician_id = await own_assignment(tx, order)
    return Taking(
        order=order,
        technician_id=technician_id,
        state=STEPS.after(state=order.state, step=step),
        where=Where(given.get("latitude"), given.get("longitude")).told(),
        at=tx.now,
    )
