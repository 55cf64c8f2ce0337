"""What lines and activities can do in a month or year, before anything is taken away.

For every line, in its own unit a year:

    c       capacity: what is stated for the month as the projects built leave it (of a year the
            mean of its months); unknown where nobody states it
    u       use in the base year
    r       usual use: min(c of the base month, u), and u where that capacity is unknown
    kept    c / r where c < r, else 1: share of its base use that the line keeps
    most    max(c / scale, kept x u): what the line can do, with no limit where c is unknown

An activity can do what its line can; on a line of unknown capacity what it did in the base year,
which nobody says it can exceed. So does a source without inputs that is no mine (scrap, supply of
no recorded origin) and was there in the base year. What is not open does nothing.

Removals, measures and losses of plants are shares of this: of an activity its own, of a line the
largest among its activities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.graph import SupplyGraph
from supplygraph.graph.balance_matrix import INFINITY


@dataclass(frozen=True)
class CapacityLeft:
    """What a month or year leaves of capacities.

    Attributes
    ----------
    open
        Per activity: its plant runs and its recipe is on the line.
    line
        Most of every line, line units a year; infinite where unknown.
    activity
        Most of every activity, in its own units a year.
    kept
        Share of its base flow that every activity keeps; 1 where there was none.
    """

    open: np.ndarray
    line: np.ndarray
    activity: np.ndarray
    kept: np.ndarray


def capacity_left(
    baseline: Baseline, capacity: np.ndarray, open_: np.ndarray, scale: float = 1.0
) -> CapacityLeft:
    """Capacity left by the dated rows of lines; see the module for the rule.

    Parameters
    ----------
    baseline
        Balanced base year.
    capacity, open_
        Of every line and activity, as :meth:`SupplyGraph.line_capacity` gives them for a month.
    scale
        Flows of the month over those of the base year (season x growth): bounds are in base-year
        units, and a capacity does not grow with demand.

    Examples
    --------
    A plant of 40 t a year made 30 t of magnets:

    >>> from supplygraph import load
    >>> base = load("three-nodes").baseline
    >>> open_ = base.graph.line_capacity("2024-12")[1]
    >>> left = capacity_left(base, np.array([120.0, 15.0]), open_)
    >>> left.line.round(6).tolist(), left.kept.round(6).tolist()
    ([120.0, 15.0], [1.0, 0.5])
    """
    graph, base, used = baseline.graph, baseline.block("activity"), baseline.line_use
    then, _ = graph.line_capacity(graph.base_month)
    # A capacity below what the base year ran is read as the base year's own inconsistency; only
    # what fell since counts.
    usual = np.where(np.isnan(then), used, np.minimum(then, used))
    known = ~np.isnan(capacity)
    kept = np.divide(capacity, usual, out=np.ones_like(usual), where=known & (capacity < usual))
    line = np.where(known, np.maximum(capacity / scale, used * kept), INFINITY)
    activity = np.where(known[graph.line_of], line[graph.line_of] / graph.line_units, base)
    activity = np.where(_old_sources(graph), np.minimum(activity, base), activity)
    return CapacityLeft(
        open=open_,
        line=line,
        activity=np.where(open_, activity, 0.0),
        kept=np.where(base > 0, np.where(open_, kept[graph.line_of], 0.0), 1.0),
    )


def _old_sources(graph: SupplyGraph) -> np.ndarray:
    """Mask of makers without inputs that are no mines: scrap and supply of no recorded source.

    A line that opened since the base year brings the scrap it states.
    """
    then, _ = graph.line_capacity(graph.base_month)
    return sources(graph) & (then[graph.line_of] != 0)


def sources(graph: SupplyGraph) -> np.ndarray:
    """Mask of activities that take nothing in and are no mines."""
    found = np.ones(graph.n_activities, dtype=bool)
    found[graph.inputs.user[graph.inputs.user < graph.n_activities]] = False
    return found & (graph.activities["stage"].to_numpy() != "mine")


def line_share(graph: SupplyGraph, activity: np.ndarray) -> np.ndarray:
    """Share left of every line: the largest among its activities.

    Parameters
    ----------
    graph
        Compiled network.
    activity
        Share left of every activity.
    """
    left = np.zeros(len(graph.lines))
    np.maximum.at(left, graph.line_of, activity)
    return left


def lines_left(graph: SupplyGraph, line: np.ndarray, activity: np.ndarray) -> np.ndarray:
    """Most of every line under shares left of activities; one of unknown capacity has no limit.

    Parameters
    ----------
    graph
        Compiled network.
    line
        Most of every line before; infinite where unknown.
    activity
        Share left of every activity.
    """
    known = np.isfinite(line)
    return np.where(known, line * np.where(known, line_share(graph, activity), 1.0), INFINITY)
