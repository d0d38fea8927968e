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

from dispatch.domain.misfits import Misfit

Section = TypeVar("Section")
Word = TypeVar("Word", bound=StrEnum)
Parse = Callable[[Any], Any]

DAY_S = 24 * 3600
YEAR_S = 366 * DAY_S


class Unfit(ValueError):  # noqa: N818 -- it lists faults of a document
    """What is wrong with a document: where in it, and why; `fit`: what its other values make."""

    def __init__(self, *faults: tuple[tuple[str, ...], Misfit], fit: Any = None) -> None:
        super().__init__("; ".join(f"{'.'.join(path)}: {misfit}" for path, misfit in faults))
        self.faults = faults
        self.fit = fit


def value(parse: Parse, *, default: Any = None, make: Callable[[], Any] | None = None) -> Any:
    """A field that `parse` reads from JSON; `parse` raises Misfit, or Unfit for several faults."""
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
            raise Misfit("NOT_ONE_OF", known=[str(each) for each in known])
        return given

    return value(parse, default=default)


def number(default: float, *, least: float, most: float) -> Any:
    """Any number."""
    return value(lambda given: float(read_number(given, least, most)), default=default)


def flag(default: bool) -> Any:
    """Yes or no."""

    def parse(given: Any) -> bool:
        if not isinstance(given, bool):
            raise Misfit("NOT_A_FLAG")
        return given

    return value(parse, default=default)


def choice(default: StrEnum) -> Any:
    """One word of the default's list."""

    return value(lambda given: read_word(type(default), given), default=default)


def several(words: type[Word], *default: Word) -> Any:
    """Some words of a closed list, each once, in the order given."""

    def parse(given: Any) -> tuple[Word, ...]:
        return tuple(dict.fromkeys(read_word(words, each) for each in read_list(given)))

    return value(parse, default=default)


def texts(*default: str) -> Any:
    """Some words or phrases."""

    def parse(given: Any) -> tuple[str, ...]:
        return tuple(str(each) for each in read_list(given) if str(each).strip())

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
            raise Misfit("NOT_BY_NAME")
        known = () if is_open else tuple(default)
        try:
            return {**default, **read_each(given, lambda _, item: each(item), known=known)}
        except Unfit as unfit:
            raise Unfit(*unfit.faults, fit={**default, **unfit.fit}) from unfit

    return value(parse, make=lambda: dict(default))


def section(cls: type[Section]) -> Any:
    """A group of values."""
    return value(lambda given: read(cls, given), make=cls)


def read(cls: type[Section], given: Any) -> Section:
    """The section that a document makes of the defaults. Raises `Unfit` with every fault."""
    if not isinstance(given, Mapping):
        raise Misfit("NOT_BY_NAME")
    known = {each.name: each for each in fields(cls)}  # type: ignore[arg-type]
    try:
        return cls(
            **read_each(
                given, lambda name, item: known[name].metadata["parse"](item), known=tuple(known)
            )
        )
    except Unfit as unfit:
        raise Unfit(*unfit.faults, fit=cls(**unfit.fit)) from unfit


def read_each(
    given: Mapping[Any, Any], parse: Callable[[str, Any], Any], *, known: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What `parse` makes of each name and item; only `known` names, if there are any. Raises
    `Unfit` with every fault; its `fit` holds what could be read."""
    values: dict[str, Any] = {}
    faults: list[tuple[tuple[str, ...], Misfit]] = []
    for key, item in given.items():
        name = str(key)
        if known and name not in known:
            faults.append(((name,), Misfit("UNKNOWN", name=name, known=known)))
            continue
        try:
            values[name] = parse(name, item)
        except Unfit as unfit:
            faults += [((name, *path), misfit) for path, misfit in unfit.faults]
            if unfit.fit is not None:
                values[name] = unfit.fit
        except Misfit as misfit:
            faults.append(((name,), misfit))
        except KeyError as error:
            faults.append(((name,), Misfit("MISSING", name=str(error.args[0]))))
        except (TypeError, ValueError, AttributeError) as error:
            faults.append(((name,), Misfit("OTHER", detail=str(error))))
    if faults:
        raise Unfit(*faults, fit=values)
    return values


def read_list(given: Any) -> list[Any]:
    if not isinstance(given, list | tuple):
        raise Misfit("NOT_A_LIST")
    return list(given)


def read_word(words: type[Word], given: Any) -> Word:
    """A word of a closed list."""
    if not isinstance(given, str) or given not in set(words):
        raise Misfit("NOT_ONE_OF", known=[each.value for each in words])
    return words(given)


def read_whole(given: Any, least: int, most: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise Misfit("NOT_WHOLE")
    return int(read_number(given, least, most))


def read_number(given: Any, least: float, most: float) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise Misfit("NOT_A_NUMBER")
    if not least <= given <= most:
        raise Misfit("OUT_OF_RANGE", least=least, most=most)
    return given


def read_clock(given: Any) -> time:
    """A local time as `HH:MM`."""
    try:
        hour, minute = str(given).split(":")
        return time(int(hour), int(minute))
    except ValueError as error:
        raise Misfit("NOT_A_TIME") from error
