"""What of a plan still stands when the day moved on while it was made."""

from collections.abc import Collection, Mapping, Sequence


def standing(
    planned: Mapping[int, Sequence[int]],
    held: Mapping[int, Collection[int]],
    links: Collection[tuple[int, int]],
    *,
    changed_orders: Collection[int],
    changed_technicians: Collection[int],
) -> frozenset[int]:
    """The orders of `planned` that can be put in force without the rest.

    `planned`: each order's crew by the plan, empty for one it left out; `held`: who has it until
    now; `links`: orders that wait for each other. A technician's day stands or falls as a whole,
    and with it that of whoever keeps an order it would have taken over.
    """
    fallen: set[int] = set()
    people: set[int] = set(changed_technicians)

    def falls(order: int) -> bool:
        tied = {other for link in links if order in link for other in link}
        return (
            order in changed_orders
            or not people.isdisjoint(planned[order])
            or not fallen.isdisjoint(tied)
        )

    while falling := {order for order in planned.keys() - fallen if falls(order)}:
        fallen |= falling
        for order in falling:
            people.update(planned[order], held.get(order, ()))
    return frozenset(planned.keys() - fallen)
