"""`dispatch classify`: how good the classifier of free text is; training it."""

import asyncio
import csv
from pathlib import Path

from rich.table import Table

from dispatch.classifying.measuring import Measure, Share, measure
from dispatch.classifying.model import Model
from dispatch.classifying.shipped import MODEL, Case, folder, held_out, shipped_model
from dispatch.classifying.training import train
from dispatch.commands.words import Complaint, say
from dispatch.commands.workplace import demand_site, operator, out, workplace
from dispatch.services.learning import retrain, shipped_examples
from dispatch.settings import Settings

_COLUMNS = {"text", "category"}


async def report(data: Path | None, *, wrong: bool) -> None:
    """Measures on the phrases held out, or on a file of one's own."""
    _, model = shipped_model()
    cases = held_out() if data is None else _read(data, model)
    found = await asyncio.to_thread(measure, model, cases)
    out.print(_shares(found))
    out.print(say("classify_error", error=f"{found.calibration_error:.3f}"))
    out.print(_reliability(found))
    if wrong:
        out.print(_missed(found))


async def build(path: Path | None) -> None:
    """Trains the model of the shipped phrases and writes it."""
    trained = await asyncio.to_thread(train, shipped_examples())
    path = path or Path(str(folder().joinpath(MODEL)))
    stored = trained.model.to_bytes()
    await asyncio.to_thread(path.write_bytes, stored)
    out.print(
        say(
            "classify_built",
            path=path,
            kilobytes=len(stored) // 1024,
            categories=len(trained.model.labels),
            accuracy=_percent(trained.accuracy),
            reports=trained.reports,
        ),
        soft_wrap=True,
    )


async def train_site(site_code: str, *, organization: str | None) -> None:
    """Trains a site's model without waiting for the worker."""
    async with workplace(Settings()) as services:
        site = await demand_site(services, site_code, organization=organization)
        trained = await retrain(services, operator(site.organization_id), site_id=site.id)
    if trained is None:
        raise Complaint("classify_too_few", site=site_code)
    out.print(
        say(
            "classify_trained",
            site=site_code,
            categories=len(trained.codes),
            corrections=trained.corrections,
            accuracy=_percent(trained.accuracy),
            reports=trained.reports,
            error=f"{trained.calibration_error:.3f}",
        ),
        soft_wrap=True,
    )


def _read(path: Path, model: Model) -> list[Case]:
    """The cases of a file, as far as the model knows their categories."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not set(reader.fieldnames or ()) >= _COLUMNS:
            raise Complaint("classify_columns", path=path)
        rows = list(reader)
    known = [row for row in rows if row["category"] in model.labels]
    if not known:
        raise Complaint("classify_nothing", path=path, known=", ".join(model.labels))
    if len(known) < len(rows):
        out.print(say("classify_unknown", count=len(rows) - len(known), rows=len(rows)))
    return [Case(row["text"], row["category"], row.get("language") or "") for row in known]


def _shares(found: Measure) -> Table:
    table = Table("", *(say(f"classify_{name}") for name in ("cases", "first", "among_three")))

    def add(name: str, share: Share) -> None:
        table.add_row(name, str(share.cases), _percent(share.right), _percent(share.among_three))

    add(say("classify_all"), found.all)
    for language, share in found.by_language.items():
        add(language or "—", share)
    return table


def _reliability(found: Measure) -> Table:
    names = ("confidence", "cases", "mean", "right")
    table = Table(*(say(f"classify_{name}") for name in names))
    for tenth, (count, sure, right) in enumerate(found.table):
        if count:
            bounds = f"{tenth / 10:.1f}–{(tenth + 1) / 10:.1f}"
            table.add_row(bounds, str(count), _percent(sure), _percent(right))
    return table


def _missed(found: Measure) -> Table:
    table = Table(*(say(f"classify_{name}") for name in ("text", "category", "guess")))
    for case, guess, confidence in found.wrong:
        table.add_row(case.text, case.label, f"{guess} {_percent(confidence)}")
    return table


def _percent(share: float) -> str:
    return f"{share:.1%}"
