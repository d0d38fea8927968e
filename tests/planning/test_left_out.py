"""What the optimizer says of a visit left out, with the service's own ids and times."""

from dispatch.planning.inputs import OpenOrder
from dispatch.planning.plan import left_out_of
from dispatch_solver import Remedy, Unplaced
from tests.planning.test_problem import MIDNIGHT, a_day, an_order


def test_a_remedy_names_people_and_orders_by_their_ids() -> None:
    day = a_day(OpenOrder(an_order(7)), OpenOrder(an_order(8)))
    data = {
        "technician": "1",
        "shift": "0",
        "visit": "8",
        "to": "2",
        "to_shift": "0",
        "start": 34_200,
    }
    unplaced = Unplaced("7", "ALL_FULL", remedy=Remedy("MOVE_VISIT", data))
    (row,) = left_out_of(day, [unplaced], [])
    assert row["remedy"] == {
        "code": "MOVE_VISIT",
        "technician_id": 1,
        "other_order_id": 8,
        "to_technician_id": 2,
        "start": day.moment(34_200).isoformat(),
    }
    assert day.moment(0) == MIDNIGHT
