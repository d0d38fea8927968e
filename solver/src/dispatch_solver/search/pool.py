"""Good routes met on the way, for putting together anew."""

from dataclasses import dataclass, field

from dispatch_solver.state import State


@dataclass(slots=True)
class Pool:
    """Routes by shift and set of tasks; of two orders of the same tasks the cheaper stays."""

    most: int = 6000
    routes: dict[tuple[int, frozenset[int]], tuple[list[int], float]] = field(default_factory=dict)

    def add(self, shift: int, tasks: list[int], cost: float) -> None:
        key = (shift, frozenset(tasks))
        known = self.routes.pop(key, None)
        if known is not None and known[1] <= cost:
            tasks, cost = known
        self.routes[key] = (list(tasks), cost)
        if len(self.routes) > self.most:
            # The oldest goes: what was met again has moved to the end.
            del self.routes[next(iter(self.routes))]

    def add_state(self, state: State) -> None:
        for s, route in enumerate(state.routes):
            if route:
                cost = state.scales.tier2 * float(state.tier2[s]) + float(state.tier3[s])
                self.add(s, route, cost)
