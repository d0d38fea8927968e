"""The command line: names, options, help. What the commands do is in `dispatch.commands`."""

from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated

import typer

main = typer.Typer(
    name="dispatch",
    help="Takes repair requests and gets the right technician to the right door in time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
imports = typer.Typer(help="Bring in records of another system.", no_args_is_help=True)
main.add_typer(imports, name="import")
classify = typer.Typer(help="The classifier of free text.", no_args_is_help=True)
main.add_typer(classify, name="classify")

Organization = Annotated[
    str | None, typer.Option("--organization", help="Its code, where there are several.")
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same result.")]
Seconds = Annotated[
    float | None,
    typer.Option(min=0.1, max=3600, help="The optimizer's time limit; else the site's policy."),
]


@main.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535)] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Server processes.")] = 1,
    migrate: Annotated[
        bool, typer.Option("--migrate", help="Migrate a PostgreSQL database first.")
    ] = False,
) -> None:
    """Serve the GraphQL API. SQLite is migrated by itself, PostgreSQL with --migrate."""
    from dispatch.commands import service, workplace

    with workplace.answering():
        service.serve(host=host, port=port, workers=workers, migrate=migrate)


@main.command()
def worker() -> None:
    """Do what falls due and carry out jobs (plans, …) beside the API's processes."""
    from dispatch.commands import worker as working
    from dispatch.commands import workplace

    workplace.run(working.work)


@main.command()
def migrate() -> None:
    """Bring the database to the newest tables."""
    from dispatch.commands import database, workplace

    workplace.run(database.migrate)


@main.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the table of the plan.")] = False,
    folder: Annotated[Path, typer.Option(help="Where the demo's database lies.")] = Path(".demo"),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    seed: Seed = 1,
) -> None:
    """Make a demo estate, plan its day, print the plan, serve it with GraphiQL."""
    from dispatch.commands import demo, workplace

    with workplace.answering():
        demo.run_demo(folder, once=once, host=host, port=port, seed=seed)


@main.command()
def simulate(
    *,
    count: Annotated[int, typer.Option(min=1, max=20_000, help="Requests of the day.")] = 2_000,
    speed: Annotated[float, typer.Option(min=1, max=10_000, help="Times the world's.")] = 600,
    data: Annotated[
        Path | None, typer.Option(help="Real requests (CSV of Boston 311); else a draw.")
    ] = None,
    day: Annotated[str, typer.Option(help="Which day it is.")] = "2026-11-23",
    database: Annotated[
        str | None, typer.Option(help="An empty database; else SQLite in the folder.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Made anew each time.")] = Path(".simulation"),
    seed: Seed = 1,
) -> None:
    """Play a day of requests through the API with simulated people, and report on it."""
    from datetime import date

    from dispatch.simulation import command

    command.simulate(
        folder=folder,
        database_url=database,
        data=data,
        count=count,
        speed=speed,
        day=date.fromisoformat(day),
        seed=seed,
    )


@imports.command("tickets")
def import_tickets(
    *,
    file: Annotated[Path, typer.Argument(help="A CSV file with a header.")],
    map_name: Annotated[
        str, typer.Option("--map", help="A shipped map by name (boston311), or a .toml file.")
    ],
    site: Annotated[str, typer.Option(help="Code of the site.")],
    organization: Organization = None,
    create_site: Annotated[
        bool, typer.Option("--create-site", help="Make the site from the map if it is missing.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, write nothing.")
    ] = False,
) -> None:
    """Import tickets, whole or not at all. The same file again changes nothing."""
    from dispatch.commands import imports

    imports.run_import(
        file,
        map_name=map_name,
        site_code=site,
        organization=organization,
        create_site=create_site,
        dry_run=dry_run,
    )


@imports.command("table")
def import_table(
    *,
    kind: Annotated[
        str, typer.Argument(help="What it holds: tickets, technicians, units or materials.")
    ],
    file: Annotated[Path, typer.Argument(help="A .csv, .xlsx, .xls or .ods file with a header.")],
    site: Annotated[str, typer.Option(help="Code of the site.")],
    organization: Organization = None,
    map_name: Annotated[
        str | None,
        typer.Option("--map", help="For tickets: a shipped map by name, or a .toml file."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, write nothing.")
    ] = False,
) -> None:
    """Import a table, whole or not at all. The same file again changes nothing."""
    from dispatch.commands import import_tables
    from dispatch.domain.imports import ImportKind

    known = [each.value.lower() for each in ImportKind]
    if kind.lower() not in known:
        raise typer.BadParameter(", ".join(known), param_hint="kind")
    import_tables.run_table(
        file,
        kind=ImportKind(kind.upper()),
        site_code=site,
        organization=organization,
        map_name=map_name,
        dry_run=dry_run,
    )


@main.command()
def plan(
    *,
    site: Annotated[str, typer.Option(help="Code of the site.")],
    day: Annotated[
        str | None, typer.Option(help="Like 2026-11-22; today by default. A past day is a replay.")
    ] = None,
    organization: Organization = None,
    team: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Generate so many technicians if the site has none."),
    ] = None,
    seconds: Seconds = None,
    seed: Seed = 1,
    publish: Annotated[bool, typer.Option("--publish", help="Publish the plan, too.")] = False,
) -> None:
    """Plan a site's day and print it: who goes where and when, what is left out and why."""
    from dispatch.commands import planning, workplace

    async def work() -> None:
        await planning.plan_day(
            site_code=site,
            organization=organization,
            day=planning.parse_day(day) if day is not None else None,
            team=team,
            seconds=seconds,
            seed=seed,
            publish=publish,
        )

    workplace.run(work)


@classify.command("report")
def classify_report(
    data: Annotated[
        Path | None,
        typer.Option(help="A CSV file with columns text, category, if any also language."),
    ] = None,
    wrong: Annotated[bool, typer.Option("--wrong", help="List the cases missed, too.")] = False,
) -> None:
    """Print accuracy and calibration on phrases that the model has not learned from."""
    from dispatch.commands import classify, workplace

    workplace.run(lambda: classify.report(data, wrong=wrong))


@classify.command("build")
def classify_build(
    out: Annotated[
        Path | None, typer.Option("--out", help="The file; else the shipped one.")
    ] = None,
) -> None:
    """Train the shipped model from the shipped phrases, after these were changed."""
    from dispatch.commands import classify, workplace

    workplace.run(lambda: classify.build(out))


@classify.command("train")
def classify_train(
    site: Annotated[str, typer.Option(help="Code of the site.")],
    organization: Organization = None,
) -> None:
    """Train a site's model now, from its categories and what its desk decided."""
    from dispatch.commands import classify, workplace

    workplace.run(lambda: classify.train_site(site, organization=organization))


@main.command()
def schema(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; end with 1 if the file differs.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="The file (schema/schema.graphql).")
    ] = None,
) -> None:
    """Write the GraphQL schema, or check the published one against the code."""
    from dispatch.commands import contract, workplace

    workplace.run(lambda: contract.check_schema(out) if check else contract.write_schema(out))


@main.command()
def token(
    username: Annotated[str, typer.Argument(help="Whose token.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it lasts.")] = 30,
    label: Annotated[str, typer.Option(help="What it is for.")] = "command line",
) -> None:
    """Print a bearer token for a user."""
    from dispatch.commands import tokens, workplace

    workplace.run(lambda: tokens.give_token(username, days=days, label=label))


@main.command()
def version() -> None:
    """Print the version."""
    print(f"dispatch {version_of('dispatch')}")


if __name__ == "__main__":
    main()
