"""How orders walk through the dispatch steps, and whom they climb to (DSP-1, DSP-8, GRAB-3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dispatch.domain.misfits import Misfit
from dispatch.domain.policies.values import (
    DAY_S,
    flag,
    mapping,
    read_list,
    read_whole,
    read_word,
    value,
    whole,
)
from dispatch.domain.rights import RIGHTS, Action, Role

_AUTO_WAIT_S: Mapping[str, int] = MappingProxyType(
    {"EMERGENCY": 0, "HIGH": 300, "NORMAL": 900, "LOW": 3600}
)


def roles_who(may: Action, *default: Role) -> Any:
    """Roles in order, from the first to the last to be told; each must hold a right."""

    def parse(given: Any) -> tuple[Role, ...]:
        roles = tuple(read_word(Role, each) for each in read_list(given))
        idle = [role.value for role in roles if may not in RIGHTS[role]]
        if not roles:
            raise Misfit("NOBODY_IN_LADDER")
        if idle:
            raise Misfit("LACKS_THE_RIGHT", roles=idle, right=may.value)
        if len(set(roles)) != len(roles):
            raise Misfit("TWICE")
        return roles

    return value(parse, default=default)


@dataclass(frozen=True, slots=True)
class Dispatching:
    """Numbers of the walk through the dispatch steps."""

    walk: bool = flag(True)
    """Whether orders go from step to step by themselves."""
    auto_wait_s: Mapping[str, int] = mapping(
        _AUTO_WAIT_S, lambda given: read_whole(given, 0, 7 * DAY_S)
    )
    """By priority: how long an order waits at AUTO for a plan of its day, before the optimizer is
    asked for it alone; a shorter limit of the step goes before it."""
    auto_lead_s: int = whole(2 * 3600, least=0, most=7 * DAY_S)
    """An order wished or promised for later waits at AUTO until so long before."""
    auto_days: int = whole(2, least=1, most=14)
    """On how many days the optimizer looks for a place before the order goes to the next step."""
    directed_limit_s: int = whole(600, least=30, most=7 * DAY_S)
    """How long the named technician has to accept, where the step says nothing."""
    vendor_limit_s: int = whole(1800, least=30, most=7 * DAY_S)
    """How long vendors have to take an order, where the step says nothing."""
    by_hand_s: int = whole(900, least=0, most=7 * DAY_S)
    """An order taken back by hand is left to who did it for so long, then walks on by itself."""
    climb_s: int = whole(300, least=30, most=DAY_S)
    """An order that a leader must assign climbs to the next when so much time has passed."""
    must_assign: tuple[Role, ...] = roles_who(
        Action.ASSIGN, Role.SUPERVISOR, Role.PROJECT_MANAGER, Role.ADMINISTRATOR
    )
    """Who must assign what nobody grabbed, from the first to the last."""
    next_technicians: int = whole(1, least=0, most=10)
    """How many further technicians are asked after a decline, before leaders must decide."""
    after_declines: tuple[Role, ...] = roles_who(
        Action.ASSIGN, Role.TEAM_LEADER, Role.SUPERVISOR, Role.PROJECT_MANAGER
    )
    """Who must decide about an order that was declined, from the first to the last."""
    verbal_back_s: int = whole(DAY_S, least=60, most=30 * DAY_S)
    """How long ago an order may have been given by phone or radio to be noted afterwards."""
    mediators: tuple[Role, ...] = roles_who(Action.CALL_BACK, Role.QUALITY)
    """Who calls a customer who complains that nobody comes."""
    mediate_within_s: int = whole(1800, least=60, most=7 * DAY_S)
    """Within what time that call is to be made."""
