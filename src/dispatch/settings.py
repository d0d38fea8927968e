"""Settings of a process, from the environment (`DISPATCH_…`)."""

from pathlib import Path
from typing import Literal

from limits import parse
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dispatch.domain.rights import Role
from dispatch.files import PHOTO_FOLDER

_DATABASES = ("sqlite+aiosqlite://", "postgresql+psycopg://")


class OidcProvider(BaseModel):
    """Where people may sign in besides the service's own accounts; see docs/operations.md."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    issuer: str = Field(pattern=r"^https?://")
    client_id: str
    client_secret: SecretStr | None = None
    organization: str
    label: str = ""
    redirect_uris: list[str] = Field(min_length=1)
    scopes: list[str] = Field(default_factory=lambda: ["openid", "profile", "email"])
    provision: bool = False
    role_claim: str | None = None
    roles: dict[str, list[str]] = Field(default_factory=dict)

    @field_validator("roles")
    @classmethod
    def _are_roles(cls, given: dict[str, list[str]]) -> dict[str, list[str]]:
        for names in given.values():
            for name in names:
                role, _, site = name.partition("@")
                if role not in set(Role) or not site:
                    raise ValueError(f"{name}: must be ROLE@site, or ROLE@* for every site")
        return given


class Settings(BaseSettings):
    """Everything that differs between machines; policies of sites are data, not settings."""

    model_config = SettingsConfigDict(env_prefix="DISPATCH_", env_file=".env", extra="ignore")

    database_url: str = Field(
        default="sqlite+aiosqlite:///dispatch.db",
        description="Async SQLAlchemy address: sqlite+aiosqlite:///… or postgresql+psycopg://…",
    )
    pool_size: int = Field(default=8, ge=1, le=64, description="Database connections a process.")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    solver_processes: int = Field(default=1, ge=1, description="Processes that make plans.")
    plan_threads: int | None = Field(
        default=None, ge=1, le=64, description="Cores a plan is made on; unset: two, if there are."
    )
    solver_warm: bool = Field(
        default=True, description="Start the optimizer with the service, before the first plan."
    )
    token_days: int = Field(default=30, ge=1, description="How long a sign-in lasts.")
    session_days: int = Field(
        default=90, ge=1, description="How long rotating tokens puts the next sign-in off."
    )
    sign_in_flow_s: int = Field(
        default=600, ge=30, le=3600, description="How long a sign-in at a provider may take."
    )
    sign_in_per_address: str = Field(
        default="100/15 minute", description="Wrong sign-ins from one address."
    )
    sign_in_per_account: str = Field(
        default="50/15 minute",
        description="Wrong sign-ins to one account from all addresses new to it.",
    )
    sign_in_per_account_and_address: str = Field(
        default="10/15 minute", description="Wrong sign-ins to one account from one address."
    )
    oidc: list[OidcProvider] = Field(
        default_factory=list, description="OpenID Connect providers, as a JSON list."
    )
    query_seconds: float = Field(default=20, gt=0, le=600, description="How long a query may run.")
    statement_seconds: float = Field(
        default=60, gt=0, le=3600, description="How long PostgreSQL may work at one statement."
    )
    cost_per_minute: int = Field(
        default=10_000_000,
        ge=1,
        description="Cost that a caller may ask for in a minute, of each process.",
    )
    sockets_most: int = Field(
        default=5_000,
        ge=1,
        description="Web sockets and event streams open at a time, of each process.",
    )
    events_kept_hours: float = Field(
        default=24,
        gt=0,
        le=720,
        description="How long ago a subscriber may have left and still get all it missed.",
    )
    body_limit_bytes: int = Field(default=1_000_000, description="Largest request accepted.")
    log_format: Literal["json", "text"] = Field(
        default="json", description="Log lines as JSON, or in words for people at a terminal."
    )
    log_level: Literal["info", "warning", "error"] = Field(
        default="info", description="The least that is logged."
    )
    log_requests: bool = Field(default=True, description="Log a line for every request.")
    slow_seconds: float = Field(
        default=1.0, gt=0, description="Requests that take longer are logged as slow."
    )
    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65_471,
        description="Show figures for Prometheus on the first free port from this one on.",
    )
    metrics_host: str = Field(
        default="127.0.0.1", description="The address at which they are shown."
    )
    graphiql: bool = Field(default=True, description="Serve the query page at /graphql.")
    introspection: bool = Field(
        default=True,
        description="Let everybody read the schema; else administrators and analysts alone.",
    )
    trusted_documents: Literal["off", "also", "only"] = Field(
        default="also",
        description="Take documents of the published manifest by their hash, also or alone.",
    )
    allowed_origins: list[str] = Field(
        default_factory=list, description="Other origins whose pages may open web sockets."
    )
    sweeper: bool = Field(
        default=True, description="Do what falls due in this process; off where workers do it."
    )

    jobs: bool = Field(
        default=True,
        description="Carry out jobs (plans, long work) in this process; off where workers do it.",
    )
    courier: bool = Field(
        default=True,
        description="Send messages from this process; off where workers do it. Nothing is sent "
        "where no site has set up a channel.",
    )
    private_web_hooks: bool = Field(
        default=False,
        description="Let web hooks reach the house's own network, and without TLS.",
    )
    photo_folder: str = Field(
        default=str(PHOTO_FOLDER), description="Keep photos here, where no bucket is set."
    )
    photo_bucket_url: str | None = Field(
        default=None, pattern=r"^https?://", description="Keep photos in this S3 bucket."
    )
    photo_bucket_region: str = Field(default="us-east-1", description="Where the bucket is.")
    photo_bucket_key_id: str = Field(default="", description="The bucket's access key.")
    photo_bucket_key: SecretStr | None = Field(
        default=None, description="The secret of the access key."
    )
    photo_address_seconds: int = Field(
        default=3600, ge=60, le=604_800, description="How long a photo's address holds, at least."
    )
    sweep_seconds: float = Field(
        default=1.0, gt=0, le=60, description="How often what falls due is looked for."
    )
    clock_file: Path | None = Field(
        default=None, description="Take the time from this file: for simulations alone."
    )

    @field_validator(
        "sign_in_per_address", "sign_in_per_account", "sign_in_per_account_and_address"
    )
    @classmethod
    def _is_rate(cls, given: str) -> str:
        try:
            parse(given)
        except ValueError:
            raise ValueError("must be a rate, e.g. 10/15 minute") from None
        return given

    @field_validator("database_url")
    @classmethod
    def _is_known_database(cls, given: str) -> str:
        if not given.startswith(_DATABASES):
            raise ValueError(f"must begin with {' or '.join(_DATABASES)}")
        return given
