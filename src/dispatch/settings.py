"""Settings of a process, from the environment (`DISPATCH_…`)."""

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_DATABASES = ("sqlite+aiosqlite://", "postgresql+psycopg://")


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
    body_limit_bytes: int = Field(default=1_000_000, description="Largest request accepted.")
    graphiql: bool = Field(default=True, description="Serve the query page at /graphql.")
    introspection: bool = Field(
        default=True, description="Let callers who have not signed in read the schema."
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
    sweep_seconds: float = Field(
        default=1.0, gt=0, le=60, description="How often what falls due is looked for."
    )
    clock_file: Path | None = Field(
        default=None, description="Take the time from this file: for simulations alone."
    )

    @field_validator("database_url")
    @classmethod
    def _is_known_database(cls, given: str) -> str:
        if not given.startswith(_DATABASES):
            raise ValueError(f"must begin with {' or '.join(_DATABASES)}")
        return given
