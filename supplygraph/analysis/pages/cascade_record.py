"""The network of the cascade as a page holds it, and what can be taken away from it.

A page answers by itself what a set of removals costs when nobody reroutes. It needs the flows that
`supplygraph.engines.cascade` takes its weights from and, for everything that it shows, which part
of the network goes. Flows and not weights: a record holds ten digits, and weights formed of them
add up to 1 all the same, without which a loop would drain by itself.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.engines import Cascade
from supplygraph.engines.month_model import Month
from supplygraph.errors import SelectorError
from supplygraph.scenario import Shock, parse_shock
from supplygraph.scenario.export_stops import home_of
from supplygraph.scenario.shocks import UNRECORDED
from supplygraph.trade_words import step_text

Record = dict[str, Any]
NO_SELECTOR = "is named by no selector as a whole. Take away its plants."


def cascade_record(tracer: Tracer) -> Record:
    """Flows of the base year that the cascade is made of, with the rows that losses are told for.

    Numbers of activities, pools and demands are those of the network; users are activities, then
    demands. Entries without a flow are left out: they move no level.

    Parameters
    ----------
    tracer
        Engines of a month, with the weights of the products asked for.

    Returns
    -------
    dict
        ``plants`` and ``pools``, their ids; ``made``, ``kept`` (of what a pool makes, in its own
        market) and ``arc`` in the pool's unit a year; ``need`` in units of need by group, with the
        ``owner`` of each group; ``closed``, what the month itself leaves of activities; ``demand``
        and ``rows``.

    Examples
    --------
    >>> from supplygraph import load
    >>> record = cascade_record(load("three-nodes").loaded.tracer())
    >>> [round(t) for t in record["made"]["quantity"]], round(record["arc"]["quantity"][0])
    ([90, 30], 90)
    """
    month = tracer.month
    baseline, cascade, graph = month.baseline, month.cascade, month.baseline.graph
    made = graph.made_quantity * baseline.block("activity")[graph.made_activity]
    makes = np.flatnonzero(made > 0)
    closed = np.flatnonzero(month.shock.activity < 1)
    return {
        "activities": graph.n_activities,
        "plants": [str(name) for name in graph.activities["id"]],
        "pools": [str(name) for name in graph.pools["id"]],
        "made": {
            "pool": graph.made_pool[makes].tolist(),
            "activity": graph.made_activity[makes].tolist(),
            "quantity": made[makes].tolist(),
        },
        "kept": np.maximum(baseline.made - baseline.exports, 0.0).tolist(),
        "arc": {
            "origin": cascade.origin[cascade.live].tolist(),
            "destination": cascade.end[cascade.live].tolist(),
            "quantity": baseline.block("arc")[cascade.live].tolist(),
        },
        **_needs(cascade),
        "closed": {
            "activity": closed.tolist(),
            "left": month.shock.activity[closed].tolist(),
        },
        "demand": _demands(month),
        "rows": [[*key, _unit(month, rows), rows.tolist()] for key, rows in tracer.rows],
    }


def _needs(cascade: Cascade) -> Record:
    """Needs that can stop a user, by groups whose inputs replace each other, numbered anew."""
    inputs, limiting = cascade.graph.inputs, np.flatnonzero(cascade.limits)
    number = np.full(inputs.n_groups, -1)
    number[limiting] = np.arange(len(limiting))
    draws = np.flatnonzero((number[inputs.group] >= 0) & (cascade.need > 0))
    return {
        "need": {
            "group": number[inputs.group[draws]].tolist(),
            "pool": inputs.pool[draws].tolist(),
            "quantity": cascade.need[draws].tolist(),
        },
        "owner": cascade.owner[limiting].tolist(),
    }


def _demands(month: Month) -> Record:
    """Market, weight and base units of every demand."""
    return {
        "market": [str(name) for name in month.baseline.graph.demands["market"]],
        "weight": month.weights.tolist(),
        "units": month.baseline.block("demand").tolist(),
    }


def _unit(month: Month, rows: np.ndarray) -> str:
    return str(month.baseline.graph.demands["unit"].iat[int(rows[0])])


def removables(
    month: Month, removals: Mapping[str, Record], nodes: Iterable[Record]
) -> Iterator[tuple[str, Record]]:
    """All that a page shows by its id there: what its removal takes, or why it has none.

    Parameters
    ----------
    month
        Engines of a month.
    removals
        Single removals of the page, by ``kind:id``, with their selectors.
    nodes
        Plants and products of the page.

    Yields
    ------
    id : str
        ``kind:id`` of a removal or plant, ``process:ID`` of a step in all countries, the node's
        own id of a product.
    record : dict
        ``selector``, the ``activity`` or ``made`` (pools) that it takes, and the ``markets`` which
        are home then; or ``why`` nothing can be taken away.
    """
    graph = month.baseline.graph
    for name, row in removals.items():
        if row["selector"]:
            yield name, _taken(month, row["selector"])
        elif row["kind"] != "facility":
            yield name, {"why": NO_SELECTOR}
    for node in nodes:
        product = node["kind"] == "product"
        name = node["id"] if product else f"facility:{node['id']}"
        if not removals.get(name, {}).get("selector"):
            yield name, _named(month, node["id"])
    steps = graph.activities.groupby("process", sort=True)["stage"].first()
    for process, stage in steps.items():
        if process == UNRECORDED:  # no place could stop it
            continue
        found = _taken(month, f"process={shlex.quote(str(process))}")
        yield f"process:{process}", found | {"name": step_text(str(stage), str(process))}


def _named(month: Month, name: str) -> Record:
    """The removal of one plant or product by its id, or why there is none."""
    selector = f"id={shlex.quote(name)}"
    try:
        return _taken(month, selector)
    except SelectorError as error:
        # Who it is stands beside it on the page.
        return {"why": str(error).removeprefix(f"removal '{selector}': '{name}' ")}


def _taken(month: Month, selector: str) -> Record:
    """What a selector takes away: numbers of activities or of pools."""
    graph = month.baseline.graph
    shock = parse_shock(graph, [selector])
    return {
        "selector": selector,
        **{part: _reached(month, part, shock) for part in ("activity", "made")},
        "markets": sorted(home_of(month.baseline, shock).markets),
    }


def _reached(month: Month, part: str, shock: Shock) -> list[int]:
    """Entries of a shock that it takes from; what made nothing has nothing to lose under none."""
    taken = getattr(shock, part) < 1
    if part == "made":
        taken = taken & (month.baseline.made > 0)
    return [int(index) for index in np.flatnonzero(taken)]
