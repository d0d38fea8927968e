"""docs/operations.md tells every setting as it is."""

from __future__ import annotations

import re
from pathlib import Path

from dispatch.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
ROW = re.compile(r"^\| `DISPATCH_(\w+)` \| (?:`(.*?)`)? ?\|", re.MULTILINE)


def plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def test_the_page_lists_every_setting_with_its_default():
    listed = {name.lower(): default for name, default in ROW.findall(PAGE.read_text())}
    settings = {name: plain(field.default) for name, field in Settings.model_fields.items()}
    assert listed == settings
