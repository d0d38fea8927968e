"""docs/operations.md tells every setting as it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

from dispatch.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
ROW = re.compile(r"^\| `DISPATCH_(\w+)` \| (?:`(.*?)`)? ?\|", re.MULTILINE)


def plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def test_the_page_lists_every_setting_with_its_default():
    listed = {name.lower(): default for name, default in ROW.findall(PAGE.read_text())}
    settings = {
        name: plain(field.get_default(call_default_factory=True))
        for name, field in Settings.model_fields.items()
    }
    assert listed == settings
