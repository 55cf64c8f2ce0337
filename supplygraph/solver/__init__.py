"""Programs in arrays: linear ones for HiGHS, the convex fit of figures for Clarabel and sparse LU.

The only room that imports highspy or clarabel.
"""

from supplygraph.solver.fit import Fit, solve_fit
from supplygraph.solver.linear import Basis, LinearProgram, Optimum, Status, Triplets
from supplygraph.solver.quadratic import FitProgram

__all__ = [
    "Basis",
    "Fit",
    "FitProgram",
    "LinearProgram",
    "Optimum",
    "Status",
    "Triplets",
    "solve_fit",
]
