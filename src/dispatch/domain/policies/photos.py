"""Numbers of photos."""

from dataclasses import dataclass

from dispatch.domain.policies.values import DAY_S, whole


@dataclass(frozen=True, slots=True)
class Photos:
    """How large photos may be, and how long one may take to upload and to use them."""

    bytes_most: int = whole(20_000_000, least=10_000, most=200_000_000)
    """The most bytes of one photo."""
    upload_s: int = whole(900, least=30, most=DAY_S)
    """So long the address that a photo is uploaded to holds."""
    unused_s: int = whole(DAY_S, least=3600, most=30 * DAY_S)
    """An uploaded photo that no report and no order names is removed this long after its address
    has expired."""
    unused_most: int = whole(100, least=1, most=10_000)
    """Photos that one person may have uploaded, or be about to, without using them."""
