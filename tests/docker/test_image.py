"""The image and the compose file agree with the tree, the commands and the settings.

No container engine is needed: what one would trip over is checked by reading.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from dispatch.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE: Mapping[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yml").read_text())
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
VARIABLE = re.compile(r"\$\{(\w+)(?::[-?]([^}]*))?\}")


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, continued lines joined."""
    text = (ROOT / "docker" / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    parts = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    return [(word, rest) for word, rest in parts]


def last_stage() -> dict[str, str]:
    """The last of each instruction in the last stage."""
    found = instructions()
    start = max(place for place, (word, _) in enumerate(found) if word == "FROM")
    return dict(found[start:])


def accepts(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Whether the command line takes these words (help comes after they were understood)."""
    command = str(Path(sys.executable).with_name("dispatch"))
    return subprocess.run(
        [command, *arguments, "--help"], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("service", OURS)
def test_each_service_runs_a_command_that_exists(service: str):
    done = accepts(SERVICES[service]["command"])
    assert done.returncode == 0, done.stderr


def test_a_command_that_does_not_exist_is_noticed():
    assert accepts(["serve", "--no-such-option"]).returncode != 0
    assert accepts(["no-such-command"]).returncode != 0


def test_the_image_runs_the_service_by_default_on_the_port_it_exposes():
    stage = last_stage()
    assert json.loads(stage["ENTRYPOINT"]) == ["dispatch"]
    command = json.loads(stage["CMD"])
    assert command == SERVICES["api"]["command"]
    assert stage["EXPOSE"] == command[command.index("--port") + 1]
    assert SERVICES["api"]["ports"] == [f"${{DISPATCH_PORT:-8000}}:{stage['EXPOSE']}"]
    assert accepts(command).returncode == 0


def test_the_image_runs_as_an_account_without_rights_and_tells_its_health():
    stage = last_stage()
    assert stage["USER"] not in {"root", "0"}
    assert f"http://127.0.0.1:{stage['EXPOSE']}/healthz" in stage["HEALTHCHECK"]


def test_packages_of_others_are_installed_by_hash_only():
    runs = " ".join(text for word, text in instructions() if word == "RUN").split("pip ")
    for command in (run for run in runs if "requirements.txt" in run and " -r " in run):
        assert "--require-hashes" in command
    assert sum("--require-hashes" in run for run in runs) == 2


def test_what_the_image_copies_is_in_the_tree_and_let_through():
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    through = [rule[1:] for rule in rules if rule.startswith("!")]
    sources = [
        part for word, text in instructions() if word == "COPY" for part in text.split()[:-1]
    ]
    assert {"requirements.txt", "pyproject.toml"} <= set(sources)
    for source in sources:
        assert (ROOT / source).exists()
        assert any(fnmatch(source.removeprefix("./"), rule) for rule in through), source


def test_every_variable_of_ours_is_a_setting():
    for service in OURS:
        for name in SERVICES[service].get("environment", {}):
            assert name.removeprefix("DISPATCH_").lower() in Settings.model_fields


def test_secrets_come_from_outside_and_have_no_default():
    text = (ROOT / "docker" / "compose.yml").read_text()
    secrets = [default for name, default in VARIABLE.findall(text) if "PASSWORD" in name]
    assert secrets
    assert all(default == "set it in docker/.env" for default in secrets)
    assert "PASSWORD: ${" in text


def test_services_wait_for_what_can_happen():
    for name, service in SERVICES.items():
        for other, wait in service.get("depends_on", {}).items():
            awaited = SERVICES[other]
            if wait["condition"] == "service_healthy":
                assert "test" in awaited["healthcheck"], (name, other)
            else:
                assert wait["condition"] == "service_completed_successfully"
                assert awaited["restart"] == "no", (name, other)


def test_volumes_are_declared():
    used = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
    }
    assert used == set(COMPOSE["volumes"])


def test_the_database_account_is_the_one_the_service_uses():
    postgres = SERVICES["postgres"]["environment"]
    url = SERVICES["api"]["environment"]["DISPATCH_DATABASE_URL"]
    expected = (
        "postgresql+psycopg://{POSTGRES_USER}:{POSTGRES_PASSWORD}@postgres:5432/{POSTGRES_DB}"
    )
    assert url == expected.format_map(postgres)
