"""Who did how much (ANL-2): of visits that were done, by when work on them began."""

from dispatch.domain.figures.figure import Figure, Unit, by_name, count, mean, ratio
from dispatch.domain.figures.statistics import gini, max_to_mean

WORKLOAD = by_name(
    (
        count("orders"),
        count("visits"),
        count("technicians"),
        count("work", Unit.SECONDS),
        count("travel", Unit.SECONDS),
        count("distance", Unit.METRES),
        count("shift", Unit.SECONDS),
        Figure(
            "utilization",
            Unit.SHARE,
            ("work", "travel", "shift"),
            lambda work, travel, shift: ((work or 0) + (travel or 0)) / shift if shift else None,
        ),
        Figure("gini", Unit.RATIO, ("loads",), lambda loads: gini(loads or ())),
        Figure("max_to_mean", Unit.RATIO, ("loads",), lambda loads: max_to_mean(loads or ())),
        count("planned_work", Unit.SECONDS),
        count("planned_travel", Unit.SECONDS),
        ratio("work_to_plan", of="work_of_planned", to="planned_work", unit=Unit.RATIO),
        ratio("travel_to_plan", of="travel_of_planned", to="planned_travel", unit=Unit.RATIO),
        mean("start_delay", Unit.SECONDS, of="delays", number="planned_visits"),
    )
)
"""`loads`: seconds of work and travel of each technician with a shift or a visit."""
