"""What a reader must know beside a table of losses: what no loss of it can show."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.engines.month_model import Month
from supplygraph.engines.weights import unsized_parts
from supplygraph.graph import SupplyGraph
from supplygraph.scenario.shocks import CLOSING, UNRECORDED
from supplygraph.selectors import parse_removal
from supplygraph.vocabulary import EXPORT_STOP

# Below this share of its published units a demand counts as not served by the balance.
UNSERVED = 1e-6
HALF = 0.5
WHOLE = 1e-6


def left_out(baseline: Baseline) -> tuple[str, ...]:
    """Products and places that a table of losses cannot hold or holds in part, as sentences.

    A product whose demand is of another year, zero, or not met by any flow of the balance has
    no base to lose. Without a word its absence would read as "loses nothing".

    Parameters
    ----------
    baseline
        Balanced base year.

    Examples
    --------
    >>> from supplygraph.baseline import reconcile
    >>> from supplygraph.dataset import read_dataset
    >>> from supplygraph.graph import compile_graph
    >>> left_out(reconcile(compile_graph(read_dataset("three-nodes"))))
    ()
    """
    graph = baseline.graph
    demands, served = graph.demands, baseline.block("demand")
    asked = set(graph.dataset.tables["demand"]["product"])
    undated = sorted(asked - set(demands["product"]))
    wanted = demands["units"].to_numpy()
    names = [f"{p}@{m}" for p, m in zip(demands["product"], demands["market"], strict=True)]
    empty = [names[i] for i in np.flatnonzero(served <= UNSERVED * wanted)]
    part = (served > UNSERVED * wanted) & (served < HALF * wanted)
    poor = [f"{names[i]} ({100 * served[i] / wanted[i]:.0f} %)" for i in np.flatnonzero(part)]
    notes = []
    if undated:
        notes.append(f"no demand in {graph.base_year}, left out: {', '.join(undated)}")
    if empty:
        notes.append(f"the balance of {graph.base_year} serves nothing of: {', '.join(empty)}")
    if poor:
        notes.append(
            f"the balance of {graph.base_year} serves less than half of the published demand of: "
            f"{', '.join(poor)}; losses are shares of what it serves, see balance"
        )
    return tuple(notes)


def other_month(month: Month) -> tuple[str, ...]:
    """What capacities of another month do to the meaning of losses, as sentences.

    Losses are counted against the same month without the removal when nobody reroutes, as shares
    of base-year demand: they end where that month's supply ends.

    Parameters
    ----------
    month
        Engines of the month.
    """
    base_year = month.baseline.graph.base_year
    if month.month == month.baseline.graph.base_month:
        return ()
    notes = [
        f"capacities of {month.month} and the months after it, flows and demand of {base_year}: "
        "none cannot know what trade has opened or ended since"
    ]
    weights = month.weights
    served = float(weights @ month.served_none)
    if weights.sum() > 0 and served < weights.sum() - WHOLE:
        notes.append(
            f"without a removal {month.month} serves {100 * served:.1f} % of {base_year} demand if "
            "nobody reroutes; no loss can be larger"
        )
    return tuple(notes)


def stops_and_outages(acts_as: str) -> str:
    """What a removal does, as a sentence: the first of an answer."""
    if acts_as == EXPORT_STOP:
        return (
            "as export-stop: the plants go on and serve their own country, and what they export "
            "does not leave it (--as outage: the plants stop)"
        )
    return (
        "as outage: the plants stop, and their own country lacks their goods too "
        "(--as export-stop: only their exports end)"
    )


def stops_of(acts_as: str, by: str) -> tuple[str, ...]:
    """What the rows of a ranking do, as sentences."""
    first = stops_and_outages(acts_as)
    if acts_as != EXPORT_STOP or by not in ("facility", "operator"):
        return (first,)
    return (
        first,
        "plants of the same country that go on exporting send what they did, and once others "
        "reroute also what they can make beyond that",
    )


def rests_on_unsized(month: Month, *, held_back: bool = True) -> tuple[str, ...]:
    """Which parts of the weights rest on needs that nobody, or only we, have sized, as sentences.

    `held_back` is whether the program serves needs without a size no better than others.
    """
    blank, assumed = unsized_parts(month.baseline, month.weights)
    served = (
        "such a need is served no better than the sized uses beside it"
        if held_back
        else "under qualified and least such a need may be served before all others, so that "
        "totals there are lower limits (--weights sectors leaves these products out)"
    )
    none = f"is that of products with a need whose size nobody states: {served}"
    ours = "is that of products with a need whose size is our own assumption (grade D)"
    return tuple(
        f"{100 * part:.0f} % of the weight {what}"
        for part, what in ((blank, none), (assumed, ours))
        if part > WHOLE
    )


def beside_rankings(graph: SupplyGraph, removals: Iterable[str]) -> tuple[str, ...]:
    """Rows that removals take away and that the ranking of the same name leaves running.

    No ranking removes supply of no recorded source, and one by operator leaves out rows that
    close a group to its total: a selector such as ``operator=X`` takes them too, so that its
    loss may be larger than that of X in the ranking.

    Parameters
    ----------
    graph
        Compiled network.
    removals
        Selectors as text.
    """
    table = graph.activities
    holes = (table["process"] == UNRECORDED).to_numpy()
    closing = table["kind"].isin(CLOSING).to_numpy()
    taken: set[str] = set()
    for text in removals:
        selector = parse_removal(text).selector
        keys = {term.key for term in selector.terms}
        if keys & {"id", "process", "kind"} or graph.names_pools(selector):
            continue
        beside = holes | closing if "operator" in keys else holes
        taken |= set(table["id"][graph.select_activities(selector) & beside])
    if not taken:
        return ()
    return (f"also removed, though left running in the ranking: {', '.join(sorted(taken))}",)
