"""Plans the day of mobile technicians: a problem in, a checked plan out."""

from dispatch_solver.bound import Bound, bound, verify_bound
from dispatch_solver.calls import alternatives, insert, slots, why_not
from dispatch_solver.check import Violation, check
from dispatch_solver.clock import Progress
from dispatch_solver.compare import Comparison, Move, compare
from dispatch_solver.faults import Fault, InvalidInput, InvalidPlan, InvalidProblem
from dispatch_solver.insert import Place
from dispatch_solver.live import LivePlan
from dispatch_solver.plan import (
    Blocked,
    BreakTaken,
    Milestone,
    Plan,
    Remedy,
    Route,
    Stop,
    Terms,
    Unplaced,
)
from dispatch_solver.problem import (
    Break,
    Current,
    Need,
    Pin,
    Precedence,
    Problem,
    Shift,
    Started,
    Technician,
    Tie,
    TravelMatrix,
    Visit,
    Weights,
    Window,
)
from dispatch_solver.ready import make_ready
from dispatch_solver.repair import repair
from dispatch_solver.score import score
from dispatch_solver.slots import Slot
from dispatch_solver.solve import solve
from dispatch_solver.validate import validate

__all__ = [
    "Blocked",
    "Bound",
    "Break",
    "BreakTaken",
    "Comparison",
    "Current",
    "Fault",
    "InvalidInput",
    "InvalidPlan",
    "InvalidProblem",
    "LivePlan",
    "Milestone",
    "Move",
    "Need",
    "Pin",
    "Place",
    "Plan",
    "Precedence",
    "Problem",
    "Progress",
    "Remedy",
    "Route",
    "Shift",
    "Slot",
    "Started",
    "Stop",
    "Technician",
    "Terms",
    "Tie",
    "TravelMatrix",
    "Unplaced",
    "Violation",
    "Visit",
    "Weights",
    "Window",
    "alternatives",
    "bound",
    "check",
    "compare",
    "insert",
    "make_ready",
    "repair",
    "score",
    "slots",
    "solve",
    "validate",
    "verify_bound",
    "why_not",
]
