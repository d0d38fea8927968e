"""One finding of the checker."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule or a false figure: a stable code, where, and what exactly."""

    code: str
    where: str
    detail: str

    def to_json(self) -> dict[str, str]:
        return {"code": self.code, "where": self.where, "detail": self.detail}
