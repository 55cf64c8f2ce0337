"""Tolerances by purpose, where several modules must mean the same.

A tolerance that one algorithm alone uses stands beside it, with its reason.
"""

# Losses and shares of service: solvers keep rows to 1e-9, so smaller differences are rounding.
SAME_LOSS = 1e-9
# Tonnes a year: flows below this are what rounding leaves of nothing.
NO_FLOW = 1e-9
# Sums of published shares, which are printed with a few digits.
SHARE_SUM = 1e-6
# Linear-fractional ranges: a share is found to this.
SHARE_FOUND = 1e-6
