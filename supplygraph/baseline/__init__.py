"""The balance of the base year: figures in, flows out, and what had to move."""

from supplygraph.baseline.observations import Observation
from supplygraph.baseline.reconcile import Baseline, Reconciler, reconcile

__all__ = ["Baseline", "Observation", "Reconciler", "reconcile"]
