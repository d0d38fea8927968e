"""Every term and constraint is registered, tested, written down and has words for people."""

import importlib
import pkgutil
import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

from dispatch_solver import Terms, Weights, constraints, terms
from dispatch_solver.constraints import CONSTRAINTS, Constraint, known_names
from dispatch_solver.model import compile_problem
from dispatch_solver.terms import TERMS, Term
from tests.solver.days import rich_day

ROOT = Path(__file__).parents[2]
FORMULATION = (ROOT / "docs" / "formulation.md").read_text("utf-8")


def modules(package: ModuleType, attribute: str) -> list[tuple[str, object]]:
    """Name and value of every module of the package that has the attribute."""
    found = []
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        if hasattr(module, attribute):
            found.append((info.name, getattr(module, attribute)))
    return found


TERM_FILES = modules(terms, "TERM")
CONSTRAINT_FILES = modules(constraints, "CONSTRAINT")


def row_of(file: str) -> str:
    """The line of the formulation that names the file."""
    lines = [line for line in FORMULATION.splitlines() if f"`{file}`" in line]
    assert len(lines) == 1, f"docs/formulation.md has {len(lines)} lines that name {file}"
    return lines[0]


def test_the_registries_hold_every_file() -> None:
    assert {id(term) for _, term in TERM_FILES} == {id(term) for term in TERMS}
    assert {id(found) for _, found in CONSTRAINT_FILES} == {id(found) for found in CONSTRAINTS}


@pytest.mark.parametrize(("file", "term"), TERM_FILES, ids=[name for name, _ in TERM_FILES])
def test_a_term_is_whole(file: str, term: Term) -> None:
    assert (ROOT / "tests" / "solver" / "terms" / f"test_{file}.py").is_file()
    row = row_of(f"terms/{file}.py")
    assert f"`{term.name}`" in row
    assert f"`{term.weight}`" in row
    assert re.fullmatch(r"[A-Z].{10,}\.", term.sentence)
    assert term.unit
    assert term.tier in (1, 2, 3)
    assert hasattr(Weights(), term.weight)


def test_the_terms_are_what_a_plan_tells() -> None:
    told = {field.name for field in fields(Terms)} - {"cost", "tier1", "tier2", "tier3"}
    assert {term.name for term in TERMS} == told
    weights = {field.name for field in fields(Weights)} - {"change_seconds"}
    assert {term.weight for term in TERMS} == weights


@pytest.mark.parametrize(
    ("file", "constraint"), CONSTRAINT_FILES, ids=[name for name, _ in CONSTRAINT_FILES]
)
def test_a_constraint_is_whole(file: str, constraint: Constraint) -> None:
    test = ROOT / "tests" / "solver" / "constraints" / f"test_{file}.py"
    text = test.read_text("utf-8")
    row = row_of(f"constraints/{file}.py")
    assert f"**{constraint.name}**" in row
    for code in constraint.codes:
        assert f"`{code}`" in row
        assert f'"{code}"' in text, f"{test.name} never sees {code}"
    assert re.fullmatch(r"[A-Z].{10,}\.", constraint.sentence)


def test_unknown_names_are_tested_and_written_down() -> None:
    text = (ROOT / "tests/solver/constraints/test_known_names.py").read_text("utf-8")
    row = row_of("constraints/known_names.py")
    assert all(f'"{code}"' in text and f"`{code}`" in row for code in known_names.CODES)


def test_codes_and_names_are_nobody_elses() -> None:
    codes = [code for found in CONSTRAINTS for code in found.codes]
    assert len(codes) == len(set(codes))
    assert len({found.name for found in CONSTRAINTS}) == len(CONSTRAINTS)


@pytest.mark.parametrize("seed", range(3))
def test_the_models_table_is_what_the_terms_say_of_people(seed: int) -> None:
    """`Model.standing` is the fast form of the terms that depend only on who does a task."""
    problem = rich_day(4, 16, seed)
    model = compile_problem(problem)
    personal = [term for term in TERMS if term.of_person is not None]
    assert {term.name for term in personal} == {"skill_waste", "continuity", "changes"}
    for s, shift in enumerate(model.shifts):
        person = problem.technicians[shift.technician]
        for t, task in enumerate(model.tasks):
            visit = problem.visits[task.visit]
            cost = sum(
                getattr(problem.weights, term.weight) * term.of_person(person, visit, task.need)
                for term in personal
                if term.of_person is not None
            )
            assert model.standings(s, t) == pytest.approx(cost)
