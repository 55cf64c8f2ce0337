"""Grade, sources and, if asked for, range of every edge of the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from supplygraph.analysis.causes.evidence import Evidence
from supplygraph.baseline import Baseline, IdentifiedSet
from supplygraph.grades import weakest
from supplygraph.graph.networkx_graph import edge_names

Facts = dict[tuple[str, str, str], dict[str, Any]]


def edge_facts(baseline: Baseline, *, intervals: bool = False) -> Facts:
    """Attributes of edges by (from, to, key).

    Parameters
    ----------
    baseline
        Balanced base year.
    intervals
        Also ``low`` and ``high`` of arcs: what they could carry while the published figures
        fit as well (two small programs for each arc); no ``high`` where that has no upper end.

    Returns
    -------
    dict
        ``evidence``: of an arc or a make the best figure that pins it alone, else D; of a draw
        the weakest grade of the need or recipe. ``sources``: keys of all figures it is part of.

    Examples
    --------
    >>> from supplygraph.baseline import reconcile
    >>> from supplygraph.dataset import read_dataset
    >>> from supplygraph.graph import compile_graph
    >>> facts = edge_facts(reconcile(compile_graph(read_dataset("three-nodes"))))
    >>> facts["mag-a@JP", "ev@JP", "draws need"]["evidence"]
    'A'
    """
    graph = baseline.graph
    evidence = Evidence(baseline)
    cited = _cited(baseline)
    needs, recipes = _needs(baseline), _recipes(baseline)
    start = baseline.columns.start["arc"]
    low, high = _ranges(baseline) if intervals else (None, None)
    found: Facts = {}
    for block, index, name in edge_names(graph):
        facts: dict[str, Any]
        if block == "arc":
            facts = {"evidence": evidence.arcs.get(index, "D")}
            facts["sources"] = cited.get(start + index, ())
            if low is not None and high is not None:
                facts["low"] = float(low[index])
                if np.isfinite(high[index]):
                    facts["high"] = float(high[index])
        elif block == "makes":
            activity = int(graph.made_activity[index])
            facts = {"evidence": evidence.flows[activity], "sources": cited.get(activity, ())}
        else:
            user, pool = int(graph.inputs.user[index]), int(graph.inputs.pool[index])
            material = str(graph.pools["material"].iat[pool])
            if user < graph.n_activities:
                key, table = str(graph.activities["recipe"].iat[user]), recipes
            else:
                key = str(graph.demands["product"].iat[user - graph.n_activities])
                table = needs
            grade, sources = table.get((key, material), ("D", ()))
            facts = {"evidence": grade, "sources": sources}
        found[name] = _joined(found[name], facts) if name in found else facts
    return found


def _joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of an edge that two lines of a plant share."""
    sources = tuple(sorted({*one["sources"], *other["sources"]}))
    return {"evidence": weakest([one["evidence"], other["evidence"]]), "sources": sources}


def _cited(baseline: Baseline) -> Mapping[int, tuple[str, ...]]:
    """Sources of all figures that a column is part of."""
    found: dict[int, set[str]] = {}
    for o in baseline.observations:
        for column in o.columns.tolist():
            found.setdefault(column, set()).update(o.source)
    return {column: tuple(sorted(keys)) for column, keys in found.items()}


def _needs(baseline: Baseline) -> dict[tuple[str, str], tuple[str, tuple[str, ...]]]:
    rows = baseline.graph.dataset.tables["needs"].to_dict("records")
    return {
        (row["product"], row["material"]): (
            weakest([row["need_evidence"] or "D", row["quantity_evidence"] or "D"]),
            tuple(row.get("source") or ()),
        )
        for row in rows
    }


def _recipes(baseline: Baseline) -> dict[tuple[str, str], tuple[str, tuple[str, ...]]]:
    rows = baseline.graph.dataset.tables["recipes"].to_dict("records")
    return {
        (row["recipe"], row["material"]): (
            weakest([row["evidence"] or "D"]),
            tuple(row["source"] or ()),
        )
        for row in rows
        if row["direction"] == "in"
    }


def _ranges(baseline: Baseline) -> tuple[np.ndarray, np.ndarray]:
    arcs = np.arange(len(baseline.graph.arcs))
    return IdentifiedSet(baseline).intervals(arcs)
