"""How a policy's values are declared, each with its default and what it may be.

    @dataclass(frozen=True, slots=True)
    class Appointments:
        hold_s: int = whole(300, least=30, most=3600)

A section is a frozen dataclass of such fields; `read` makes one of a document.
"""

from collections.abc import Callable, Mapping
from dataclasses import field, fields
from datetime import time
from enum import StrEnum
from typing import Any, TypeVar

Section = TypeVar("Section")
Parse = Callable[[Any], Any]

DAY_S = 24 * 3600
YEAR_S = 366 * DAY_S


class Unfit(ValueError):  # noqa: N818 -- it lists faults of a document
    """What is wrong with a document: where in it, and why."""

    def __init__(self, *faults: tuple[tuple[str, ...], str]) -> None:
        super().__init__("; ".join(f"{'.'.join(path)}: {detail}" for path, detail in faults))
        self.faults = faults


def value(parse: Parse, *, default: Any = None, make: Callable[[], Any] | None = None) -> Any:
    """A field that `parse` reads from JSON; `parse` raises ValueError or TypeError."""
    metadata = {"parse": parse}
    if make is not None:
        return field(default_factory=make, metadata=metadata)
    return field(default=default, metadata=metadata)


def whole(default: int | None, *, least: int, most: int) -> Any:
    """A whole number; where the default is None, none may be given, too."""

    def parse(given: Any) -> int | None:
        return None if given is None and default is None else read_whole(given, least, most)

    return value(parse, default=default)


def one_of(default: int, *others: int) -> Any:
    """One of a few whole numbers."""
    known = sorted((default, *others))

    def parse(given: Any) -> int:
        if isinstance(given, bool) or given not in known:
            raise ValueError(f"must be one of {', '.join(map(str, known))}")
        return given

    return value(parse, default=default)


def number(default: float, *, least: float, most: float) -> Any:
    """Any number."""
    return value(lambda given: float(read_number(given, least, most)), default=default)


def flag(default: bool) -> Any:
    """Yes or no."""

    def parse(given: Any) -> bool:
        if not isinstance(given, bool):
            raise TypeError("true or false is needed")
        return given

    return value(parse, default=default)


def choice(default: StrEnum) -> Any:
    """One word of the default's list."""

    def parse(given: Any) -> StrEnum:
        known = type(default)
        if given not in set(known):
            raise ValueError(f"must be one of {', '.join(known)}")
        return known(given)

    return value(parse, default=default)


def texts(*default: str) -> Any:
    """Some words or phrases."""

    def parse(given: Any) -> tuple[str, ...]:
        if isinstance(given, str):
            raise TypeError("a list of texts is needed")
        return tuple(str(each) for each in given if str(each).strip())

    return value(parse, default=default)


def clock_time(default: time | None) -> Any:
    """A local time as `HH:MM`; where the default is None, none may be given, too."""

    def parse(given: Any) -> time | None:
        return None if given is None and default is None else read_clock(given)

    return value(parse, default=default)


def mapping(default: Mapping[str, Any], each: Parse, *, is_open: bool = False) -> Any:
    """Values by name; what is not given keeps its default. Other names only if `is_open`."""

    def parse(given: Any) -> dict[str, Any]:
        if not isinstance(given, Mapping):
            raise TypeError("values by name are needed")
        strange = set(given) - set(default)
        if strange and not is_open:
            raise ValueError(f"unknown: {', '.join(sorted(map(str, strange)))}")
        return {**default, **{str(name): each(item) for name, item in given.items()}}

    return value(parse, make=lambda: dict(default))


def section(cls: type[Section]) -> Any:
    """A group of values."""
    return value(lambda given: read(cls, given), make=cls)


def read(cls: type[Section], given: Any) -> Section:
    """The section that a document makes of the defaults. Raises `Unfit` with every fault."""
    if not isinstance(given, Mapping):
        raise TypeError("values by name are needed")
    known = {each.name: each for each in fields(cls)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    faults: list[tuple[tuple[str, ...], str]] = []
    for name, item in given.items():
        if name not in known:
            faults.append(((name,), f"unknown; known are {', '.join(known)}"))
            continue
        try:
            values[name] = known[name].metadata["parse"](item)
        except Unfit as unfit:
            faults += [((name, *path), detail) for path, detail in unfit.faults]
        except KeyError as error:
            faults.append(((name,), f"{error} is needed"))
        except (TypeError, ValueError, AttributeError) as error:
            faults.append(((name,), str(error)))
    if faults:
        raise Unfit(*faults)
    return cls(**values)


def read_whole(given: Any, least: int, most: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise TypeError("a whole number is needed")
    return int(read_number(given, least, most))


def read_number(given: Any, least: float, most: float) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise TypeError("a number is needed")
    if not least <= given <= most:
        raise ValueError(f"must lie between {least} and {most}")
    return given


def read_clock(given: Any) -> time:
    """A local time as `HH:MM`."""
    hour, minute = str(given).split(":")
    return time(int(hour), int(minute))
