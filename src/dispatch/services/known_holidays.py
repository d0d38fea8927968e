"""Of which countries, and parts of them, public holidays are known (RST-2)."""

import holidays


def is_known_country(country: str | None, subdivision: str | None) -> bool:
    """Whether holidays of the country, and of this part of it, are known."""
    if country is None:
        return subdivision is None
    known = holidays.list_supported_countries(include_aliases=False)
    return country in known and (subdivision is None or subdivision in known[country])
