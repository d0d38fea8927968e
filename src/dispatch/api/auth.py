"""Who asks: a bearer token in the header, or in the first message of a web socket."""

import re
from typing import Any

from dispatch.api.limits import Measure
from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action, Actor, Role
from dispatch.services import accounts
from dispatch.services.action import Services

_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/=-]{1,512}) *", re.IGNORECASE)
_OPEN_ROOTS = frozenset(
    {
        "signIn",
        "signInBegin",
        "signInFinish",
        "signInProviders",
        "__typename",
        "callbackAnswer",
        "callbackQuestions",
    }
)
_INTROSPECTION = frozenset({"__schema", "__type"})
_DEVELOPERS = frozenset({Role.ADMINISTRATOR, Role.ANALYST})
"""Who reads the schema where it is not open to everybody."""


def bearer_token(header: str | None) -> str | None:
    """The token of an `Authorization` header; None without one. Refuses any other scheme."""
    if header is None or not header.strip():
        return None
    found = _BEARER.fullmatch(header.strip())
    if found is None:
        raise refuse(Code.UNAUTHENTICATED)
    return found[1]


def token_of_socket(parameters: dict[str, Any] | None) -> str | None:
    """The token of a web socket's first message: `{"Authorization": "Bearer …"}`."""
    for name, value in (parameters or {}).items():
        if name.lower() == "authorization":
            if not isinstance(value, str):
                raise refuse(Code.UNAUTHENTICATED)
            return bearer_token(value)
    return None


async def identify(
    services: Services, *, token: str | None, origin: str, language: str | None
) -> Actor | None:
    """Who the token stands for; nobody without one. A token that is not valid is refused."""
    if token is None:
        return None
    return await accounts.authenticate(services, token=token, origin=origin, language=language)


def check_roots(caller: Actor | None, measured: Measure, *, open_introspection: bool) -> None:
    """Lets those who have not signed in do nothing but that, once a request; where the schema is
    not open, only those read it who build on it."""
    if caller is not None:
        if not open_introspection and measured.root_names & _INTROSPECTION:
            _demand_developer(caller)
        return
    allowed = _OPEN_ROOTS | _INTROSPECTION if open_introspection else _OPEN_ROOTS
    if not measured.root_names <= allowed or measured.roots > len(allowed):
        raise refuse(Code.UNAUTHENTICATED)


def _demand_developer(caller: Actor) -> None:
    if not any(grant.role in _DEVELOPERS for grant in caller.grants):
        raise refuse(Code.FORBIDDEN, action=Action.MANAGE.value)
