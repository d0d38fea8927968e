"""Escalation ladders (升级): who is told after how long, by which means, and what becomes of the
order (SLA-3)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise

from dispatch.domain.misfits import Misfit
from dispatch.domain.rights import Role


class OrderMove(StrEnum):
    """What a rung does with the work order."""

    NOTHING = "NOTHING"
    OFFER = "OFFER"
    """Taken from whoever holds it, and open to all who qualify."""
    REASSIGN = "REASSIGN"
    """Taken from whoever holds it, back into the queue of the optimizer."""
    SUPERVISOR = "SUPERVISOR"
    """Taken from whoever holds it, for the supervisor to decide."""


class Bystander(StrEnum):
    """Who is told by their part in the matter rather than by role."""

    HOLDER = "HOLDER"
    """The technician who holds the order."""
    LEADER = "LEADER"
    """The holder's team leader; every team leader of the site, if there is none by name."""
    REPORTER = "REPORTER"


TOLD = frozenset({*Role, *Bystander}) - {Role.RESIDENT, Role.TECHNICIAN}
"""Whoever a rung may name: not a whole site's residents or technicians."""

DECIDERS = frozenset({Role.SUPERVISOR, Role.PROJECT_MANAGER, Role.QUALITY, Role.ADMINISTRATOR})
"""A ladder ends with somebody who can decide."""

DECIDER_NAMES = sorted(each.value for each in DECIDERS)

RUNGS_MOST = 10
GAP_S = 60
"""Rungs are at least so far apart: what is due closer together may fire together."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One step: so many seconds after the breach; `means` empty: as the site sends messages.

    Whoever took the ticket in is told at every rung, too (INT-7).
    """

    after_s: int
    tell: tuple[str, ...]
    means: tuple[str, ...] = ()
    order: OrderMove = OrderMove.NOTHING


def ladder_faults(rungs: Sequence[Rung], *, about_order: bool) -> Iterator[Misfit]:
    """Why a ladder does not begin, climb or end."""
    if not 1 <= len(rungs) <= RUNGS_MOST:
        yield Misfit("COUNT", least=1, most=RUNGS_MOST)
        return
    if rungs[0].after_s != 0:
        yield Misfit("LADDER_BEGINS_LATE")
    times = [rung.after_s for rung in rungs]
    if any(later < earlier + GAP_S for earlier, later in pairwise(times)):
        yield Misfit("RUNGS_TOO_CLOSE", gap=timedelta(seconds=GAP_S))
    for rung in rungs:
        strangers = sorted(set(rung.tell) - TOLD)
        if not rung.tell:
            yield Misfit("RUNG_TELLS_NOBODY")
        if strangers:
            yield Misfit("CANNOT_BE_TOLD", names=strangers, known=_known())
        if rung.order is not OrderMove.NOTHING and not about_order:
            yield Misfit("NO_ORDER_TO_MOVE")
    if not DECIDERS & set(rungs[-1].tell):
        yield Misfit("LADDER_WITHOUT_END", deciders=DECIDER_NAMES)


def _known() -> list[str]:
    return sorted(str(each) for each in TOLD)
