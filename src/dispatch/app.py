"""The service as one ASGI application: everything is wired here, and nowhere else."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path

from limits import parse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from dispatch.api.beside import seen
from dispatch.api.budgets import Budgets
from dispatch.api.context import Backing, Gate
from dispatch.api.exports import exports
from dispatch.api.graphiql import STATIC
from dispatch.api.health import healthy, readiness
from dispatch.api.http import Door, Endpoint
from dispatch.api.hub import Hub
from dispatch.api.limits import Limits
from dispatch.api.observed import Telling
from dispatch.api.photos import photo_route
from dispatch.api.schema import make_schema
from dispatch.api.trusted import Trust
from dispatch.files import Bucket, Files, Folder, PhotoFiles, photos_in
from dispatch.jobs.means import Means
from dispatch.jobs.vital_signs import VitalSigns
from dispatch.jobs.worker import working
from dispatch.notify import Senders
from dispatch.planning.runner import Planner
from dispatch.services.accounts import SignInLimits
from dispatch.services.action import Services
from dispatch.services.providers import Provider, Providers
from dispatch.settings import OidcProvider, Settings
from dispatch.store.engine import Store
from dispatch.telemetry import tracing
from dispatch.telemetry.logs import set_up_logs
from dispatch.telemetry.serving import shown_figures
from dispatch.timekeeping import clock_of


def make_services(settings: Settings) -> Services:
    """The services over the settings' database, with the process's clock and randomness."""
    store = Store(
        settings.database_url,
        pool_size=settings.pool_size,
        statement_s=settings.statement_seconds,
    )
    clock = clock_of(settings.clock_file)
    return Services(store=store, clock=clock, randbelow=secrets.randbelow)


def make_planner(settings: Settings) -> Planner:
    """The optimizer's processes; they start with the first that is asked of them."""
    return Planner(settings.solver_processes, threads=settings.plan_threads)


def make_gate(settings: Settings) -> Gate:
    """How people come in, by the settings."""
    return Gate(
        token_days=settings.token_days,
        session_days=settings.session_days,
        flow_s=settings.sign_in_flow_s,
        limits=SignInLimits(
            address=parse(settings.sign_in_per_address),
            account=parse(settings.sign_in_per_account),
            pair=parse(settings.sign_in_per_account_and_address),
        ),
        providers=Providers(tuple(_provider(each) for each in settings.oidc)),
    )


def _provider(given: OidcProvider) -> Provider:
    secret = given.client_secret
    return Provider(
        name=given.name,
        issuer=given.issuer,
        client_id=given.client_id,
        client_secret=secret.get_secret_value() if secret is not None else None,
        organization=given.organization,
        label=given.label,
        redirect_uris=tuple(given.redirect_uris),
        scopes=tuple(given.scopes),
        provision=given.provision,
        role_claim=given.role_claim,
        roles={value: tuple(names) for value, names in given.roles.items()},
    )


def make_photos(settings: Settings) -> PhotoFiles:
    """Where photos are kept, by the settings."""
    files: Files = Folder(Path(settings.photo_folder))
    if settings.photo_bucket_url is not None:
        secret = settings.photo_bucket_key
        files = Bucket(
            url=settings.photo_bucket_url,
            region=settings.photo_bucket_region,
            key_id=settings.photo_bucket_key_id,
            key=secret.get_secret_value() if secret is not None else "",
        )
    return photos_in(files, lasts_s=settings.photo_address_seconds)


def make_senders(settings: Settings) -> Senders | None:
    """What sends messages, where this process does."""
    return Senders(private=settings.private_web_hooks) if settings.courier else None


def create_app(settings: Settings) -> Starlette:
    """The ASGI application; its processes and connections end with its lifespan."""
    watch(settings, "dispatch-api")
    services = make_services(settings)
    hub = Hub(services, kept=timedelta(hours=settings.events_kept_hours))
    photos = make_photos(settings)

    @cache
    def planner() -> Planner:
        return make_planner(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        warming = asyncio.create_task(planner().warm()) if settings.solver_warm else None
        try:
            async with (
                watched(settings, services),
                working(
                    Means(services, planner, photos),
                    sweeps=settings.sweeper,
                    sweep_seconds=settings.sweep_seconds,
                    jobs=settings.jobs,
                    plans_at_once=settings.solver_processes,
                    senders=make_senders(settings),
                ),
            ):
                yield
        finally:
            await hub.close()
            if planner.cache_info().currsize:
                await planner().close()
            if warming is not None:
                await asyncio.wait([warming])
            await services.store.close()

    async def front(_request: Request) -> Response:
        return RedirectResponse("graphql")

    telling = Telling(slow_s=settings.slow_seconds, requests=settings.log_requests)
    endpoint = Endpoint(
        make_schema(
            limits=Limits(seconds=settings.query_seconds),
            open_introspection=settings.introspection,
            trust=Trust(settings.trusted_documents),
            traced=tracing.is_on(),
        ),
        Backing(
            services=services,
            planner=planner,
            hub=hub,
            gate=make_gate(settings),
            budgets=Budgets(settings.cost_per_minute),
            photos=photos,
        ),
        Door(
            body_limit_bytes=settings.body_limit_bytes,
            graphiql=settings.graphiql,
            allowed_origins=tuple(settings.allowed_origins),
            sockets_most=settings.sockets_most,
            telling=telling,
        ),
    )
    routes = [
        Route("/healthz", healthy),
        Route("/readyz", readiness(services.store)),
        Route("/graphql", endpoint),
        Route(
            "/exports/{secret}.{format}",
            seen(exports(services), path="/exports", kind="export", telling=telling),
        ),
        Route(
            "/photos/{key}",
            seen(photo_route(services, photos), path="/photos", kind="photo", telling=telling),
            methods=["GET", "PUT"],
        ),
        WebSocketRoute("/graphql", endpoint),
    ]
    if settings.graphiql:
        routes += [Route("/", front), Mount("/graphiql", StaticFiles(directory=STATIC))]
    return Starlette(routes=routes, lifespan=lifespan)


def watch(settings: Settings, service: str) -> None:
    """Log and traces of this process, by the settings and the environment."""
    set_up_logs(settings.log_format, settings.log_level)
    tracing.start_by_environment(service)


@asynccontextmanager
async def watched(settings: Settings, services: Services) -> AsyncIterator[None]:
    """While the block runs, figures are shown where the settings say so; at its end the last spans
    are sent."""
    signs = VitalSigns(services)
    try:
        with shown_figures(settings.metrics_host, settings.metrics_port) as port:
            if port is not None:
                signs.start()
            yield
    finally:
        await signs.stop()
        await asyncio.to_thread(tracing.stop)
