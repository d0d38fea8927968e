"""Makes the demo's estate, once: places, residents, technicians, accounts."""

from datetime import date, time, timedelta

from dispatch.demo.facts import Draw, facts
from dispatch.demo.stage import Stage
from dispatch.domain.places import PlaceKind, SiteKind
from dispatch.domain.rights import Actor, Role
from dispatch.domain.technicians import Skill, TechnicianKind, Travel
from dispatch.services import accounts, policies, sites, technicians
from dispatch.store.parties import Party
from dispatch.store.sites import Place, Site
from dispatch.store.technicians import Technician

_SHIFTS = {
    "early": (time(6, 30), time(15), time(10, 30), time(12)),
    "day": (time(8), time(17, 30), time(11, 30), time(13, 30)),
    "late": (time(12, 30), time(21), time(17), time(18, 30)),
}
_LUNCH_MINUTES = 40
_SINCE = date(2020, 1, 1)
_EXPIRED = timedelta(days=30)
_CERTIFICATE = timedelta(days=2 * 365)


async def build_estate(stage: Stage, draw: Draw) -> None:
    """Makes organization, site, places, residents, technicians and accounts."""
    told = facts("estate")
    nobody = accounts.service_actor(organization_id=0, origin="demo")
    organization = await stage.do(nobody, sites.create_organization, **told["organization"])
    root = accounts.service_actor(organization_id=organization.id, origin="demo")
    communities = facts("communities")["communities"]
    site = await stage.do(
        root,
        sites.create_site,
        **{**told["site"], "kind": SiteKind(told["site"]["kind"])},
        latitude=communities[0]["latitude"],
        longitude=communities[0]["longitude"],
    )
    await stage.do(root, policies.set_policy, site_id=site.id, document=told["policy"])
    rooms: list[Place] = []
    for community in communities:
        rooms += await _build_community(stage, root, site, community, draw)
    parties = await _move_in(stage, root, site, rooms, draw)
    people = await _hire(stage, root, site)
    await _open_accounts(stage, root, site, parties, people)


async def _build_community(
    stage: Stage, root: Actor, site: Site, community: dict, draw: Draw
) -> list[Place]:
    told = facts("estate")["buildings"]
    ground = await stage.do(
        root,
        sites.create_place,
        site_id=site.id,
        parent_id=None,
        kind=PlaceKind.COMMUNITY,
        name=community["name"],
        latitude=community["latitude"],
        longitude=community["longitude"],
    )
    rooms = []
    for name, landmark in told["public"]:
        await stage.do(
            root,
            sites.create_place,
            site_id=site.id,
            parent_id=ground.id,
            kind=PlaceKind.PUBLIC_AREA,
            name=name,
            is_public=True,
            landmark=landmark,
        )
    for number in range(1, told["count"] + 1):
        # Houses of a community stand within some two hundred metres of its point.
        building = await stage.do(
            root,
            sites.create_place,
            site_id=site.id,
            parent_id=ground.id,
            kind=PlaceKind.BUILDING,
            name=f"{number} 幢",
            latitude=round(community["latitude"] + draw.rng.uniform(-0.0015, 0.0015), 5),
            longitude=round(community["longitude"] + draw.rng.uniform(-0.0018, 0.0018), 5),
        )
        for unit in told["units"]:
            rooms += await _build_unit(stage, root, site, building, unit, draw)
    return rooms


async def _build_unit(
    stage: Stage, root: Actor, site: Site, building: Place, name: str, draw: Draw
) -> list[Place]:
    unit = await stage.do(
        root,
        sites.create_place,
        site_id=site.id,
        parent_id=building.id,
        kind=PlaceKind.UNIT,
        name=name,
    )
    told = facts("estate")["buildings"]
    floor = draw.rng.choice(told["floors"])
    return [
        await stage.do(
            root,
            sites.create_place,
            site_id=site.id,
            parent_id=unit.id,
            kind=PlaceKind.ROOM,
            name=f"{floor}{door:02d}",
            floor=floor,
        )
        for door in range(1, told["rooms"] + 1)
    ]


async def _move_in(
    stage: Stage, root: Actor, site: Site, rooms: list[Place], draw: Draw
) -> list[Party]:
    told = facts("estate")["residents"]
    surnames = draw.rng.sample(told["surnames"], told["count"])
    homes = draw.rng.sample(rooms, told["count"])
    return [
        await stage.do(
            root,
            sites.create_party,
            site_id=site.id,
            name=surname + draw.rng.choice(told["given"]),
            phones=[f"139{draw.rng.randrange(10**8):08d}"],
            place_ids=[home.id],
        )
        for surname, home in zip(surnames, homes, strict=True)
    ]


async def _hire(stage: Stage, root: Actor, site: Site) -> dict[str, Technician]:
    told = facts("estate")["technicians"]
    points = {each["name"]: each for each in facts("communities")["communities"]}
    today = stage.now.date()
    people: dict[str, Technician] = {}
    leader = next(each["code"] for each in told if each.get("leader"))
    for each in sorted(told, key=lambda one: one["code"] != leader):
        ends = {each.get("expired"): today - _EXPIRED}
        person = await stage.do(
            root,
            technicians.create,
            code=each["code"],
            name=each["name"],
            kind=TechnicianKind(each.get("kind", "STAFF")),
            travel=Travel.SCOOTER,
            skills=[
                Skill(trade, level, ends.get(trade, today + _CERTIFICATE))
                for trade, level in each["skills"].items()
            ],
            site_ids=[site.id],
            home_latitude=points[each["home"]]["latitude"],
            home_longitude=points[each["home"]]["longitude"],
            overtime_limit_s=3600,
            leader_id=people[leader].id if people else None,
        )
        starts, finish, rest_from, rest_to = _SHIFTS[each["shift"]]
        await stage.do(
            root,
            technicians.add_shift_pattern,
            technician_id=person.id,
            weekdays=range(7),
            starts=starts,
            ends=finish,
            break_starts=rest_from,
            break_ends=rest_to,
            break_minutes=_LUNCH_MINUTES,
            valid_from=_SINCE,
        )
        people[each["code"]] = person
    return people


async def _open_accounts(
    stage: Stage, root: Actor, site: Site, parties: list[Party], people: dict[str, Technician]
) -> None:
    told = facts("estate")
    taken = set()
    for each in told["users"]:
        role = Role(each["role"])
        code = each.get("technician") if role is Role.TECHNICIAN else None
        taken.add(code)
        user = await stage.do(
            root,
            accounts.create_user,
            username=role.value.lower(),
            name=parties[0].name if role is Role.RESIDENT else each["name"],
            password=await accounts.hashed(root, password=told["password"]),
            technician_id=people[code].id if code is not None else None,
            party_id=parties[0].id if role is Role.RESIDENT else None,
        )
        everywhere = role is Role.ADMINISTRATOR
        await stage.do(
            root,
            accounts.grant_role,
            user_id=user.id,
            role=role,
            site_id=None if everywhere else site.id,
        )
    for code, person in people.items():
        if code in taken:
            continue
        # Without a password they sign in by a token that an administrator gives them.
        user = await stage.do(
            root,
            accounts.create_user,
            username=code.lower(),
            name=person.name,
            technician_id=person.id,
        )
        await stage.do(
            root, accounts.grant_role, user_id=user.id, role=Role.TECHNICIAN, site_id=site.id
        )
