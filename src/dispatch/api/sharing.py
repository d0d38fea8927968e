"""Runs what is watched: once for all who want the same with the same rights; they share its bytes.

Each client's operation first runs by itself, whoever else wants the same: there it is checked,
counted and refused as any other is, and there it gets what it missed. Then it joins a stream, which
runs the same document for everything that happens. The stream's position is a number; what is up to
it the client got by itself, what is above it comes from the stream: nothing twice, nothing missed.

Whose rights change begins again from where they are. So does a stream of many in which something
turns out to depend on who one is: from then on everybody has a stream of their own.
"""

from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace

from strawberry.types.graphql import OperationType

from dispatch.api.context import Context
from dispatch.api.members import CatchUp, Member
from dispatch.api.observed import operation_stands
from dispatch.api.requests import Wanted
from dispatch.api.running import ALL, Failed, Pushed, failed, run
from dispatch.api.streams import Streams
from dispatch.domain.errors import Refused


class Stage(Streams):
    """All that is watched in this process."""

    async def watch(
        self, wanted: Wanted, context: Context, *, allowed: Iterable[OperationType] = ALL
    ) -> AsyncGenerator[Pushed | Failed, None]:
        """What an operation gives: of a subscription all there is until somebody ends it, of
        others one payload. The context is that of a session."""
        assert context.session is not None
        async with AsyncExitStack() as stack:
            member = Member(self, wanted, context, context.session, stack)
            while True:
                reader = CatchUp(member)
                try:
                    begun = replace(context, caller=member.begin(), reader=reader)
                except Refused as refused:
                    yield failed(refused.refusals[0], context)
                    return
                async with aclosing(run(self.schema, wanted, begun, allowed=allowed)) as answers:
                    async for each in answers:
                        if reader.is_watched:
                            member.count(each)
                        yield each
                        if isinstance(each, Failed):
                            return
                if not reader.is_asked or not (reader.is_done or member.begins_again):
                    return
                operation_stands()
                async with aclosing(member.live()) as answers:
                    async for each in answers:
                        member.count(each)
                        yield each
                        if isinstance(each, Failed):
                            return
                if not member.begins_again:
                    return
                # What a reader catches up with again was counted already.
                context = replace(context, pays=False)
