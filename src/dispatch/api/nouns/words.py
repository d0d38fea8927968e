"""The closed lists of the domain, described for the schema: imported before the types use them."""

from dispatch.api.nouns import (
    customer_words,
    figure_words,
    people_words,
    site_words,
    ticket_words,
    work_order_words,
)

__all__ = [
    "customer_words",
    "figure_words",
    "people_words",
    "site_words",
    "ticket_words",
    "work_order_words",
]
