"""What is wrong with a value that somebody sets, by name and figures; the catalogue says it in the
reader's language (`policy.faults`)."""

from collections.abc import Mapping
from typing import Any

from dispatch.domain.errors import Phrase


class Misfit(ValueError):  # noqa: N818 -- it is an answer, not a fault of the program
    """A value that does not fit. Times among the figures are timedeltas."""

    def __init__(self, fault: str, **params: Any) -> None:
        figures = ", ".join(f"{name}={value}" for name, value in params.items())
        super().__init__(f"{fault} ({figures})" if params else fault)
        self.fault = fault
        self.params: Mapping[str, Any] = params

    def phrases(self) -> dict[str, Phrase]:
        """What is wrong and what to do about it, as a refusal's parameters."""
        return {
            name: Phrase(("policy", "faults", self.fault, part), self.params)
            for name, part in (("detail", "message"), ("remedy", "remedy"))
        }
