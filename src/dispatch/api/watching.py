"""The frame of every subscription: new lines of the record, for whoever may see what they tell."""

from collections.abc import AsyncGenerator, Callable

from dispatch.api.auth import identify
from dispatch.api.context import Info
from dispatch.store.events import Event


async def watch(info: Info, wanted: Callable[[Event], bool]) -> AsyncGenerator[list[Event], None]:
    """Batches of the organization's new lines that pass `wanted`.

    Before each batch the caller is signed in anew, so that a token withdrawn or a role taken away
    ends what it let through; and what an earlier batch loaded is forgotten.
    """
    context = info.context
    async with context.hub.listen(context.actor.organization_id) as listener:
        while True:
            batch = [event for event in await listener.take() if wanted(event)]
            if not batch:
                continue
            await sign_in_anew(info)
            yield batch


async def sign_in_anew(info: Info) -> None:
    """Looks up once more who asks and what they may do; refuses whose token has ended."""
    context = info.context
    context.caller = await identify(
        context.services,
        token=context.token,
        origin=context.origin,
        language=context.language,
    )
    context.loaders.clear()
