"""What every plant and every end product draws, as rows of the compiled network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from supplygraph.dataset.recipes import Recipe
from supplygraph.graph.network import Inputs

# Share of a material's sized uses that a need nobody sized counts for: enough that its loss is
# seen, too little to take supply from those that are sized.
NOMINAL_SHARE = 1e-4
Row = dict[str, Any]


def inputs_of(
    activities: Sequence[Row],
    demands: Sequence[Row],
    needs: Mapping[str, list[Row]],
    recipes: Mapping[str, Recipe],
    index: Mapping[tuple[str, str], int],
) -> Inputs:
    """Inputs of all users, activities first, then demands.

    Parameters
    ----------
    activities, demands
        Rows in the order of their numbers.
    needs
        Needs by product, in tonnes a unit.
    recipes
        Recipes spelled out.
    index
        Pool number of each material and market.
    """
    nominal = _nominal_quantities(demands, needs)
    rows: list[tuple] = []
    for user, row in enumerate(activities):
        for flow in recipes[row["recipe"]].inputs:
            key = (user, flow.group or f"={flow.material}")
            pool = index[flow.material, row["market"]]
            rows.append((user, pool, flow.quantity, key, bool(flow.essential)))
    for user, row in enumerate(demands, start=len(activities)):
        for need in needs.get(row["product"], ()):
            material = need["material"]
            key = (user, need["alternative_group"] or f"={material}")
            tonnes = need["tonnes"]
            if np.isnan(tonnes):
                tonnes = nominal[row["product"], material]
            trusted = bool(need["essential"]) and need["need_evidence"] != "D"
            rows.append((user, index[material, row["market"]], tonnes, key, trusted))
    return _number_groups([row for row in rows if row[2] > 0])


def _nominal_quantities(
    demands: Sequence[Row], needs: Mapping[str, list[Row]]
) -> dict[tuple[str, str], float]:
    """Tonnes per unit where nobody sized a need: a ten-thousandth of the uses that are.

    Of a material without any sized use, of the least use of another: any fixed tonnage would
    make the answer depend on whether the tables count tonnes or thousands of them.
    """
    units: dict[str, float] = {}
    for row in demands:
        units[row["product"]] = units.get(row["product"], 0.0) + row["units"]
    known: dict[str, float] = {}
    for product, rows in needs.items():
        for need in rows:
            if not np.isnan(need["tonnes"]):
                tonnes = need["tonnes"] * units.get(product, 0.0)
                known[need["material"]] = known.get(need["material"], 0.0) + tonnes
    least = min((total for total in known.values() if total > 0), default=1.0)
    return {
        (product, need["material"]): NOMINAL_SHARE
        * (known.get(need["material"], 0.0) or least)
        / units.get(product, 1.0)
        for product, rows in needs.items()
        for need in rows
        if np.isnan(need["tonnes"])
    }


def _number_groups(rows: Sequence[tuple]) -> Inputs:
    """Inputs with a number for each AND kind, and a column where a draw has a choice."""
    keys: dict[object, int] = {}
    group = np.array([keys.setdefault(row[3], len(keys)) for row in rows], dtype=int)
    size = np.bincount(group, minlength=len(keys))
    essential = np.array([row[4] for row in rows], dtype=bool)
    own = (size[group] > 1) | ~essential
    draw = np.full(len(rows), -1)
    draw[own] = np.arange(int(own.sum()))
    return Inputs(
        user=np.array([row[0] for row in rows], dtype=int),
        pool=np.array([row[1] for row in rows], dtype=int),
        quantity=np.array([row[2] for row in rows], dtype=float),
        group=group,
        essential=essential,
        draw=draw,
    )
