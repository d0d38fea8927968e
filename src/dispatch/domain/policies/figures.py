"""Numbers of asking for figures (ANL)."""

from dataclasses import dataclass

from dispatch.domain.policies.values import whole


@dataclass(frozen=True, slots=True)
class Figures:
    """How much may be asked for at a time, and how long an export waits."""

    days_most: int = whole(1100, least=1, most=4000)
    """Days that figures may be asked for at a time."""
    rows_most: int = whole(50_000, least=100, most=1_000_000)
    """Rows that an answer, or an exported file, may have."""
    export_s: int = whole(3600, least=60, most=7 * 24 * 3600)
    """So long the address of an exported file holds."""
