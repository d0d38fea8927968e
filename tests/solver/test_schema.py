"""The published schemas, the dataclasses and the JSON agree."""

import json
from pathlib import Path

import jsonschema
import pytest

from dispatch_solver import InvalidPlan, InvalidProblem, Plan, Problem, check, schema, validate
from tests.solver.build import quick
from tests.solver.days import rich_day


@pytest.mark.parametrize("name", schema.NAMES)
def test_the_committed_schema_is_what_the_dataclasses_say(name: str) -> None:
    assert schema.published(name) == schema.generate(name)


@pytest.mark.parametrize("name", schema.NAMES)
def test_every_field_is_described(name: str) -> None:
    published = schema.published(name)
    jsonschema.Draft202012Validator.check_schema(published)
    for record in published["$defs"].values():
        assert record["description"]
        for field, shape in record["properties"].items():
            assert shape["description"], field


@pytest.mark.parametrize("seed", range(6))
def test_problem_and_plan_go_through_json_and_back(seed: int) -> None:
    problem = rich_day(4, 14, seed)
    assert validate(problem) == []
    text = json.dumps(problem.to_json())
    jsonschema.validate(json.loads(text), schema.published("problem"))
    again = Problem.from_json(json.loads(text))
    assert again == problem
    plan = quick(again, iterations=5)
    text = json.dumps(plan.to_json(), allow_nan=False)
    jsonschema.validate(json.loads(text), schema.published("plan"))
    assert Plan.from_json(json.loads(text)) == plan


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("places",), None, "MALFORMED"),
        (("visits", 0, "duration"), "long", "MALFORMED"),
        (("visits", 0, "duration"), True, "MALFORMED"),
        (("visits", 0, "duration"), 1.5, "MALFORMED"),
        (("visits", 0, "duration"), -1, "OUT_OF_RANGE"),
        (("visits", 0, "duration"), 10**30, "OUT_OF_RANGE"),
        (("visits", 0, "colour"), "red", "UNKNOWN_FIELD"),
        (("visits", 0, "needs"), {}, "MALFORMED"),
        (("weights", "travel_second"), float("nan"), "OUT_OF_RANGE"),
        (("weights", "unserved"), {"high": 1}, "MALFORMED"),
        (("travel", "car", "durations"), [[1, 2], [3]], "MALFORMED"),
        (("travel", "car", "durations"), [[0.5]], "MALFORMED"),
        (("travel", "car", "distances"), [[2**80]], "MALFORMED"),
        (("ties",), [{"kind": "maybe", "visits": []}], "MALFORMED"),
    ],
)
def test_malformed_problems_are_refused_with_the_place_of_the_fault(
    path: tuple[str | int, ...], value: object, code: str
) -> None:
    data = json.loads(json.dumps(rich_day(3, 6).to_json()))
    node = data
    for key in path[:-1]:
        node = node.setdefault(key, {}) if isinstance(node, dict) else node[key]
    node[path[-1]] = value
    with pytest.raises(InvalidProblem) as caught:
        Problem.from_json(data)
    first = caught.value.faults[0]
    assert first.code == code
    assert str(path[-1]) in first.where
    assert first.cause
    assert first.remedy


def test_a_missing_field_and_a_wrong_document_are_refused() -> None:
    with pytest.raises(InvalidProblem) as caught:
        Problem.from_json({})
    missing = {f.where for f in caught.value.faults if f.code == "MISSING_FIELD"}
    assert missing == {f"problem.{n}" for n in ("places", "travel", "technicians", "visits")}
    with pytest.raises(InvalidPlan):
        Plan.from_json([])


def test_the_example_of_the_readme_is_solved() -> None:
    readme = (Path(__file__).parents[2] / "solver" / "README.md").read_text("utf-8")
    data = json.loads(readme.split("```json\n")[1].split("```")[0])
    jsonschema.validate(data, schema.published("problem"))
    task = Problem.from_json(data)
    plan = quick(task)
    assert plan.terms.unserved == plan.terms.promises_broken == 0
    assert check(task, plan) == []
