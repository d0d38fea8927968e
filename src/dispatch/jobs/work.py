"""Which jobs there are: a line for each.

A job is done at least once: it looks at the world anew, and does nothing where it was done before.
What it raises is tried again; only what can never succeed ends it.
"""

from collections.abc import Mapping

from dispatch.jobs.means import Work
from dispatch.jobs.periodic import PERIODIC_JOB, carry_out_periodic

WORK: Mapping[str, Work] = {
    PERIODIC_JOB: carry_out_periodic,
}
