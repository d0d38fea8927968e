"""Compiled functions: one decorator, and a cache that knows when the sources have changed.

numba keeps what it compiled beside one source file and looks at that file's date only; a compiled
function also holds what it calls in other files. So the cache lies in a folder named after the
compiled sources beside it, and a change of any of them starts a fresh one.
"""

import hashlib
import importlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

HERE = Path(__file__).parent

# What numba takes and gives is beyond its own stubs.
numba: Any
try:
    numba = importlib.import_module("numba")
except ImportError:  # pragma: no cover - seen only where numba has no wheel
    numba = None


def available() -> bool:
    """Whether functions are compiled here; without it the search is written in numpy alone."""
    return numba is not None and os.environ.get("DISPATCH_SOLVER_COMPILE", "1") != "0"


def compiled(function: Function) -> Function:
    """The function as machine code without the interpreter's lock, kept from run to run."""
    return function if numba is None else _kept(function)


def inlined(function: Function) -> Function:
    """A small function that becomes part of its callers."""
    return function if numba is None else numba.njit(inline="always", nogil=True)(function)


def entry(function: Function) -> Function:
    """Like `compiled`, for functions that allocate nothing, nor does anything they call.

    Counting references to the arrays in a tuple costs ten times the work itself in the innermost
    loops; where nothing is allocated there is nothing to count.
    """
    return function if numba is None else _kept(function, _nrt=False)


def inner(function: Function) -> Function:
    """A part of `entry` functions, callable from compiled code only, so compiled sooner."""
    if numba is None:
        return function
    options = {"_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return numba.njit(nogil=True, error_model="numpy", **options)(function)


def spliced(function: Function) -> Function:
    """Like `inner`, and copied into its callers.

    Handing a tuple of arrays over costs more than a small function does: each array is seven
    words. Worth it for what is called once per label or cell; it takes longer to compile.
    """
    if numba is None:
        return function
    options = {"_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return numba.njit(nogil=True, error_model="numpy", forceinline=True, **options)(function)


def _kept(function: Function, **options: bool) -> Function:
    before = numba.config.CACHE_DIR
    source = Path(function.__code__.co_filename)
    numba.config.CACHE_DIR = str(cache_folder(source.parent))
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function)
    finally:
        numba.config.CACHE_DIR = before


@cache
def cache_folder(sources: Path) -> Path:
    """Beside this file where that may be written, else the user's cache, else a temporary one."""
    name = f"compiled-{_digest(sources)}"
    own = os.environ.get("DISPATCH_SOLVER_CACHE")
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dispatch-solver"
    for parent in (*([Path(own)] if own else []), HERE / "__pycache__", user):
        try:
            (parent / name).mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(parent / name, os.W_OK):
            return parent / name
    return Path(tempfile.mkdtemp(prefix="dispatch-solver-"))


def _digest(sources: Path) -> str:
    digest = hashlib.sha256()
    for path in (Path(__file__), *sorted(sources.glob("*.py"))):
        text = path.read_bytes()
        if b"dispatch_solver.compiled import" in text or path == Path(__file__):
            digest.update(path.name.encode() + b"\0" + text)
    return digest.hexdigest()[:16]
