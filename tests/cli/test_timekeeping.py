"""A time that several processes share is never half written."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from dispatch.timekeeping import FileClock

READS = 400_000
_READER = """
import sys
from pathlib import Path
from dispatch.timekeeping import FileClock
clock = FileClock(Path(sys.argv[1]))
print(len({clock() for _ in range(int(sys.argv[2]))}))
"""


def test_another_process_reads_the_old_time_or_the_new_one(tmp_path: Path) -> None:
    at = datetime(2026, 3, 1, 8, tzinfo=UTC)
    path = tmp_path / "clock"
    clock = FileClock.create(path, at)
    reader = subprocess.Popen(
        [sys.executable, "-c", _READER, path, str(READS)], stdout=subprocess.PIPE, text=True
    )
    while reader.poll() is None:
        for _ in range(1_000):
            clock.set(at)
    seen, _ = reader.communicate()
    assert reader.returncode == 0
    assert int(seen) == 1
