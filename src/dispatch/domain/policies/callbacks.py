"""Numbers of callbacks: what is serious, and the link by which customers answer themselves."""

from dataclasses import dataclass
from typing import Any

from dispatch.domain.cases import Level
from dispatch.domain.misfits import Misfit
from dispatch.domain.policies.values import DAY_S, choice, flag, several, value, whole
from dispatch.domain.triage import Priority

_LINK_MOST = 300


def _link(default: str) -> Any:
    def parse(given: Any) -> str:
        if not isinstance(given, str) or len(given) > _LINK_MOST:
            raise Misfit("NOT_A_TEXT", most=_LINK_MOST)
        return given

    return value(parse, default=default)


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Who calls, and how customers can answer without a call (CBK)."""

    serious_priorities: tuple[Priority, ...] = several(Priority, Priority.EMERGENCY)
    """After a ticket of these priorities a manager calls back."""
    serious_level: Level = choice(Level.SERIOUS)
    """After a complaint of this level or a higher one a manager calls back."""
    serious_rework: bool = flag(True)
    """Whether a manager calls back after a repair of a repair."""
    links: bool = flag(True)
    """Whether the customer is sent a link to answer by when the work is done."""
    link_base: str = _link("/callback/")
    """What the link begins with; the secret follows it."""
    link_valid_s: int = whole(14 * DAY_S, least=3600, most=366 * DAY_S)
    """How long a link can be answered by, once."""
    link_tries: int = whole(20, least=1, most=10_000)
    """How many wrong or spent links one address may try within `link_tries_s`."""
    link_tries_s: int = whole(3600, least=60, most=DAY_S)
    """The time within which tries of links are counted."""
