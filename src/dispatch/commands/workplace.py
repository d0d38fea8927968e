"""What every command needs: the database, the services, who acts, and answers when refused."""

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime

import typer
from pydantic import ValidationError
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError

from dispatch.commands.words import Complaint, say, terminal_language
from dispatch.domain.errors import Refused
from dispatch.domain.rights import Actor
from dispatch.services.accounts import service_actor
from dispatch.services.action import Services
from dispatch.settings import Settings
from dispatch.store.engine import Store
from dispatch.store.migrate import upgrade
from dispatch.store.sites import Organization, Site
from dispatch.texts import render

# Into a pipe or a file there is no width to ask for; rich would take 80 columns.
_WIDTH = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 140
out = Console(highlight=False, width=_WIDTH)
err = Console(stderr=True, highlight=False)


def run(work: Callable[[], Awaitable[None]]) -> None:
    """Runs an asynchronous command, `answering` what it refuses."""
    with answering():
        asyncio.run(_awaited(work))


@contextmanager
def answering() -> Iterator[None]:
    """What is refused within is told with what to do about it, and ends the command with 1."""
    try:
        yield
    except Refused as refused:
        for refusal in refused.refusals:
            message, remedy = render(refusal, terminal_language())
            path = ".".join(part for part in refusal.field if part)
            tell_fault(f"{path}: {message}" if path else message, remedy)
        raise typer.Exit(1) from None
    except Complaint as complaint:
        tell_complaint(complaint)
        raise typer.Exit(1) from None
    except (DataError, IntegrityError):
        # What the database was given is wrong: a fault of ours, not of the machine.
        raise
    except DatabaseError as error:
        tell_complaint(_database_complaint(error))
        raise typer.Exit(1) from None
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        tell_complaint(_settings_complaint(error))
        raise typer.Exit(1) from None
    except OSError as error:
        if error.filename is None:
            raise
        tell_complaint(Complaint("no_access", path=error.filename, detail=error.strerror))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()


def tell_complaint(complaint: Complaint) -> None:
    message = say(complaint.name, **complaint.params)
    tell_fault(message, say(f"{complaint.name}_remedy", **complaint.params))


def tell_fault(message: str, remedy: str) -> None:
    err.print(f"[red]✗[/red] {_plain(message)}", soft_wrap=True)
    err.print(f"  {_plain(say('remedy', remedy=remedy))}", soft_wrap=True)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def _settings_complaint(error: ValidationError) -> Complaint:
    # Without the values: an address holds a password.
    faults = []
    for fault in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in fault["loc"]).upper()
        faults.append(f"DISPATCH_{name}: {fault['msg'].removeprefix('Value error, ')}")
    return Complaint("bad_settings", detail="; ".join(faults))


def _database_complaint(error: DatabaseError) -> Complaint:
    detail = str(error.orig).strip().splitlines()[0]
    missing = "no such table" in detail or getattr(error.orig, "sqlstate", "") == "42P01"
    return Complaint("no_tables") if missing else Complaint("no_database", detail=detail)


@asynccontextmanager
async def workplace(
    settings: Settings, *, clock: Callable[[], datetime] | None = None
) -> AsyncIterator[Services]:
    """The services on the configured database; SQLite gets the newest tables by itself."""
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        upgrade(settings.database_url)
    store = Store(settings.database_url, pool_size=settings.pool_size)
    try:
        yield Services(store, clock or (lambda: datetime.now(UTC)), secrets.randbelow)
    finally:
        await store.close()


async def find_organization(services: Services, code: str | None) -> Organization | None:
    """The organization of a code; without one, the only one there is; None where there is none."""
    async with services.store.reading() as session:
        found = (await session.execute(select(Organization).order_by(Organization.code))).scalars()
        organizations = list(found)
    wanted = [each for each in organizations if code in (None, each.code)]
    if len(wanted) == 1:
        return wanted[0]
    if not organizations and code is None:
        return None
    known = ", ".join(each.code for each in organizations)
    raise Complaint("no_such_organization", code=code or "—", known=known or "—")


async def find_site(services: Services, code: str, *, organization: str | None) -> Site | None:
    """The site of a code, None where there is none."""
    owner = await find_organization(services, organization)
    if owner is None:
        return None
    async with services.store.reading() as session:
        statement = select(Site).where(Site.organization_id == owner.id, Site.code == code)
        return (await session.execute(statement)).scalar_one_or_none()


async def demand_site(services: Services, code: str, *, organization: str | None) -> Site:
    """The site of a code, or the complaint that names those there are."""
    site = await find_site(services, code, organization=organization)
    if site is None:
        async with services.store.reading() as session:
            known = (await session.execute(select(Site.code).order_by(Site.code))).scalars().all()
        raise Complaint("no_such_site", code=code, known=", ".join(known) or "—")
    return site


def operator(organization_id: int) -> Actor:
    """Who sits at the machine's terminal acts for the service itself."""
    return service_actor(
        organization_id=organization_id, origin="cli", language=terminal_language()
    )
