"""Where the record stands (当前位置): from there on changes can be watched without a gap."""

import strawberry

from dispatch.api.context import Info
from dispatch.api.watching import cursor_of_all


@strawberry.type
class EventCursorQueries:
    @strawberry.field(
        description="Where the record stands now (当前位置). Ask for it first, then load what you "
        "show, then subscribe with `since`: nothing that happens meanwhile is missed."
    )
    async def event_cursor(self, info: Info) -> str:
        context = info.context
        _ = context.actor  # Only for those who have signed in.
        async with context.hub.running():
            return cursor_of_all(await context.hub.feed.newest())
