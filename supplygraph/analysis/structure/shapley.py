"""Whose control: the loss of a coalition that withholds, split fairly among its members."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.errors import UsageError
from supplygraph.grades import weakest
from supplygraph.progress import steps
from supplygraph.scenario import Shock

MOST_PLAYERS = 12
LEAST_SHARE = 0.01
BATCH = 256
STAGE_UNIT = {
    "mine": "t_reo",
    "separation": "t_oxide",
    "metal": "t_metal",
    "magnet": "t_finished",
}
Value = Callable[[Sequence[frozenset]], Sequence[float]]


def shapley(players: Sequence[Hashable], value: Value) -> dict[Hashable, float]:
    """Shapley value of every player, exact over all 2^n coalitions.

    phi_c = sum over S without c of |S|! (n-|S|-1)! / n! [v(S+c) - v(S)]; the values sum to
    v(all) - v(nobody). Reads as whose control, not as who can act alone, which is v({c}).

    Parameters
    ----------
    players
        At most 12, all different.
    value
        Gives v of each coalition of a list, in its order.

    Raises
    ------
    UsageError
        If there are more than 12 players or one is named twice.

    Notes
    -----
    Shapley 1953, "A value for n-person games".

    Examples
    --------
    >>> shapley(["a", "b", "c"], lambda sets: [float(len(s) >= 2 and "a" in s) for s in sets])
    {'a': 0.6666666666666666, 'b': 0.16666666666666666, 'c': 0.16666666666666666}
    """
    if len(players) > MOST_PLAYERS or len(set(players)) < len(players):
        raise UsageError(
            f"shapley: {len(players)} players, some perhaps twice. Name at most {MOST_PLAYERS}, "
            "each once."
        )
    coalitions = coalitions_of(players)
    worth = dict(zip(coalitions, map(float, value(coalitions)), strict=True))
    return _split(players, worth)


def coalitions_of(players: Sequence[Hashable]) -> list[frozenset]:
    """All coalitions, small ones first, in the order of the players."""
    sizes = range(len(players) + 1)
    return [frozenset(pick) for size in sizes for pick in combinations(players, size)]


def _split(players: Sequence[Hashable], worth: dict[frozenset, float]) -> dict[Hashable, float]:
    n = len(players)
    weight = [factorial(s) * factorial(n - s - 1) / factorial(n) for s in range(n)]
    found = dict.fromkeys(players, 0.0)
    for coalition, value in worth.items():
        for player in coalition:
            found[player] += weight[len(coalition) - 1] * (value - worth[coalition - {player}])
    return found


def players_of(tracer: Tracer) -> tuple[dict[str, tuple[str, float]], tuple[str, ...]]:
    """Countries with at least 1 % of the world's output of a stage, the twelve largest.

    Returns
    -------
    chosen : dict
        Stage and share where each country is largest, largest first.
    left_out : tuple of str
        Countries above 1 % beyond the twelve.
    """
    baseline = tracer.month.baseline
    graph = baseline.graph
    table = graph.activities
    countries = graph.dataset.tables["countries"]
    pooled = countries.groupby("market")["id"].count()
    whole = table["country"].isin(pooled[pooled > 1].index) & (table["kind"] != "")
    output = graph.made_quantity * baseline.block("activity")[graph.made_activity]
    unit = graph.pools["unit"].to_numpy()[graph.made_pool]
    stage = graph.pools["stage"].to_numpy()[graph.made_pool]
    country = table["country"].to_numpy()[graph.made_activity]
    known = ~whole.to_numpy()[graph.made_activity]
    best: dict[str, tuple[str, float]] = {}
    for name, measure in STAGE_UNIT.items():
        rows = (stage == name) & (unit == measure)
        total = output[rows].sum()
        if total <= 0:
            continue
        for place in sorted(set(country[rows & known])):
            share = float(output[rows & known & (country == place)].sum() / total)
            if share >= LEAST_SHARE and share > best.get(place, ("", 0.0))[1]:
                best[str(place)] = (name, share)
    order = sorted(best, key=lambda c: (-best[c][1], c))
    return {c: best[c] for c in order[:MOST_PLAYERS]}, tuple(order[MOST_PLAYERS:])


def coalition_losses(
    tracer: Tracer, coalitions: Sequence[frozenset], *, least: bool = False
) -> np.ndarray:
    """Weighted loss when all plants of the countries of each coalition stop."""
    month = tracer.month
    graph = month.baseline.graph
    country = graph.activities["country"].to_numpy()
    shocks = []
    for coalition in coalitions:
        shock = Shock.nothing(graph)
        shock.activity[np.isin(country, sorted(coalition))] = 0.0
        shocks.append(month.shock.with_(shock))
    if least:
        program = month.program
        start = program.reference.served
        each = steps(shocks, "Coalitions")
        lost = [month.weights @ (start - program.solve(shock).served) for shock in each]
        return np.clip(np.array(lost), 0.0, None)
    parts = []
    for first in steps(range(0, len(shocks), BATCH), "Coalitions"):
        levels = month.cascade.levels(shocks[first : first + BATCH])
        parts.append(month.weights @ (month.served_none[:, None] - month.cascade.served(levels)))
    return np.clip(np.concatenate(parts), 0.0, None)


def shapley_table(tracer: Tracer, rerouting: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Shapley share and unilateral loss of every country that holds part of a stage."""
    chosen, left_out = players_of(tracer)
    players = sorted(chosen)
    names = tracer.month.baseline.graph.dataset.tables["countries"].set_index("id")["name"]
    coalitions = coalitions_of(players)
    columns: dict[str, dict[str, float]] = {}
    for bound in ("none", "least"):
        if rerouting in (bound, "both"):
            losses = coalition_losses(tracer, coalitions, least=bound == "least")
            worth = dict(zip(coalitions, losses.tolist(), strict=True))
            split = _split(players, worth)
            whole = {"total": worth[frozenset(players)]}
            columns[f"shapley_{bound}"] = {str(k): v for k, v in split.items()} | whole
            columns[f"alone_{bound}"] = {p: worth[frozenset([p])] for p in players} | whole
    rows = [
        _row(place, str(names[place]), chosen[place], columns) | {"evidence": _grade(tracer, place)}
        for place in players
    ]
    first = "shapley_none" if rerouting != "least" else "shapley_least"
    rows.sort(key=lambda row: (-round(float(str(row[first])), 12), row["id"]))
    for rank, row in enumerate(rows, 1):
        row["rank"] = rank
    total = _row("total", "All of them together", ("", float("nan")), columns)
    rows.append(total | {"evidence": weakest([str(row["evidence"]) for row in rows])})
    warnings = []
    if left_out:
        warnings.append(f"no player beyond {MOST_PLAYERS}: {', '.join(left_out)} left out")
    return pd.DataFrame(rows), tuple(warnings)


def _grade(tracer: Tracer, country: str) -> str:
    """Grade of what the country's plants make; D if no figure pins half of it."""
    graph = tracer.month.baseline.graph
    shock = Shock.nothing(graph)
    shock.activity[(graph.activities["country"] == country).to_numpy()] = 0.0
    return tracer.evidence.removed(shock, True) or "D"


def _row(
    place: str, name: str, largest: tuple[str, float], columns: dict[str, dict[str, float]]
) -> dict[str, object]:
    row: dict[str, object] = {
        "id": place,
        "rank": pd.NA,
        "name": name,
        "stage": largest[0],
        "stage_share": largest[1],
    }
    for column in ("shapley_none", "alone_none", "shapley_least", "alone_least"):
        row[column] = columns.get(column, {}).get(place, float("nan"))
    return row
