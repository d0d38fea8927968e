"""A plan on the terminal: who goes where and when, what is left out and why, what it costs."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from dispatch.commands.words import terminal_language
from dispatch.domain.rights import Actor
from dispatch.domain.triage import RANK, Priority
from dispatch.services.action import Services
from dispatch.services.plan_contents import PlanContents, plan_contents
from dispatch.store.plans import PlanLeftOut, PlanRoute, PlanStop
from dispatch.texts import Names, reason_text, remedy_text, word

# Narrower terminals do without the place.
_WIDE = 90
_TIERS: tuple[tuple[int, tuple[tuple[str, str], ...]], ...] = (
    (1, (("unserved", ""),)),
    (2, (("promises_broken", "promise_broken"), ("lateness", "lateness_second"))),
    (
        3,
        (
            ("travel_s", "travel_second"),
            ("travel_m", "travel_metre"),
            ("imbalance", "imbalance"),
            ("overtime_s", "overtime_second"),
            ("skill_waste", "skill_waste_level"),
            ("continuity", "continuity"),
            ("changes", "change"),
            ("technicians_used", "technician_used"),
        ),
    ),
)


async def show_plan(
    services: Services, actor: Actor, plan_id: int, *, console: Console, language: str | None = None
) -> None:
    """Prints a plan in the reader's language (default: the terminal's)."""
    async with services.reading(actor) as tx:
        contents = await plan_contents(tx, plan_id=plan_id)
    page = _Page(contents, language or terminal_language(), wide=console.width >= _WIDE)
    for part in page.parts():
        console.print(part)


class _Page:
    """One plan in one language."""

    def __init__(self, contents: PlanContents, language: str, *, wide: bool) -> None:
        self.contents = contents
        self.language = language
        self.wide = wide
        self.zone = ZoneInfo(contents.site.time_zone)
        self.names = Names(
            language=language,
            zone=self.zone,
            people={key: each.name for key, each in contents.technicians.items()},
            orders={key: each.order.number for key, each in contents.orders.items()},
            trades={code: self._trade(code) for code in contents.trades},
        )

    def parts(self) -> Iterable[Any]:
        plan = self.contents.plan
        yield Text(
            self._word(
                "title",
                number=plan.number,
                site=self.contents.site.name,
                day=plan.day,
                state=plan.state.value,
            ),
            style="bold",
        )
        yield self._routes()
        yield from self._resting()
        yield self._left_out()
        yield Text(self._totals())
        yield self._terms()

    def _routes(self) -> Table:
        table = Table(pad_edge=False, expand=False)
        table.add_column(self._word("technician"), overflow="fold")
        table.add_column(self._word("time"), no_wrap=True)
        table.add_column(self._word("order"), no_wrap=True)
        table.add_column(self._word("trade"))
        if self.wide:
            table.add_column(self._word("place"), overflow="ellipsis", max_width=40)
        table.add_column(self._word("travel"), justify="right", no_wrap=True)
        for route, stops in self.contents.routes:
            if stops:
                self._route(table, route, stops)
        return table

    def _route(self, table: Table, route: PlanRoute, stops: list[PlanStop]) -> None:
        name = self.contents.technicians[route.technician_id].name
        shift = self._word(
            "shift", start=self._clock(route.shift_start), end=self._clock(route.shift_end)
        )
        about = [
            Text(name, style="bold"),
            Text(shift, style="dim"),
            *(Text(line, style="dim") for line in self._sums(route, len(stops))),
        ]
        rests = {rest["before_stop"]: rest for rest in route.breaks}
        for index, stop in enumerate([*stops, None]):
            if index in rests:
                self._row(table, about, self._rest(rests[index]), "", self._word("break"), "", "")
            if stop is not None:
                shown = self.contents.orders[stop.work_order_id]
                self._row(
                    table,
                    about,
                    f"{self._clock(stop.starts_at)}–{self._clock(stop.ends_at)}",
                    shown.order.number,
                    self._task(stop),
                    shown.where,
                    _span(stop.travel_s),
                )
        for line in about:
            self._row(table, [line], "", "", "", "", "")
        table.add_section()

    def _sums(self, route: PlanRoute, stops: int) -> list[str]:
        lines = [
            self._word("day_sum", stops=stops, load=round(100 * _load(route))),
            self._word(
                "travel_sum", travel=_span(route.travel_s), metres=f"{route.travel_m / 1000:.1f}"
            ),
        ]
        if route.overtime_s:
            lines.append(self._word("overtime", minutes=-(-route.overtime_s // 60)))
        return lines

    def _row(
        self, table: Table, about: list[Text], time: str, order: str, task: str, *rest: str
    ) -> None:
        where, travel = rest
        cells = [time, order, task, *([where] if self.wide else []), travel]
        table.add_row(about.pop(0) if about else "", *cells)

    def _rest(self, rest: Mapping[str, Any]) -> str:
        start, end = (datetime.fromisoformat(rest[name]) for name in ("starts_at", "ends_at"))
        return f"{self._clock(start)}–{self._clock(end)}"

    def _task(self, stop: PlanStop) -> str:
        order = self.contents.orders[stop.work_order_id].order
        parts = [f"{self._trade(order.trade)} {order.level}"]
        if stop.crew_index:
            lead = next(
                (
                    other.technician_id
                    for _, stops in self.contents.routes
                    for other in stops
                    if other.work_order_id == stop.work_order_id and other.crew_index == 0
                ),
                None,
            )
            if lead is not None:
                parts.append(self._word("crew", lead=self.contents.technicians[lead].name))
        if stop.terms.get("promise_broken"):
            parts.append(self._word("promise_broken"))
        elif stop.terms.get("late_s"):
            parts.append(self._word("late", minutes=-(-stop.terms["late_s"] // 60)))
        return ", ".join(parts)

    def _resting(self) -> Iterable[Text]:
        busy = {route.technician_id for route, stops in self.contents.routes if stops}
        idle = dict.fromkeys(
            self.contents.technicians[route.technician_id].name
            for route, _ in self.contents.routes
            if route.technician_id not in busy
        )
        for name, people in (("idle", list(idle)), ("off", [p.name for p in self.contents.off])):
            if people:
                yield Text(self._word(name, names=people), style="dim")

    def _left_out(self) -> Any:
        rows = self.contents.left_out
        if not rows:
            return Text(self._word("all_placed"), style="green")
        table = Table(pad_edge=False)
        table.add_column(self._word("order"), no_wrap=True)
        table.add_column(self._word("priority"), no_wrap=True)
        table.add_column(self._word("trade"), max_width=24)
        table.add_column(self._word("why"), min_width=32)
        urgent_first = sorted(
            rows, key=lambda row: -RANK[self.contents.orders[row.work_order_id].order.priority]
        )
        for row in urgent_first:
            order = self.contents.orders[row.work_order_id].order
            table.add_row(
                order.number,
                word("words", order.priority.value, self.language),
                f"{self._trade(order.trade)} {order.level}",
                self._reason(row),
            )
        title = Text(self._word("left_out", count=len(rows)), style="yellow")
        return Group(title, table)

    def _reason(self, row: PlanLeftOut) -> str:
        words = [reason_text(row.code, row.data, self.names)]
        if row.remedy is not None:
            words.append(remedy_text(row.remedy, self.names))
        return f"{row.code}: {' '.join(words)}"

    def _totals(self) -> str:
        routes = [route for route, _ in self.contents.routes]
        placed = {stop.work_order_id for _, stops in self.contents.routes for stop in stops}
        busy = {route.technician_id for route, stops in self.contents.routes if stops}
        loads = [_load(route) for route in routes]
        return self._word(
            "totals",
            placed=len(placed),
            orders=len(self.contents.orders),
            technicians=len(busy),
            on_duty=len({route.technician_id for route in routes}),
            travel=_span(sum(route.travel_s for route in routes)),
            metres=f"{sum(route.travel_m for route in routes) / 1000:.1f}",
            load=round(100 * sum(loads) / len(loads)) if loads else 0,
            seconds=f"{self.contents.run.figures.get('seconds', 0):.1f}",
        )

    def _terms(self) -> Table:
        table = Table(title=self._word("terms"), title_justify="left", pad_edge=False)
        table.add_column(self._word("term"))
        for name in ("value", "weight", "cost"):
            table.add_column(self._word(name), justify="right")
        terms, weights = self.contents.plan.terms, self.contents.run.weights
        for tier, parts in _TIERS:
            for name, weight in parts:
                value = terms.get(name, 0)
                factor = weights.get(weight)
                table.add_row(
                    word("plan_terms", name, self.language),
                    f"{value:,.10g}",
                    f"{factor:,.10g}" if factor is not None else self._ranks(weights),
                    f"{value * factor:,.0f}" if factor is not None else "",
                )
            table.add_row(
                Text(self._word("tier", tier=tier), style="bold"),
                "",
                "",
                Text(f"{terms.get(f'tier{tier}', 0):,.0f}", style="bold"),
                end_section=True,
            )
        return table

    def _ranks(self, weights: Mapping[str, Any]) -> str:
        return "/".join(
            f"{weights.get(f'unserved_{each.value.lower()}', 0):g}" for each in Priority
        )

    def _trade(self, code: str) -> str:
        trade = self.contents.trades.get(code)
        if trade is None:
            return code
        return trade.name_zh if self.language.startswith("zh") else trade.name_en

    def _clock(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zone):%H:%M}"

    def _word(self, name: str, /, **params: Any) -> str:
        return word("plan", name, self.language, **params)


def _span(seconds: int) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60}:{minutes % 60:02d}"


def _load(route: PlanRoute) -> float:
    """Work and travel as a share of the shift."""
    length = (route.shift_end - route.shift_start).total_seconds()
    return route.work_s / length if length > 0 else 0.0
