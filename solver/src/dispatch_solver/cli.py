"""The command: solve a problem file, check a plan file, bound its cost, print a schema."""

import json
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from runpy import run_module
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from dispatch_solver.bound import Bound, BoundProgress, proven
from dispatch_solver.bound import bound as find_bound
from dispatch_solver.check import check as check_plan
from dispatch_solver.cli_io import EXIT_BROKEN, load, refuse
from dispatch_solver.cli_live import app as live
from dispatch_solver.clock import Progress as Step
from dispatch_solver.faults import InvalidInput
from dispatch_solver.plan import Plan
from dispatch_solver.problem import Problem
from dispatch_solver.ready import make_ready
from dispatch_solver.schema import NAMES, published
from dispatch_solver.search.engines import ENGINES
from dispatch_solver.solve import solve as solve_problem
from dispatch_solver.validate import ensure_valid

app = typer.Typer(
    help="Plan the day of mobile technicians.", no_args_is_help=True, add_completion=False
)
app.add_typer(live)


@app.command()
def solve(  # noqa: PLR0917
    problem: Annotated[Path, typer.Argument(help="Problem file (JSON).")],
    seconds: Annotated[float, typer.Option(min=0.1, help="Time limit.")] = 10.0,
    seed: Annotated[int, typer.Option(help="Seed of the search.")] = 0,
    engine: Annotated[str, typer.Option(help=f"One of {', '.join(ENGINES)}.")] = "auto",
    threads: Annotated[int, typer.Option(min=1, help="Searches side by side.")] = 1,
    warm: Annotated[Path | None, typer.Option(help="Plan file to start from.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write the plan; else stdout.")] = None,
    bound_seconds: Annotated[
        float, typer.Option(min=0.0, help="Then prove for so long how good the plan is.")
    ] = 0.0,
) -> None:
    """Solve a problem; the plan is checked before it is written."""
    if engine not in ENGINES:
        raise typer.BadParameter(f"one of {', '.join(ENGINES)}", param_hint="--engine")
    try:
        task = Problem.from_json(load(problem))
        start = None if warm is None else Plan.from_json(load(warm))
        plan = _solve_with_progress(
            partial(
                solve_problem,
                task,
                seconds=seconds,
                seed=seed,
                engine=engine,
                warm_start=start,
                threads=threads,
            ),
            seconds,
        )
        if bound_seconds > 0:
            plan = proven(plan, _bound_with_progress(task, bound_seconds, plan, improve=True))
    except InvalidInput as error:
        refuse(error)
    violations = check_plan(task, plan)
    text = json.dumps(plan.to_json(), ensure_ascii=False)
    if out is None:
        typer.echo(text)
    else:
        out.write_text(text + "\n", "utf-8")
        _summary(plan)
    if violations:
        typer.echo(json.dumps([violation.to_json() for violation in violations]), err=True)
        raise typer.Exit(EXIT_BROKEN)


def _solve_with_progress(planned: Callable[..., Plan], seconds: float) -> Plan:
    """Solve, with a bar where somebody watches."""
    if not sys.stderr.isatty():
        return planned()
    columns = (
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[phase]}: {task.fields[left_out]} left out, cost"),
        TextColumn("{task.fields[cost]:.0f}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task("", total=seconds, phase="construction", left_out=0, cost=0.0)

        def show(step: Step) -> None:
            bar.update(
                line,
                completed=step.elapsed_s,
                phase=step.phase,
                left_out=step.unplaced,
                cost=step.cost,
            )

        return planned(on_progress=show)


def _summary(plan: Plan) -> None:
    terms = plan.terms
    figures = {
        "routes": sum(1 for route in plan.routes if route.stops),
        "left_out": terms.unserved,
        "tiers": [terms.tier1, terms.tier2, round(terms.tier3, 1)],
        "seconds": plan.seconds,
        "gap": plan.gap,
    }
    typer.echo(json.dumps(figures))


@app.command()
def check(
    problem: Annotated[Path, typer.Argument(help="Problem file (JSON).")],
    plan: Annotated[Path, typer.Argument(help="Plan file (JSON).")],
) -> None:
    """Check a plan by every rule; exit code 1 when it breaks one."""
    try:
        task = Problem.from_json(load(problem))
        ensure_valid(task)
        violations = check_plan(task, Plan.from_json(load(plan)))
    except InvalidInput as error:
        refuse(error)
    found = [violation.to_json() for violation in violations]
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    if found:
        raise typer.Exit(EXIT_BROKEN)


@app.command()
def bound(
    problem: Annotated[Path, typer.Argument(help="Problem file (JSON).")],
    plan: Annotated[
        Path | None, typer.Option(help="Plan file to compare with; else one is made.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time limit.")] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Prove a lower bound of every plan's value: how far from the best possible is a plan?"""
    try:
        task = Problem.from_json(load(problem))
        given = None if plan is None else Plan.from_json(load(plan))
        found = _bound_with_progress(task, seconds, given)
    except InvalidInput as error:
        refuse(error)
    if as_json:
        typer.echo(json.dumps(found.to_json()))
    else:
        typer.echo(found.sentence())


def _bound_with_progress(
    problem: Problem, seconds: float, plan: Plan | None, *, improve: bool | None = None
) -> Bound:
    if not sys.stderr.isatty():
        return find_bound(problem, seconds=seconds, plan=plan, improve=improve)
    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task("a plan to compare with", total=seconds)

        def show(step: BoundProgress) -> None:
            gap = "" if step.gap is None else f", gap at most {100 * step.gap:.2f} %"
            told = f"{step.phase}: no plan below {step.value:.0f}{gap}"
            bar.update(line, completed=step.elapsed_s, description=told)

        return find_bound(problem, seconds=seconds, plan=plan, improve=improve, on_progress=show)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bench(
    context: typer.Context,
    suite: Annotated[str, typer.Argument(help="quick, days, bound, vrptw, …")],
) -> None:
    """Measure the optimizer beside its peers (in a source tree; further options are its own)."""
    if find_spec("benchmarks") is None:
        raise typer.BadParameter(
            "the benchmark is part of the source tree: run this in its top folder",
            param_hint="SUITE",
        )
    sys.argv = ["bench", suite, *context.args]
    run_module("benchmarks.run", run_name="__main__")


@app.command()
def ready() -> None:
    """Compile the search, once on a machine, so that no plan waits for it."""
    with Console(stderr=True).status("Compiling the search (a minute or two, once)…"):
        compiled = make_ready()
    print("ready" if compiled else "nothing can be compiled here: plans are made, but slowly")


@app.command()
def schema(name: Annotated[str, typer.Argument(help=f"One of {', '.join(NAMES)}.")]) -> None:
    """Print a JSON schema."""
    if name not in NAMES:
        raise typer.BadParameter(f"one of {', '.join(NAMES)}", param_hint="NAME")
    typer.echo(json.dumps(published(name), ensure_ascii=False, indent=2))
