"""The commands about a plan in force: insert, slots, why-not, repair."""

import json
from pathlib import Path
from typing import Annotated

import typer

from dispatch_solver.check import check
from dispatch_solver.cli_io import EXIT_BROKEN, fail, load, refuse, table_of, tell
from dispatch_solver.codec import Reader, write
from dispatch_solver.faults import InvalidInput, InvalidProblem
from dispatch_solver.insert import Place
from dispatch_solver.live import LivePlan
from dispatch_solver.plan import Plan, Unplaced
from dispatch_solver.problem import Problem, Visit, Window
from dispatch_solver.repair import repair as repair_plan
from dispatch_solver.slots import Slot

app = typer.Typer()

ProblemFile = Annotated[Path, typer.Argument(help="Problem file (JSON).", metavar="PROBLEM")]
PlanFile = Annotated[Path, typer.Argument(help="Plan file (JSON).", metavar="PLAN")]
Asked = Annotated[
    str,
    typer.Argument(
        help="Id of a visit; or a JSON file with one that the problem does not have.",
        metavar="VISIT",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Most = Annotated[int, typer.Option(min=1, help="How many answers.")]


@app.command()
def insert(
    problem: ProblemFile, plan: PlanFile, visit: Asked, most: Most = 10, as_json: AsJson = False
) -> None:
    """Where a visit could go in a plan, best place first."""
    live, wanted = _made_ready(problem, plan, visit)
    try:
        places = live.insert(wanted, most=most)
    except InvalidInput as error:
        refuse(error)
    rows = [place_row(place) for place in places]
    table = table_of(PLACE, rows, title=f"{visit}: {len(places)} places")
    tell([write(place) for place in places], table, as_json=as_json)


@app.command()
def slots(
    problem: ProblemFile,
    plan: PlanFile,
    visit: Asked,
    *,
    window: Annotated[
        list[str] | None, typer.Option(help="START-END in seconds; may be given several times.")
    ] = None,
    length: Annotated[
        int, typer.Option(min=60, help="Without windows: seconds of each, over all shifts.")
    ] = 7200,
    most: Most = 10,
    as_json: AsJson = False,
) -> None:
    """The windows a customer could be offered for a visit, cheapest first."""
    live, wanted = _made_ready(problem, plan, visit)
    windows = [_window(text) for text in window or ()] or _over_shifts(live.problem, length)
    try:
        found = live.slots(wanted, windows, most=most)
    except InvalidInput as error:
        refuse(error)
    rows = [(_clock(s.window.start), _clock(s.window.end), *place_row(s)) for s in found]
    table = table_of(("from", "to", *PLACE), rows, title=f"{visit}: {len(found)} windows")
    tell([write(slot) for slot in found], table, as_json=as_json)


@app.command("why-not")
def why_not(problem: ProblemFile, plan: PlanFile, visit: Asked, as_json: AsJson = False) -> None:
    """Why a plan leaves a visit out, per technician, and what would place it."""
    live, wanted = _made_ready(problem, plan, visit)
    if isinstance(wanted, Visit):
        raise typer.BadParameter("the id of a visit of the problem", param_hint="VISIT")
    found = live.why_not(wanted)
    rows = [(b.technician, b.rule, "" if b.by is None else b.by) for b in found.technicians]
    table = table_of(("technician", "rule", "by"), rows, title=_sentence(found))
    tell(write(found), table, as_json=as_json)


@app.command()
def repair(
    problem: ProblemFile,
    plan: PlanFile,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time limit.")] = 2.0,
    seed: Annotated[int, typer.Option(help="Seed of the search.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Where to write the plan; else stdout.")] = None,
) -> None:
    """Fit a plan to a problem that has changed, with as few changes as possible."""
    try:
        task, old = Problem.from_json(load(problem)), Plan.from_json(load(plan))
        found = repair_plan(task, old, seconds=seconds, seed=seed)
    except InvalidInput as error:
        refuse(error)
    text = json.dumps(found.to_json(), ensure_ascii=False)
    if out is None:
        typer.echo(text)
    else:
        out.write_text(text + "\n", "utf-8")
    violations = check(task, found)
    if violations:
        typer.echo(json.dumps([violation.to_json() for violation in violations]), err=True)
        raise typer.Exit(EXIT_BROKEN)


def _made_ready(problem: Path, plan: Path, visit: str) -> tuple[LivePlan, Visit | str]:
    try:
        live = LivePlan(Problem.from_json(load(problem)), Plan.from_json(load(plan)))
        wanted = _visit_of(Path(visit)) if visit.endswith(".json") else visit
    except InvalidInput as error:
        refuse(error)
    if wanted == visit and all(each.id != visit for each in live.problem.visits):
        fail({"error": f"no visit {visit!r}"})
    return live, wanted


def _visit_of(path: Path) -> Visit:
    reader = Reader()
    visit = reader.read(Visit, load(path), "visit")
    if reader.faults:
        raise InvalidProblem(reader.faults)
    return visit


def _window(text: str) -> Window:
    start, dash, end = text.partition("-")
    if not (dash and start.isdigit() and end.isdigit()):
        raise typer.BadParameter(f"{text!r} is not START-END in seconds", param_hint="--window")
    return Window(int(start), int(end))


def _over_shifts(problem: Problem, length: int) -> list[Window]:
    """Windows of one length, side by side, wherever a shift is."""
    starts = {
        start
        for person in problem.technicians
        for shift in person.shifts
        for start in range(shift.start - shift.start % length, shift.end, length)
    }
    return [Window(start, start + length - 1) for start in sorted(starts)]


PLACE = ("technician", "shift", "place", "start", "tier 2", "tier 3")


def place_row(place: Place | Slot) -> tuple[object, ...]:
    others = "".join(f", {technician}" for technician, *_ in place.others)
    return (
        place.technician + others,
        place.shift,
        place.position + 1,
        _clock(place.start),
        f"{place.tier2:+.0f}",
        f"{place.tier3:+.0f}",
    )


def _clock(second: int) -> str:
    """Hours and minutes; whole days before them, if any."""
    days, rest = divmod(second, 86_400)
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}"
    return f"{days} d {clock}" if days else clock


def _sentence(found: Unplaced) -> str:
    remedy = "" if found.remedy is None else f" {found.remedy.text}"
    return f"{found.visit}: {found.code}. {found.text}{remedy}"
