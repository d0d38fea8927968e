"""What is wrong with an input: one fault per finding, all of them at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding: a stable code, where it is, why it is wrong and what to do about it."""

    code: str
    where: str
    cause: str
    remedy: str

    def to_json(self) -> dict[str, str]:
        return {
            "code": self.code,
            "where": self.where,
            "cause": self.cause,
            "remedy": self.remedy,
        }


class InvalidInput(ValueError):  # noqa: N818 (a published name)
    """An input that cannot be worked with; `faults` lists every finding."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        lines = [f"{fault.code} at {fault.where}: {fault.cause}" for fault in faults[:20]]
        if len(faults) > 20:
            lines.append(f"… and {len(faults) - 20} more")
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type["InvalidInput"], tuple[list[Fault]]]:
        return type(self), (list(self.faults),)


class InvalidProblem(InvalidInput):
    """Raised by `solve` and `Problem.from_json`."""


class InvalidPlan(InvalidInput):
    """Raised by `Plan.from_json`."""
