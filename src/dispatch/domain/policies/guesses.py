"""Numbers of the classifier (TRI-3)."""

from dataclasses import dataclass

from dispatch.domain.policies.values import flag, number, whole


@dataclass(frozen=True, slots=True)
class Guesses:
    """How sure a guess must be, what follows from it, and how the desk's decisions teach."""

    sure_from: float = number(0.75, least=0.0, most=1.0)
    """From this probability on a guess counts as decided by the model; below, the desk decides."""
    triages: bool = flag(False)
    """Whether a ticket with a sure guess is triaged at once if its report is complete."""
    alternatives: int = whole(3, least=0, most=10)
    """How many other categories are shown beside a guess."""
    retrain_after: int = whole(20, least=1, most=10_000)
    """The model is trained anew when the desk has decided so many tickets."""
    kept_per_category: int = whole(20, least=1, most=50)
    """It learns from so many last decisions of each category."""
    weight: float = number(3.0, least=0.1, most=20)
    """A decision counts as much as so many shipped phrases."""
