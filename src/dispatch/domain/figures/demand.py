"""What is asked of a site (ANL-3): reports by when they came, and what is still open."""

from dispatch.domain.figures.figure import Unit, by_name, count, percentile, ratio

DEMAND = by_name(
    (
        count("tickets"),
        count("work", Unit.SECONDS),
        ratio("tickets_a_day", of="tickets", to="days", unit=Unit.RATIO),
    )
)

BACKLOG = by_name(
    (
        count("tickets"),
        count("overdue"),
        percentile("age_median", of="age", percent=50),
        percentile("age_p90", of="age", percent=90),
        percentile("age_most", of="age", percent=100),
    )
)
