"""Orders, offers, appointments, callbacks and clocks, driven by random calls, one by one and many
at once: whatever was called, every invariant of the domain holds."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dispatch.planning.runner import Planner
from dispatch.services import policies
from dispatch.services.soundness import unsound
from tests.factories import MONDAY, a_world
from tests.machine.moves import MOVES, all_are_busy, interrupt
from tests.machine.players import Players
from tests.support.runs import FOLDER_VARIABLE, Run

pytestmark = pytest.mark.rule("GRAB-2", "SLA-2", "SLA-4", "EXE-1", "APT-2", "APT-4", "DSP-6")

_PEOPLE = 3
_AT_ONCE = 5


class Stage:
    """What all cases share: a loop, and the optimizer's processes, which take long to start."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.planner = Planner(1)

    def close(self) -> None:
        self.loop.run_until_complete(self.planner.close())
        self.loop.close()


STAGE: list[Stage] = []


@pytest.fixture(autouse=True, scope="module")
def stage() -> Iterator[None]:
    STAGE.append(Stage())
    yield
    STAGE.pop().close()


class Machine(RuleBasedStateMachine):
    """Random calls on one database; each rule is a call or several at once."""

    kind = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self._undo: list[Callable[[], Any]] = []
        self.players: Players | None = None

    def run(self, work: Awaitable[Any]) -> Any:
        return STAGE[0].loop.run_until_complete(work)

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        url = self._database()
        opened = a_world(url, now=MONDAY + timedelta(hours=1))
        world = self.run(opened.__aenter__())
        # No two steps of one person are taken at the very same moment.
        world.clock.tick = timedelta(microseconds=1)
        self._undo.append(lambda: self.run(opened.__aexit__(None, None, None)))
        # Work of every kind may be left for an emergency, so that much of it is.
        document = {"live": {"interrupts_up_to": "HIGH"}}
        self.run(
            world.do(world.root, policies.set_policy, site_id=world.site.id, document=document)
        )
        people = []
        for _ in range(_PEOPLE):
            technician, actor = self.run(world.technician())
            people.append((technician.id, actor))
        self.players = Players(world, STAGE[0].planner, people, seed)
        for move in (all_are_busy, interrupt, *MOVES[:4]):
            self.run(move(self.players))
        assert self.run(world.events("work_order.interrupted"))

    def _database(self) -> str:
        run = Run(folder=Path(os.environ[FOLDER_VARIABLE]))
        name = f"machine_{secrets.token_hex(6)}"
        if self.kind == "sqlite":
            path = run.folder / f"{name}.db"
            shutil.copyfile(run.sqlite_template(), path)
            self._undo.insert(0, lambda: path.unlink(missing_ok=True))
            return f"sqlite+aiosqlite:///{path}"
        server = run.server()
        server.create_database(name, template=run.postgres_template())
        self._undo.insert(0, lambda: server.drop_database(name))
        return server.url(name)

    @rule(number=st.integers(0, len(MOVES) - 1))
    def one(self, number: int) -> None:
        assert self.players is not None
        self.run(MOVES[number](self.players))

    @rule(numbers=st.lists(st.integers(0, len(MOVES) - 1), min_size=2, max_size=_AT_ONCE))
    def many_at_once(self, numbers: list[int]) -> None:
        players = self.players
        assert players is not None

        async def together() -> None:
            await asyncio.gather(*(MOVES[each](players) for each in numbers))

        self.run(together())

    @invariant()
    def everything_holds(self) -> None:
        if self.players is None:
            return
        world = self.players.world

        async def look() -> list[str]:
            async with world.services.store.reading() as session:
                return await unsound(session, world.site.id, now=world.clock.now)

        assert self.run(look()) == []

    def teardown(self) -> None:
        for undo in reversed(self._undo):
            undo()


class PostgresMachine(Machine):
    kind = "postgresql"


def _cases(machine: type[Machine], *, examples: int, steps: int) -> Any:
    """A test case of its own: hypothesis keeps one for each machine's class."""
    case: Any = type(f"{machine.__name__}{steps}", (machine,), {}).TestCase
    case.settings = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        print_blob=True,
    )
    return case


TestSqlite = _cases(Machine, examples=3, steps=20)
TestPostgres = _cases(PostgresMachine, examples=2, steps=20)
TestSqliteLong = pytest.mark.slow(_cases(Machine, examples=12, steps=60))
TestPostgresLong = pytest.mark.slow(_cases(PostgresMachine, examples=8, steps=60))
