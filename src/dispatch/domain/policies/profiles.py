"""Shipped policies (策略模板): which there are, and which a kind of site begins with."""

from enum import StrEnum

from dispatch.domain.places import SiteKind


class PolicyProfile(StrEnum):
    ESTATE = "ESTATE"
    """The defaults."""
    SCHOOL = "SCHOOL"
    HOSPITAL = "HOSPITAL"
    COMPANY = "COMPANY"
    HOTEL = "HOTEL"


PROFILE_OF_KIND = {
    SiteKind.ESTATE: PolicyProfile.ESTATE,
    SiteKind.CAMPUS: PolicyProfile.SCHOOL,
    SiteKind.HOSPITAL: PolicyProfile.HOSPITAL,
    SiteKind.HOTEL: PolicyProfile.HOTEL,
    SiteKind.COMPANY: PolicyProfile.COMPANY,
    # A city's sites differ too much from each other for a profile of their own.
    SiteKind.CITY: PolicyProfile.ESTATE,
}
"""What a new site begins with, unless it is told otherwise."""
