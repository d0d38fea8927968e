"""The service as one ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache

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
from dispatch.jobs.means import Means
from dispatch.jobs.worker import working
from dispatch.planning.runner import Planner
from dispatch.services.accounts import SignInLimits
from dispatch.services.providers import Provider, Providers
from dispatch.settings import OidcProvider, Settings
from dispatch.telemetry import tracing
from dispatch.wiring import (
    make_photos,
    make_planner,
    make_senders,
    make_services,
    watch,
    watched,
)


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
