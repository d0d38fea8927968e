"""Imported by the process that optimizer processes are forked from: they find all of it loaded.

On a machine's first start this compiles the search. What goes wrong here goes wrong again, and is
told, in the process that is to plan.
"""

from contextlib import suppress

from dispatch_solver import make_ready

with suppress(Exception):
    make_ready()
