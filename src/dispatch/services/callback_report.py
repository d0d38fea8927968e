"""How many solved tickets were called back, and what was said (CBK-1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from dispatch.domain.callbacks import SCORES, CallbackState
from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.store.callbacks import Callback
from dispatch.store.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Report:
    """Counts of the tickets solved in a time; the last callback of each counts."""

    completed: int
    with_callback: int
    called: int
    answered: int
    satisfied: int
    serious: int
    late: int
    scores: dict[str, float]

    @property
    def rate(self) -> float | None:
        """Share of completed tickets whose callback has ended; None when none was completed."""
        return self.called / self.completed if self.completed else None

    @property
    def satisfaction(self) -> float | None:
        """Share of answers that were satisfied; None without any."""
        return self.satisfied / self.answered if self.answered else None


async def report(tx: Tx, *, site_id: int, starts_at: datetime, ends_at: datetime) -> Report:
    """The callbacks of the tickets that were solved in a time."""
    await visible.find_site(tx, site_id, Action.CALL_BACK)
    if starts_at >= ends_at:
        raise refuse(Code.OUT_OF_RANGE, field="ends_at", least=starts_at.isoformat(), most="")
    solved = select(Ticket.id).where(
        Ticket.site_id == site_id, Ticket.resolved_at >= starts_at, Ticket.resolved_at < ends_at
    )
    completed = len((await tx.session.execute(solved)).all())
    statement = select(Callback).where(Callback.ticket_id.in_(solved)).order_by(Callback.id)
    last = {each.ticket_id: each for each in (await tx.session.execute(statement)).scalars()}
    answered = [each for each in last.values() if each.state is CallbackState.ANSWERED]
    return Report(
        completed=completed,
        with_callback=len(last),
        called=sum(each.state is not CallbackState.DUE for each in last.values()),
        answered=len(answered),
        satisfied=sum(bool(each.satisfied and each.solved) for each in answered),
        serious=sum(each.serious_reason is not None for each in last.values()),
        late=sum(each.late_answer is not None for each in last.values()),
        scores=_means(answered),
    )


def _means(answered: Sequence[Callback]) -> dict[str, float]:
    """The mean of each mark that anybody gave."""
    means = {}
    for name in SCORES:
        given = [each.scores[name] for each in answered if each.scores.get(name) is not None]
        if given:
            means[name] = sum(given) / len(given)
    return means
