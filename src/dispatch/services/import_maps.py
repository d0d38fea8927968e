"""Import maps: files that say how an outer system's table becomes tickets. A map is data (TOML).

The shipped ones lie in `dispatch/data/maps`; `boston311.toml` there shows every part.
"""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from dispatch.domain.errors import Code, Refusal, Refused, refuse
from dispatch.domain.places import SiteKind
from dispatch.domain.tickets import Channel, TicketKind
from dispatch.services.catalogue import CategoryDefault, category_group

RowState = Literal["OPEN", "CLOSED", "CANCELLED"]

TIME_FIELDS = ("reported_at", "due_at", "closed_at", "wished_from", "wished_to")
POINT_FIELDS = ("latitude", "longitude")
WORD_FIELDS = ("state", "channel", "category")
TEXT_FIELDS = (
    "external_ref",
    "description",
    "requester_name",
    "requester_phone",
    "building",
    "unit",
    "floor",
    "room",
    "landmark",
    "location_text",
    "asset_name",
    "asset_model",
    "asset_tag",
    "end_note",
)
FIELDS = (*TEXT_FIELDS, *WORD_FIELDS, *TIME_FIELDS, *POINT_FIELDS)
ALWAYS_REQUIRED = ("external_ref", "reported_at", "description")
POINT = "point"
"""Both coordinates as one name, for the lists of what is required and what only warns."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SitePart(_Part):
    """The site to make when it is missing and was asked for; its zone is the map's."""

    name: str = Field(min_length=1, max_length=200)
    kind: SiteKind
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)


class FilePart(_Part):
    encoding: str = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)

    @field_validator("encoding")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            "".encode(name)
        except LookupError:
            raise ValueError(f"no encoding is called {name}; utf-8 and gb18030 are usual") from None
        return name


class TimePart(_Part):
    """How times are written (`strptime`), and in which IANA zone when they name none; left out:
    the site's."""

    format: str = Field(min_length=2)
    zone: str = ""

    @field_validator("zone")
    @classmethod
    def _exists(cls, name: str) -> str:
        if not name:
            return name
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"no time zone is called {name}; write Asia/Shanghai or so") from None
        return name


class TicketPart(_Part):
    """What every ticket of the file shares; the channel where no column tells it."""

    kind: TicketKind = TicketKind.REPAIR
    taken_by: str = Field(min_length=1, max_length=200)
    channel: Channel = Channel.HANDOVER


class PointPart(_Part):
    unknown: tuple[tuple[float, float], ...] = ()


class ValuesPart(_Part):
    """The file's words and what they mean; category words mean codes of the site's tree, and with
    `own_categories` the tree's codes and names are words, too."""

    own_categories: bool = False
    state: dict[str, RowState] = {}
    channel: dict[str, Channel] = {}
    category: dict[str, str] = {}


class RowsPart(_Part):
    """Fields that make a row bad when empty, and fields that only warn."""

    required: tuple[str, ...] = ()
    warned: tuple[str, ...] = ("category", POINT)

    @field_validator("required", "warned")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        _check_fields(names, (*FIELDS, POINT))
        return names


class ImportMap(_Part):
    """A whole map. `source` names the outer system: with a row's own id it is the ticket's
    reference, by which a second import knows it."""

    name: str = Field(min_length=1, max_length=200)
    source: str = Field(min_length=1, max_length=80)
    site: SitePart | None = None
    file: FilePart = FilePart()
    time: TimePart
    ticket: TicketPart
    columns: dict[str, tuple[str, ...]]
    point: PointPart = PointPart()
    values: ValuesPart = ValuesPart()
    rows: RowsPart = RowsPart()
    categories: tuple[dict[str, Any], ...] = ()

    @field_validator("columns", mode="before")
    @classmethod
    def _lists(cls, columns: Any) -> Any:
        if not isinstance(columns, dict):
            return columns
        return {key: (each,) if isinstance(each, str) else each for key, each in columns.items()}

    @field_validator("columns")
    @classmethod
    def _complete(cls, columns: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        _check_fields(columns, FIELDS)
        lacking = [name for name in ALWAYS_REQUIRED if not columns.get(name)]
        if lacking:
            raise ValueError(f"no column is named for {', '.join(lacking)}; name one for each")
        several = [n for n, each in columns.items() if len(each) != 1 and n not in TEXT_FIELDS]
        if several:
            raise ValueError(f"{', '.join(several)} takes one column; only texts can be joined")
        if ("latitude" in columns) != ("longitude" in columns):
            raise ValueError("a point needs a column for latitude and one for longitude")
        return columns

    @field_validator("categories")
    @classmethod
    def _readable(cls, groups: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        for group in groups:
            try:
                category_group(group)
            except KeyError as error:
                raise ValueError(f"{group.get('code', 'a group')} lacks {error}") from None
        return groups

    @model_validator(mode="after")
    def _words_for_columns(self) -> Self:
        for name in WORD_FIELDS:
            known = getattr(self.values, name) or (
                name == "category" and self.values.own_categories
            )
            if name in self.columns and not known:
                raise ValueError(
                    f"columns.{name} names a column, but [values.{name}] gives its words no "
                    f"meaning; list them there"
                )
        return self

    @property
    def category_groups(self) -> tuple[CategoryDefault, ...]:
        return tuple(category_group(group) for group in self.categories)


def shipped_maps() -> tuple[str, ...]:
    """Names of the maps that come with the service."""
    folder = files("dispatch").joinpath("data", "maps")
    return tuple(
        sorted(each.name.removesuffix(".toml") for each in folder.iterdir() if _is_map(each.name))
    )


def load_map(name_or_path: str) -> ImportMap:
    """A shipped map by name, or one from a file; refuses with the key at fault and what to do."""
    if name_or_path in shipped_maps():
        shipped = files("dispatch").joinpath("data", "maps", f"{name_or_path}.toml")
        return parse_map(shipped.read_text(encoding="utf-8"))
    path = Path(name_or_path)
    if not path.is_file():
        raise refuse(
            Code.NOT_FOUND, field="map", id=name_or_path, allowed=(*shipped_maps(), "a .toml file")
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise refuse(Code.FILE_UNREADABLE, field="map", detail=str(error)) from error
    return parse_map(text)


def parse_map(text: str) -> ImportMap:
    """The map in a TOML document; one refusal per fault, `field` being the path of the key."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise refuse(Code.FILE_UNREADABLE, field="map", detail=str(error)) from error
    try:
        return ImportMap.model_validate(document)
    except ValidationError as error:
        raise Refused(*(_fault(each) for each in error.errors())) from error


def _fault(error: Any) -> Refusal:
    path = tuple(str(part) for part in error["loc"])
    detail = {
        "missing": "is missing; add it",
        "extra_forbidden": "is no key of a map; remove it or correct its spelling",
    }.get(error["type"], error["msg"].removeprefix("Value error, "))
    given = error["input"] if isinstance(error["input"], str | int | float) else ""
    return Refusal(Code.BAD_INPUT, ("map", *path), {"given": given, "detail": detail})


def _check_fields(names: Any, known: tuple[str, ...]) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"unknown field {', '.join(unknown)}; known are {', '.join(known)}")


def _is_map(name: str) -> bool:
    return name.endswith(".toml")
