"""Somebody with the rights of many, who notices when it matters who they are."""

from dataclasses import fields
from typing import Any

from dispatch.domain.rights import Actor


class Anyone(Actor):
    """Whoever has these rights. Notes when somebody asks who it is: then the answer is not for
    everybody."""

    __slots__ = ("asked",)

    def __getattribute__(self, name: str) -> Any:
        if name == "user_id":
            object.__setattr__(self, "asked", True)
            return None
        return super().__getattribute__(name)


def anyone(actor: Actor) -> Anyone:
    """The actor without their person."""
    given = {each.name: getattr(actor, each.name) for each in fields(actor)}
    made = Anyone(**{**given, "user_id": None, "name": "", "origin": ""})
    object.__setattr__(made, "asked", False)
    return made
