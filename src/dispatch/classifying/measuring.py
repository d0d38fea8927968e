"""How good a model's guesses are on cases it has not learned from."""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.classifying.model import Model, expected_error
from dispatch.classifying.shipped import Case

_TOP = 3


@dataclass(frozen=True, slots=True)
class Share:
    """Guesses of some cases: how many, shares right at first and among the first three."""

    cases: int
    right: float
    among_three: float


@dataclass(frozen=True, slots=True)
class Measure:
    """`by_language` holds shares; `table` per tenth of confidence: guesses, mean confidence,
    accuracy; `wrong` the cases missed with what was guessed instead and how surely."""

    all: Share
    by_language: dict[str, Share]
    calibration_error: float
    table: list[tuple[int, float, float]]
    wrong: list[tuple[Case, str, float]]


def measure(model: Model, cases: Sequence[Case]) -> Measure:
    """Guesses every case; at least one is needed."""
    guesses = [model.guess(case.text) or [("", 0.0)] for case in cases]
    right = [case.label == ranked[0][0] for case, ranked in zip(cases, guesses, strict=True)]
    error, table = expected_error([ranked[0][1] for ranked in guesses], right)
    return Measure(
        all=_share(cases, guesses, language=None),
        by_language={
            language: _share(cases, guesses, language=language)
            for language in sorted({case.language for case in cases})
        },
        calibration_error=error,
        table=table,
        wrong=[
            (case, *ranked[0])
            for case, ranked, hit in zip(cases, guesses, right, strict=True)
            if not hit
        ],
    )


def _share(
    cases: Sequence[Case], guesses: Sequence[list[tuple[str, float]]], *, language: str | None
) -> Share:
    ranks = [
        [label for label, _ in ranked[:_TOP]]
        for case, ranked in zip(cases, guesses, strict=True)
        if language in (None, case.language)
    ]
    truth = [case.label for case in cases if language in (None, case.language)]
    first = sum(label == rank[0] for label, rank in zip(truth, ranks, strict=True))
    among = sum(label in rank for label, rank in zip(truth, ranks, strict=True))
    return Share(len(truth), first / len(truth), among / len(truth))
