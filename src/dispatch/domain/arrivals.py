"""When a technician can be expected at the door (INT-8)."""

from datetime import datetime, timedelta

from dispatch.domain.work_orders import WorkOrderState

_S = WorkOrderState
_BEFORE_THE_WAY = frozenset({_S.AWAITING_APPROVAL, _S.QUEUED, _S.OFFERED, _S.ASSIGNED, _S.ACCEPTED})


def expected_arrival(
    *,
    state: WorkOrderState,
    now: datetime,
    planned_start: datetime | None = None,
    set_out_at: datetime | None = None,
    travel_s: int | None = None,
    promised_from: datetime | None = None,
) -> datetime | None:
    """The best that is known of when somebody comes; None when nobody knows, or they are there.

    On the way: set out plus travel, else the plan. Before: the plan, else the promise's begin.
    What has passed is not expected any more: then it is now.
    """
    if state is _S.EN_ROUTE:
        if set_out_at is not None and travel_s is not None:
            return max(set_out_at + timedelta(seconds=travel_s), now)
        return max(planned_start, now) if planned_start is not None else None
    if state not in _BEFORE_THE_WAY:
        return None
    known = planned_start or promised_from
    return max(known, now) if known is not None else None
