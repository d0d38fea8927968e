"""What the rows of imported tables become: technicians, units with their people, materials."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import select

from dispatch.domain.imports import ImportKind
from dispatch.domain.places import PlaceKind
from dispatch.domain.rights import Action
from dispatch.domain.technicians import LEVELS, Skill, TechnicianKind, Travel
from dispatch.services import sites, technicians
from dispatch.services.action import Tx
from dispatch.services.import_rows import Cause
from dispatch.services.import_tables import (
    Column,
    amount,
    day,
    number_within,
    whole_within,
    word_of,
)
from dispatch.store.categories import Trade
from dispatch.store.materials import Material
from dispatch.store.parties import Party, PartyUnit
from dispatch.store.sites import Place, Site
from dispatch.store.technicians import Technician

_LATITUDE = Column("latitude", number_within(-90, 90), cause=Cause.BAD_POINT)
_LONGITUDE = Column("longitude", number_within(-180, 180), cause=Cause.BAD_POINT)
_SEVERAL = re.compile(r"[;；,，、]")
_ONE_SKILL = re.compile(r"^(?P<trade>.+?)[\s:：]*(?P<level>\d)?$")


class Writer(Protocol):
    """Writes the rows of one kind, in the caller's transaction."""

    async def prepare(self, tx: Tx, site: Site) -> None:
        """Reads what is known already."""

    async def write(self, tx: Tx, values: Mapping[str, Any]) -> bool:
        """Writes one row; False when the site knows it: then it stays as it is."""
        ...


class Technicians:
    """People who do the work, known by their staff number; they serve the site."""

    async def prepare(self, tx: Tx, site: Site) -> None:
        self._site = site
        organization = tx.actor.organization_id
        codes = select(Technician.code).where(Technician.organization_id == organization)
        self._known = set((await tx.session.execute(codes)).scalars())
        trades = select(Trade).where(Trade.organization_id == organization)
        self._trades = {
            name.casefold(): trade.code
            for trade in (await tx.session.execute(trades)).scalars()
            for name in (trade.code, trade.name_zh, trade.name_en)
        }

    async def write(self, tx: Tx, values: Mapping[str, Any]) -> bool:
        if values["code"] in self._known:
            return False
        hours = values.get("work_limit_h")
        technician = await technicians.create(
            tx,
            code=values["code"],
            name=values["name"],
            phone=values.get("phone"),
            kind=values.get("kind", TechnicianKind.STAFF),
            travel=values.get("travel", Travel.WALK),
            skills=[self._skill(trade, level) for trade, level in values["skills"]],
            site_ids=[self._site.id],
            home_latitude=values.get("latitude"),
            home_longitude=values.get("longitude"),
            work_limit_s=int(hours * 3600) if hours is not None else None,
        )
        technician.photo = values.get("photo")
        await tx.session.flush()
        return True

    def _skill(self, name: str, level: int) -> Skill:
        # What is no trade by any name goes on as it is, and is refused as such.
        return Skill(self._trades.get(name.casefold(), name), level)


class Units:
    """Rooms in their buildings, and whom they belong to; a person is known by name and phone."""

    async def prepare(self, tx: Tx, site: Site) -> None:
        self._site = site
        places = select(Place).where(Place.site_id == site.id)
        self._places = {
            (each.parent_id, each.name): each.id
            for each in (await tx.session.execute(places)).scalars()
        }
        people = select(Party).where(Party.site_id == site.id)
        self._people = {
            (each.name, phone): each.id
            for each in (await tx.session.execute(people)).scalars()
            for phone in each.phones or [None]
        }

    async def write(self, tx: Tx, values: Mapping[str, Any]) -> bool:
        point = {name: values.get(name) for name in ("latitude", "longitude")}
        parent = await self._place(tx, None, PlaceKind.BUILDING, values["building"], **point)
        if "unit" in values:
            parent = await self._place(tx, parent, PlaceKind.UNIT, values["unit"])
        if (parent, values["room"]) in self._places:
            return False
        room = await self._place(
            tx, parent, PlaceKind.ROOM, values["room"], floor=values.get("floor")
        )
        if "warranty_until" in values:
            place = await tx.session.get_one(Place, room)
            place.warranty_until = values["warranty_until"]
            await tx.session.flush()
        if "owner_name" in values:
            await self._belongs(tx, room, values["owner_name"], values.get("owner_phone"))
        return True

    async def _place(
        self, tx: Tx, parent_id: int | None, kind: PlaceKind, name: str, **given: Any
    ) -> int:
        known = self._places.get((parent_id, name))
        if known is not None:
            return known
        place = await sites.create_place(
            tx, site_id=self._site.id, parent_id=parent_id, kind=kind, name=name, **given
        )
        self._places[parent_id, name] = place.id
        return place.id

    async def _belongs(self, tx: Tx, place_id: int, name: str, phone: str | None) -> None:
        known = self._people.get((name, phone))
        if known is not None:
            tx.session.add(PartyUnit(party_id=known, place_id=place_id))
            await tx.session.flush()
            return
        party = await sites.create_party(
            tx,
            site_id=self._site.id,
            name=name,
            phones=[phone] if phone else [],
            place_ids=[place_id],
        )
        self._people[name, phone] = party.id


class Materials:
    """Materials, known by their code."""

    async def prepare(self, tx: Tx, site: Site) -> None:
        self._site = site
        codes = select(Material.code).where(Material.site_id == site.id)
        self._known = set((await tx.session.execute(codes)).scalars())

    async def write(self, tx: Tx, values: Mapping[str, Any]) -> bool:
        if values["code"] in self._known:
            return False
        given = {"currency": "CNY", **values}
        await tx.save(Material(site_id=self._site.id, **given), "material.created")
        return True


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a kind of table is read and written, and the right it needs."""

    columns: Sequence[Column]
    key: Sequence[str]
    writer: type[Writer]
    action: Action


def _skills(text: str) -> list[tuple[str, int]]:
    """`水暖 2；电工 1`, `plumbing:2, electrical` …; without a level it is the lowest."""
    found = []
    for part in (each.strip() for each in _SEVERAL.split(text)):
        match = _ONE_SKILL.match(part)
        if match is None:
            raise ValueError(text)
        level = int(match["level"] or LEVELS[0])
        if level not in LEVELS:
            raise ValueError(text)
        found.append((match["trade"], level))
    return found


def _currency(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", text):
        raise ValueError(text)
    return text.upper()


RECIPES: Mapping[ImportKind, Recipe] = {
    ImportKind.TECHNICIANS: Recipe(
        columns=(
            Column("code", is_needed=True, longest=40),
            Column("name", is_needed=True),
            Column("phone", longest=40),
            Column("kind", word_of(TechnicianKind, "kind"), cause=Cause.UNKNOWN_WORD),
            Column("travel", word_of(Travel, "travel"), cause=Cause.UNKNOWN_WORD),
            Column("skills", _skills, is_needed=True, longest=1000),
            Column("work_limit_h", number_within(0, 24), cause=Cause.BAD_NUMBER),
            _LATITUDE,
            _LONGITUDE,
            Column("photo", longest=2000),
        ),
        key=("code",),
        writer=Technicians,
        action=Action.MANAGE,
    ),
    ImportKind.UNITS: Recipe(
        columns=(
            Column("building", is_needed=True),
            Column("unit"),
            Column("floor", whole_within(-20, 200), cause=Cause.BAD_NUMBER),
            Column("room", is_needed=True),
            _LATITUDE,
            _LONGITUDE,
            Column("owner_name"),
            Column("owner_phone", longest=40),
            Column("warranty_until", day, cause=Cause.BAD_TIME),
        ),
        key=("building", "unit", "room"),
        writer=Units,
        action=Action.MANAGE,
    ),
    ImportKind.MATERIALS: Recipe(
        columns=(
            Column("code", is_needed=True, longest=80),
            Column("name", is_needed=True),
            Column("model"),
            Column("unit", is_needed=True, longest=40),
            Column("price", amount, longest=20, cause=Cause.BAD_NUMBER),
            Column("currency", _currency, cause=Cause.UNKNOWN_WORD),
        ),
        key=("code",),
        writer=Materials,
        action=Action.IMPORT,
    ),
}
