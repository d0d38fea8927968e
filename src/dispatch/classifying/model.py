"""A trained classifier: weights of a byte each, read without running anything that is stored."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dispatch.classifying.features import counts

_STEPS = 127

Numbers = np.ndarray[Any, np.dtype[np.floating[Any]]]


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Linear scores of labels over the pieces of a text.

    `pieces` are the numbers of the known pieces, ascending. `weights` (pieces x labels, int8) times
    `scale` (labels) are the real weights. `rarity` (pieces) weighs a piece by how few texts hold
    it, `unknown` those that none held: they make every guess less sure. `sharpness` makes
    probabilities of scores. `source` is the digest of the examples it was trained from.
    """

    labels: tuple[str, ...]
    pieces: np.ndarray[Any, np.dtype[np.uint32]]
    weights: np.ndarray[Any, np.dtype[np.int8]]
    scale: Numbers
    rarity: Numbers
    unknown: float
    sharpness: float
    source: str

    def guess(self, text: str) -> list[tuple[str, float]]:
        """Every label with its probability, likeliest first; empty when the text says nothing."""
        found = counts(text)
        numbers = np.fromiter(found.keys(), dtype=np.uint32, count=len(found))
        at = np.minimum(np.searchsorted(self.pieces, numbers), len(self.pieces) - 1)
        is_known = self.pieces[at] == numbers
        if not is_known.any():
            return []
        often = np.fromiter(found.values(), dtype=np.float32, count=len(found))
        values = unit(often, np.where(is_known, self.rarity[at], self.unknown))
        weights = self.weights[at[is_known]].astype(np.float32)
        scores = (values[is_known] @ weights) * self.scale
        chances = probabilities(scores[None, :], self.sharpness)[0]
        return [(self.labels[at], float(chances[at])) for at in np.argsort(-chances)]

    def to_bytes(self) -> bytes:
        file = io.BytesIO()
        np.savez_compressed(
            file,
            labels=np.array(self.labels),
            pieces=self.pieces,
            weights=self.weights,
            scale=self.scale,
            rarity=self.rarity,
            numbers=np.array([self.unknown, self.sharpness]),
            source=np.array(self.source),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes) -> "Model":
        """The model of `to_bytes`. Raises ValueError for anything but plain numbers and texts."""
        with np.load(io.BytesIO(stored), allow_pickle=False) as parts:
            unknown, sharpness = parts["numbers"].tolist()
            model = cls(
                labels=tuple(str(label) for label in parts["labels"]),
                pieces=parts["pieces"],
                weights=parts["weights"],
                scale=parts["scale"],
                rarity=parts["rarity"],
                unknown=unknown,
                sharpness=sharpness,
                source=str(parts["source"]),
            )
        if model.weights.shape != (len(model.pieces), len(model.labels)):
            raise ValueError("the parts of the stored classifier do not fit each other")
        return model


def digest(stored: bytes) -> str:
    """The name of a stored model by its content."""
    return hashlib.sha256(stored).hexdigest()


def compact(
    weights: np.ndarray[Any, Any],
) -> tuple[np.ndarray[Any, np.dtype[np.int8]], Numbers]:
    """Weights in steps of a byte, and the size of each label's step."""
    scale = (np.abs(weights).max(axis=0) / _STEPS).astype(np.float32)
    scale[scale == 0] = 1
    return np.round(weights / scale).astype(np.int8), scale


def unit(often: Numbers, rarity: Numbers) -> Numbers:
    """The values of a text's pieces, of length 1 together: how often each stands in it, damped,
    times how rare it is."""
    values = (1 + np.log(often)) * rarity
    return values / np.linalg.norm(values)


def probabilities(scores: Numbers, sharpness: float) -> Numbers:
    """Softmax of each row of scores."""
    sharp = sharpness * scores
    raised = np.exp(sharp - sharp.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def expected_error(
    confidences: Sequence[float], right: Sequence[bool], *, bins: int = 10
) -> tuple[float, list[tuple[int, float, float]]]:
    """How far confidence and accuracy lie apart (ECE), and per tenth of confidence: how many
    guesses, their mean confidence, their accuracy."""
    groups: list[list[int]] = [[] for _ in range(bins)]
    for at, confidence in enumerate(confidences):
        groups[min(int(confidence * bins), bins - 1)].append(at)
    table = [
        (
            len(group),
            sum(confidences[at] for at in group) / len(group) if group else 0.0,
            sum(right[at] for at in group) / len(group) if group else 0.0,
        )
        for group in groups
    ]
    total = len(confidences) or 1
    return sum(count * abs(sure - hit) for count, sure, hit in table) / total, table
