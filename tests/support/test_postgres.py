"""The throw-away PostgreSQL itself: found, started, copied, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support import postgres_binaries
from tests.support.postgres import PostgresServer, running_server
from tests.support.runs import Run, owned_run, remove_dead_runs


def connect(server: PostgresServer, database: str) -> psycopg.Connection:
    return psycopg.connect(server.url(database).replace("+psycopg", ""), autocommit=True)


@pytest.fixture
def database(run: Run):
    name = f"plumbing_{os.getpid()}"
    server = run.server()
    server.create_database(name)
    yield server, name
    server.drop_database(name)


def test_all_processes_of_a_run_share_one_server(run: Run):
    assert run.server() == Run(folder=run.folder).server()


def test_the_server_speaks_utf8_and_utc(database: tuple[PostgresServer, str]):
    server, name = database
    with connect(server, name) as connection:
        row = connection.execute("SELECT '水暖', current_setting('TimeZone')").fetchone()
    assert row == ("水暖", "UTC")


def test_the_server_takes_400_connections_and_does_not_wait_for_the_disk(run: Run):
    with connect(run.server(), "postgres") as connection:
        settings = dict(
            connection.execute(
                "SELECT name, setting FROM pg_settings WHERE name IN ('max_connections', 'fsync')"
            ).fetchall()
        )
    assert settings == {"max_connections": "400", "fsync": "off"}


def test_the_server_is_never_root(run: Run):
    owner = (run.server().data / "postmaster.pid").stat().st_uid
    assert owner != 0


def test_a_copy_has_what_its_template_has_and_a_life_of_its_own(
    database: tuple[PostgresServer, str],
):
    server, template = database
    with connect(server, template) as connection:
        connection.execute("CREATE TABLE door AS SELECT 42 AS room")
    copy = f"{template}_copy"
    server.create_database(copy, template=template)
    try:
        with connect(server, copy) as connection:
            assert connection.execute("DELETE FROM door RETURNING room").fetchall() == [(42,)]
        with connect(server, template) as connection:
            assert connection.execute("SELECT room FROM door").fetchall() == [(42,)]
    finally:
        server.drop_database(copy)


def test_a_database_goes_though_somebody_is_still_connected(run: Run):
    server = run.server()
    name = f"held_{os.getpid()}"
    server.create_database(name)
    with connect(server, name) as connection:
        server.drop_database(name)
        assert not server.has_database(name)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_a_durable_server_of_ones_own_syncs_and_stops_with_its_block():
    with running_server(durable=True) as server, connect(server, "postgres") as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
    assert not server.data.exists()
    with pytest.raises(psycopg.OperationalError):
        connect(server, "postgres")


def test_an_owned_run_leaves_nothing():
    with owned_run() as run:
        server = run.server()
        assert server.has_database("postgres")
    assert not run.folder.exists()
    with pytest.raises(psycopg.OperationalError):
        connect(server, "postgres")


def test_a_killed_run_is_cleaned_up_by_the_next_and_a_living_one_is_left_alone(run: Run):
    program = (
        "import sys, time; from tests.support.runs import owned_run\n"
        "with owned_run() as run:\n"
        "    print(run.folder, run.server().port, flush=True); time.sleep(600)\n"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        assert process.stdout is not None
        folder, port = process.stdout.readline().split()
        server = PostgresServer(data=Path(folder) / "data", port=int(port))
        assert server.has_database("postgres")
        process.send_signal(signal.SIGKILL)
    assert server.has_database("postgres")
    remove_dead_runs()
    assert not Path(folder).exists()
    with pytest.raises(psycopg.OperationalError):
        connect(server, "postgres")
    assert run.server().has_database("postgres")


def test_a_named_folder_without_a_server_is_an_error_that_helps(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv(postgres_binaries.ENVIRONMENT_VARIABLE, str(tmp_path))
    with pytest.raises(postgres_binaries.NoPostgresError, match="make setup"):
        postgres_binaries.find_binaries()


def test_the_wheel_of_the_development_requirements_has_a_server(
    monkeypatch: pytest.MonkeyPatch,
):
    folders = postgres_binaries.embedded()
    assert folders
    monkeypatch.setenv(postgres_binaries.ENVIRONMENT_VARIABLE, str(folders[0]))
    with running_server() as server:
        assert server.has_database("postgres")


async def test_every_test_gets_a_migrated_database_of_its_own(database_url: str):
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        versions = (await connection.execute(text("SELECT version_num FROM alembic_version"))).all()
        assert len(versions) == 1
        await connection.execute(text("CREATE TABLE only_here (id INTEGER PRIMARY KEY)"))
    await engine.dispose()


async def test_what_one_test_writes_no_other_sees(database_url: str):
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE only_here (id INTEGER PRIMARY KEY)"))
    await engine.dispose()
