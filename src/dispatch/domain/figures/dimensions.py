"""By what figures are told apart."""

from enum import StrEnum


class Dimension(StrEnum):
    SITE = "SITE"
    TEAM = "TEAM"
    TECHNICIAN = "TECHNICIAN"
    TRADE = "TRADE"
    CATEGORY = "CATEGORY"
    PRIORITY = "PRIORITY"
    BUILDING = "BUILDING"
    PLACE = "PLACE"
    WEEKDAY = "WEEKDAY"
    HOUR_OF_DAY = "HOUR_OF_DAY"


class DemandDimension(StrEnum):
    """Demand has no technician yet."""

    SITE = "SITE"
    TRADE = "TRADE"
    CATEGORY = "CATEGORY"
    PRIORITY = "PRIORITY"
    BUILDING = "BUILDING"
    PLACE = "PLACE"
    WEEKDAY = "WEEKDAY"
    HOUR_OF_DAY = "HOUR_OF_DAY"
