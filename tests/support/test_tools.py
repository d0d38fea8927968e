"""The checks of the tree and of the pinned lists."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from tools import check_tree, locks

LOCK = locks.Lock(path="requirements.txt", groups=())
PINNED = """\
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:aa \\
    --hash=sha256:bb
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:cc
    # via dispatch-solver
typing-extensions==4.16.0 \\
    --hash=sha256:dd
"""


def lock_faults(text: str, *requirements: str) -> list[str]:
    return list(locks.faults(LOCK, text, map(Requirement, requirements)))


def test_pins_are_read_with_their_versions_and_hashes():
    pins = locks.read_pins(PINNED)
    assert pins["numpy"] == locks.Pin(versions={"2.4.6", "2.5.5"}, hashes=3)
    assert pins["typing-extensions"] == locks.Pin(versions={"4.16.0"}, hashes=1)


def test_a_list_that_fits_has_no_fault():
    assert lock_faults(PINNED, "numpy>=2", "typing_extensions") == []


@pytest.mark.parametrize(
    ("text", "requirement", "fault"),
    [
        (PINNED, "rich>=14", "rich>=14 is not pinned"),
        (PINNED, "typing-extensions>=5", "typing-extensions>=5 is pinned to 4.16.0"),
        ("rich==15.0.0\n", "rich", "rich has no hash"),
        (f"--index-url https://example.org\n{PINNED}", "numpy", "names an address"),
    ],
)
def test_a_list_that_does_not_fit_is_told(text: str, requirement: str, fault: str):
    assert lock_faults(text, requirement) == [f"requirements.txt: {fault}"]


def test_lists_that_differ_are_told():
    other = PINNED.replace("4.16.0", "4.15.0").replace("numpy", "numpi")
    assert set(locks.differences([PINNED, other])) == {
        "typing-extensions: the lists differ",
        "numpy: only in the first list",
    }


def test_the_lists_of_the_tree_fit_its_projects():
    assert locks.check() == []


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("docs/a.md", "see /" + "work/main", "docs/a.md:1: a path of one machine"),
        ("a.py", "x = 1\ny = '/" + "tmp/x'", "a.py:2: a path of one machine"),
        ("a.toml", "index = 'py" + "pi.org'", "a.toml:1: a registry's host"),
        (
            "requirements-x.txt",
            "a @ https:" + "//a.org/b",
            "requirements-x.txt:1: an address in a lock",
        ),
        ("big.bin", "x" * 1_000_001, "big.bin: 1,000,001 bytes; at most 1,000,000"),
    ],
)
def test_what_must_not_be_in_the_tree_is_told(path: str, text: str, fault: str):
    assert list(check_tree.faults(path, text.encode())) == [fault]


def test_what_may_be_in_the_tree_is_let_through():
    text = "see https://example.org/work/x, docs/work/x, http://127.0.0.1:8000, a tmp/x, /app/work"
    assert list(check_tree.faults("docs/a.md", text.encode())) == []
    funding = '    "url": "https:' + '//a.org/give"\n    "https:' + '//b.org/give",'
    assert list(check_tree.faults("package-lock.json", funding.encode())) == []
    assert list(check_tree.faults("photo.png", b"\xff\xfe\x00" * 10)) == []
