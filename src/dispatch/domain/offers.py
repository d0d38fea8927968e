"""Grab mode (抢单): the states of an offer."""

from enum import StrEnum


class OfferOutcome(StrEnum):
    """How an offer ended; an open one has none."""

    GRABBED = "GRABBED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"
