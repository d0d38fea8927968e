"""How well reports are served (ANL-1): of the tickets reported in a time.

A ticket merged into another is that other one. Who served a ticket is who led its first visit that
was done.
"""

from dispatch.domain.figures.figure import by_name, count, percentile, ratio

SERVICE_LEVELS = by_name(
    (
        count("tickets"),
        count("completed"),
        count("cancelled"),
        percentile("response_median", of="response", percent=50),
        percentile("response_p90", of="response", percent=90),
        percentile("arrival_median", of="arrival", percent=50),
        percentile("arrival_p90", of="arrival", percent=90),
        percentile("resolution_median", of="resolution", percent=50),
        percentile("resolution_p90", of="resolution", percent=90),
        ratio("on_time_rate", of="on_time", to="awaited"),
        ratio("completion_rate", of="completed", to="to_complete"),
        ratio("callback_rate", of="called_back", to="completed"),
        ratio("satisfaction_rate", of="satisfied", to="answered"),
        ratio("rework_rate", of="reworked", to="completed"),
        ratio("first_visit_fix_rate", of="fixed_at_once", to="visited"),
        count("breaches"),
        count("breached"),
    )
)
