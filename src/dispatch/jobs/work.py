"""Which jobs there are: a line for each.

A job is done at least once: it looks at the world anew, and does nothing where it was done before.
What it raises is tried again; only what can never succeed ends it.
"""

from collections.abc import Mapping

from dispatch.jobs.means import Means, Work
from dispatch.jobs.periodic import PERIODIC_JOB, carry_out_periodic
from dispatch.services import import_jobs, plan_jobs
from dispatch.services.auto_step import AUTO_JOB, auto_step
from dispatch.services.import_runs import IMPORT_RUN_JOB
from dispatch.services.plan_runs import PLAN_RUN_JOB


async def carry_out_plan_run(means: Means, *, run_id: int) -> None:
    """Makes the plan of a run (排班计算)."""
    await plan_jobs.carry_out(means.services, means.planner(), run_id=run_id)


async def carry_out_auto_step(means: Means, **given: int) -> None:
    """Asks the optimizer for one order (DSP-1)."""
    await auto_step(means.services, means.planner(), **given)


async def carry_out_import_run(means: Means, *, run_id: int) -> None:
    """Brings a file in (导入)."""
    await import_jobs.carry_out(means.services, run_id=run_id)


WORK: Mapping[str, Work] = {
    AUTO_JOB: carry_out_auto_step,
    IMPORT_RUN_JOB: carry_out_import_run,
    PERIODIC_JOB: carry_out_periodic,
    PLAN_RUN_JOB: carry_out_plan_run,
}
