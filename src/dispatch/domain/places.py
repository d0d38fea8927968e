"""Nodes of a site's place tree (位置)."""

from enum import StrEnum


class SiteKind(StrEnum):
    ESTATE = "ESTATE"
    CAMPUS = "CAMPUS"
    HOSPITAL = "HOSPITAL"
    HOTEL = "HOTEL"
    COMPANY = "COMPANY"
    CITY = "CITY"


class PlaceKind(StrEnum):
    COMMUNITY = "COMMUNITY"
    BUILDING = "BUILDING"
    FLOOR = "FLOOR"
    UNIT = "UNIT"
    ROOM = "ROOM"
    PUBLIC_AREA = "PUBLIC_AREA"
