"""Numbers of the classifier (TRI-3)."""

from dataclasses import dataclass

from dispatch.domain.policies.values import flag, number, whole


@dataclass(frozen=True, slots=True)
class Guesses:
    """How sure a guess must be, what follows from it, and how the desk's decisions teach.

    From `sure_from` (a probability) on, a guess counts as decided by the model; below, the desk
    decides. With `triages` such a ticket is triaged at once if its report is complete. The model is
    trained anew when `retrain_after` tickets were decided; it learns from the last
    `kept_per_category` decisions of each category, each counting `weight` times a shipped phrase.
    """

    sure_from: float = number(0.75, least=0.0, most=1.0)
    triages: bool = flag(False)
    alternatives: int = whole(3, least=0, most=10)
    retrain_after: int = whole(20, least=1, most=10_000)
    kept_per_category: int = whole(20, least=1, most=50)
    weight: float = number(3.0, least=0.1, most=20)
