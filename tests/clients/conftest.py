"""Programs of Node against a service that runs as a process of its own."""

from __future__ import annotations

import shutil

import pytest

from tests.clients.node import FOLDER


@pytest.fixture(scope="session", autouse=True)
def clients_are_installed() -> None:
    """A machine without Node.js leaves these tests out."""
    if shutil.which("node") is None or not (FOLDER / "node_modules").is_dir():
        pytest.skip("needs Node.js and `npm ci` in tests/clients")
