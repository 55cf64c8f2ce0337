"""The balance of the base year: figures in, flows out, and what had to move."""

from supplygraph.baseline.identification import SLACK, IdentifiedSet
from supplygraph.baseline.observations import Observation
from supplygraph.baseline.ranges import Ranges
from supplygraph.baseline.reconcile import BalanceProblem, Baseline, reconcile
from supplygraph.baseline.table import (
    BASELINE_FILE,
    balance_table,
    baseline_text,
    explain_moves,
    flow_table,
    held_table,
    load_or_reconcile,
)

__all__ = [
    "BASELINE_FILE",
    "SLACK",
    "BalanceProblem",
    "Baseline",
    "IdentifiedSet",
    "Observation",
    "Ranges",
    "balance_table",
    "baseline_text",
    "explain_moves",
    "flow_table",
    "held_table",
    "load_or_reconcile",
    "reconcile",
]
