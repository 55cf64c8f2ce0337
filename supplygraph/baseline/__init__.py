"""The balance of the base year: figures in, flows out, and what had to move."""

from supplygraph.baseline.observations import Observation
from supplygraph.baseline.ranges import Ranges
from supplygraph.baseline.reconcile import Baseline, Reconciler, reconcile
from supplygraph.baseline.table import (
    BASELINE_FILE,
    balance_table,
    baseline_text,
    flow_table,
    held_table,
    load_or_reconcile,
)

__all__ = [
    "BASELINE_FILE",
    "Baseline",
    "Observation",
    "Ranges",
    "Reconciler",
    "balance_table",
    "baseline_text",
    "flow_table",
    "held_table",
    "load_or_reconcile",
    "reconcile",
]
