"""A proven lower bound: how far from the best possible a plan is at most."""

from dispatch_solver.bound.call import bound
from dispatch_solver.bound.rates import Rates
from dispatch_solver.bound.result import Bound, BoundProgress, Certificate, proven
from dispatch_solver.bound.verify import verify_bound

__all__ = ["Bound", "BoundProgress", "Certificate", "Rates", "bound", "proven", "verify_bound"]
