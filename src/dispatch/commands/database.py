"""`migrate`, and which database this process works on."""

import asyncio
import os

from sqlalchemy.engine import make_url

from dispatch.commands.words import say
from dispatch.commands.workplace import out
from dispatch.settings import Settings
from dispatch.store.migrate import upgrade


async def migrate() -> None:
    """Brings the configured database to the newest tables."""
    settings = Settings()
    await asyncio.to_thread(upgrade, settings.database_url)
    shown = make_url(settings.database_url).render_as_string(hide_password=True)
    out.print(say("migrated", url=shown), soft_wrap=True, markup=False)


def use_database(url: str) -> None:
    """Points this process and those it starts at a database."""
    os.environ["DISPATCH_DATABASE_URL"] = url


def is_sqlite(settings: Settings) -> bool:
    return make_url(settings.database_url).get_backend_name() == "sqlite"
