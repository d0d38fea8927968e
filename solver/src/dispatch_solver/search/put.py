"""Compiled: put one more stop into a route, and set anew only the times that change.

In long routes most departures before it and most latest starts after it stay as they are, and
windows soon take up what it delays: its times are set in a fraction of a whole `retime`.
"""

from dispatch_solver.compiled import inner
from dispatch_solver.search import arrays as a
from dispatch_solver.search.arrays import Instance, Tour
from dispatch_solver.search.timing import (
    on_site,
    place_at,
    place_before,
    retime,
    set_times,
    travel,
)


@inner
def put(instance: Instance, tour: Tour, s: int, p: int, t: int) -> bool:
    """Put a task into a route whose times are up to date; False when that breaks a rule."""
    if tour.length[s] == 0 or tour.locked[s] > 0 or instance.task[t, a.POSITION] >= 0:
        put_in(tour, s, p, t)
        return retime(instance, tour, s)
    _make_room(instance, tour, s, p)
    put_in(tour, s, p, t)
    _lay_in(instance, tour, s, p)
    return set_times(instance, tour, s, p, p, a.YES)


@inner
def put_in(tour: Tour, s: int, p: int, t: int) -> None:
    """Write a task into the order of a route; times have to follow."""
    for q in range(tour.length[s], p, -1):
        tour.stop[s, q] = tour.stop[s, q - 1]
        tour.index_of[tour.stop[s, q]] = q
    tour.stop[s, p] = t
    tour.length[s] += 1


@inner
def _make_room(instance: Instance, tour: Tour, s: int, p: int) -> None:
    """Move what is kept by position behind `p` one further."""
    count, breaks = tour.length[s], instance.shift[s, a.BREAKS]
    for q in range(count + 1, p, -1):
        tour.leg[s, q] = tour.leg[s, q - 1]
        for b in range(breaks + 1):
            tour.leave[s, q, b] = tour.leave[s, q - 1, b]
            tour.late[s, q, b, 0] = tour.late[s, q - 1, b, 0]
            tour.late[s, q, b, 1] = tour.late[s, q - 1, b, 1]
    for q in range(count, p, -1):
        tour.onsite[s, q] = tour.onsite[s, q - 1]


@inner
def _lay_in(instance: Instance, tour: Tour, s: int, p: int) -> None:
    """Set the legs around a new stop, times on site, and what does not depend on the clock."""
    shift, weight, way = instance.shift[s], instance.weight, instance.shift[s, a.WAY]
    t = tour.stop[s, p]
    task, place = instance.task[t], instance.task[t, a.PLACE]
    here, there = place_before(instance, tour, s, p), place_at(instance, tour, s, p + 1)
    gone = tour.leg[s, p]
    tour.leg[s, p] = travel(instance, way, here, place)
    tour.leg[s, p + 1] = travel(instance, way, place, there)
    driven = tour.leg[s, p] + tour.leg[s, p + 1] - gone
    tour.onsite[s, p] = on_site(instance, s, t)
    if p == 0 or here != place:
        tour.onsite[s, p] += task[a.SETUP]
    more = driven + tour.onsite[s, p]
    if p + 1 < tour.length[s]:
        following = tour.stop[s, p + 1]
        more -= tour.onsite[s, p + 1]
        tour.onsite[s, p + 1] = on_site(instance, s, following)
        if place != there:
            tour.onsite[s, p + 1] += instance.task[following, a.SETUP]
        more += tour.onsite[s, p + 1]
    tour.route_of[t], tour.index_of[t] = s, p
    plain = instance.price[task[a.KIND], s] + weight[a.TRAVEL_SECOND] * driven
    if weight[a.TRAVEL_METRE] > 0:
        metres = instance.metres[shift[a.WAY]]
        plain += weight[a.TRAVEL_METRE] * (
            metres[here, place] + metres[place, there] - metres[here, there]
        )
    tour.figure[s, a.WORK] += more
    tour.figure[s, a.LOADED] += task[a.LOAD]
    tour.figure[s, a.PLAIN] += plain
