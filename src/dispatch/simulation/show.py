"""Prints how the simulated day went."""

from collections import Counter
from collections.abc import Sequence

from rich.table import Table

from dispatch.commands.words import say
from dispatch.commands.workplace import out
from dispatch.simulation.play import Outcome

_FAULTS_SHOWN = 20


def show(outcome: Outcome) -> None:
    """The report: figures of the day, what stayed open and why, and every fault found."""
    found, answered = outcome.findings, outcome.answered_s
    table = Table(title=say("sim_title"), show_header=False)
    rows = {
        "sim_speed": f"{outcome.speed:.0f} × · {outcome.took_s:.0f} s · "
        + say("sim_stood_still", seconds=f"{outcome.stood_still_s:.0f}"),
        "sim_requests": f"{len(answered)} · p50 {_ms(answered, 0.5)} · p95 {_ms(answered, 0.95)}",
        "sim_sites": str(outcome.sites),
        "sim_people": str(outcome.people),
        "sim_tickets": _counts(found.tickets),
        "sim_open": _counts(found.open_because),
        "sim_assigned": _counts(found.assigned_by),
        "sim_ended": _counts(found.ended_by),
        "sim_on_time": _share(found.on_time, found.completed),
        "sim_response": f"{found.median_response_s / 60:.0f} min",
        "sim_travel": f"{found.travel_s / 3600:.0f} h · "
        f"{found.travel_s / 60 / max(1, found.completed):.1f} min",
        "sim_reassigned": str(found.reassigned),
        "sim_escalations": _counts(found.escalations),
        "sim_fired": _counts(found.fired),
        "sim_clocks": _counts(found.clocks),
        "sim_messages": str(found.messages),
        "sim_events": str(found.events),
        "sim_done": _counts(outcome.done),
        "sim_refused": _counts(outcome.refused),
        "sim_faults": str(len(found.faults)),
    }
    for name, value in rows.items():
        table.add_row(say(name), value)
    out.print(table)
    for fault in found.faults[:_FAULTS_SHOWN]:
        out.print(f"[red]✗[/red] {fault}", soft_wrap=True)


def _counts(counted: Counter[str]) -> str:
    return " · ".join(f"{name} {count}" for name, count in counted.most_common()) or "—"


def _share(part: int, whole: int) -> str:
    return f"{part} / {whole} ({part / whole:.1%})" if whole else "—"


def _ms(ordered: Sequence[float], quantile: float) -> str:
    return f"{ordered[int(quantile * (len(ordered) - 1))] * 1000:.0f} ms" if ordered else "—"
