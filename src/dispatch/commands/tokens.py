"""`token`: a bearer token for a user."""

from sqlalchemy import select

from dispatch.commands.words import Complaint
from dispatch.commands.workplace import operator, workplace
from dispatch.services.accounts import issue_token
from dispatch.settings import Settings
from dispatch.store.users import User


async def give_token(username: str, *, days: int, label: str) -> None:
    """Prints a token for a user, and nothing else."""
    async with workplace(Settings()) as services:
        async with services.store.reading() as session:
            statement = select(User).where(User.username == username)
            user = (await session.execute(statement)).scalar_one_or_none()
        if user is None:
            raise Complaint("no_such_user", username=username)
        signed_in = await services.perform(
            operator(user.organization_id), issue_token, user_id=user.id, label=label, days=days
        )
    # Straight to the pipe: a terminal's width must not break it.
    print(signed_in.token)
