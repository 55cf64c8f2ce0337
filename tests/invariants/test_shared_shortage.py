"""Sharing over time on random networks, against a lexicographic solve of its own."""

import numpy as np
import pytest
from networks import Solved, bounds_under
from random_networks import random_network, removals
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from supplygraph.engines.qualification import most_of_routes
from supplygraph.engines.shared_shortage import STEPS, SharedShortage
from supplygraph.scenario.export_stops import as_export_stop

# The plain solve holds who cannot rise by 1e-6, and every hold is passed on to the next.
TIGHT = 1e-5


def lexicographic(solved: Solved, shock, floor: np.ndarray, routes: np.ndarray) -> np.ndarray:
    """Leximin of one step without duals: who can rise is asked of each demand by a program."""
    bounds, columns = bounds_under(solved, shock), solved.baseline.columns
    rows, width = bounds.rows, len(bounds.upper)
    share_row = solved.program.share_row
    keep = rows.row < share_row
    upper = bounds.upper.copy()
    arc = columns.block("arc")
    upper[arc] = np.minimum(upper[arc], routes)
    matrix = coo_matrix(
        (rows.value[keep], (rows.row[keep], rows.column[keep])), (share_row, width + 1)
    ).tocsr()
    low, high = rows.lower[:share_row], rows.upper[:share_row]
    equal, less, more = (
        low == high,
        np.isfinite(high) & (low < high),
        np.isfinite(low) & (low < high),
    )
    units = solved.baseline.block("demand")
    demand = columns.start["demand"] + np.arange(len(units))
    base = [matrix[less], -matrix[more]], [high[less], -low[more]]

    def best(cost: np.ndarray, least: np.ndarray, tied: np.ndarray) -> np.ndarray:
        """Optimum with shares of at least `least`, and those tied at least the common one."""
        tie = coo_matrix(
            (
                np.concatenate([-np.ones(len(tied)), units[tied]]),
                (np.tile(np.arange(len(tied)), 2), [*demand[tied], *[width] * len(tied)]),
            ),
            (len(tied), width + 1),
        ).tocsr()
        lb = np.zeros(width + 1)
        lb[demand] = np.maximum(least - 1e-9, 0) * units
        found = linprog(
            cost,
            np.vstack([part.toarray() for part in (*base[0], tie)]),
            np.concatenate([*base[1], np.zeros(len(tied))]),
            matrix[equal].toarray(),
            low[equal],
            np.column_stack([lb, [*np.maximum(upper, lb[:-1]), 1.0]]),
        )
        assert found.status == 0, found.message
        return found.x

    value, open_ = floor.copy(), (units > 0) & (floor < 1 - 1e-9)
    while open_.any():
        cost = np.zeros(width + 1)
        cost[-1] = -1.0
        common = best(cost, value, np.flatnonzero(open_))[-1]
        if common >= 1 - 1e-9:
            value[open_] = 1.0
            break
        reach = np.where(open_, np.maximum(value, common), value)
        tight = np.zeros_like(open_)
        for d in np.flatnonzero(open_ & (reach <= common + 1e-9)):
            cost = np.zeros(width + 1)
            cost[demand[d]] = -1.0 / units[d]
            most = best(cost, reach, np.array([], dtype=int))[demand[d]] / units[d]
            tight[d] = most <= common + 1e-6
        assert tight.any()
        value = np.where(tight, common, value)
        open_ &= ~tight
    return np.maximum(value, floor)


def solved(seed: int) -> Solved:
    return random_network(seed).solve()


@pytest.mark.parametrize("seed", range(0, 24))
def test_leximin_of_a_step_equals_a_lexicographic_solve(seed):
    net = solved(seed)
    engine = SharedShortage(net.program)
    if engine.unsized.n_columns:
        pytest.skip("has needs of unknown size, which the plain solve does not know")
    flow = net.baseline.block("arc")
    for text in removals(net, seed, most=3):
        for shock in (net.shock(*text), as_export_stop(net.baseline, net.shock(*text))):
            none = net.cascade.levels([shock])
            floor = net.cascade.served(none)[:, 0]
            for step in (3, 36):
                found = engine.path(shock, none, (step,))[0]
                routes = most_of_routes(flow, engine.lag <= step)
                assert found == pytest.approx(
                    lexicographic(net, shock, floor, routes), abs=TIGHT
                ), (seed, text, step)


@pytest.mark.parametrize("seed", range(40, 70))
def test_shares_rise_with_the_months_and_every_column_lies_between_none_and_least(seed):
    net = solved(seed)
    engine, weights = SharedShortage(net.program), net.program.weights
    some = net.baseline.block("demand") > 0
    for text in removals(net, seed, most=6):
        for shock in (net.shock(*text), as_export_stop(net.baseline, net.shock(*text))):
            none = net.cascade.levels([shock])
            before = net.cascade.served(none)[:, 0]
            path = engine.path(shock, none, STEPS)
            assert (np.diff(np.vstack([before, path]), axis=0)[:, some] >= -1e-9).all()
            assert (path <= 1 + 1e-12).all()
            for column in (weights, np.where(np.arange(len(weights)) % 2, weights, 0.0)):
                if column.sum() > 0:
                    best = engine.least(shock, none, column).served
                    lost = column @ (1 - path[-1]) / column.sum()
                    assert column @ (1 - best) / column.sum() <= lost + TIGHT, (seed, text)


@pytest.mark.parametrize("seed", range(0, 40, 2))
def test_an_outage_and_a_stop_agree_where_the_country_uses_none_of_it(seed):
    net = solved(seed)
    markets = net.graph.pools["market"].to_numpy()
    for pool in np.flatnonzero(net.baseline.made > 1e-6):
        stays = net.baseline.made[pool] - net.baseline.exports[pool]
        if stays > 1e-9 * net.baseline.made[pool]:
            continue
        name = net.graph.pools["material"].iloc[pool]
        outage = net.shock(f"material={name} market={markets[pool]}")
        both = net.cascade.levels([outage, as_export_stop(net.baseline, outage)])
        served = net.cascade.served(both)
        assert served[:, 0] == pytest.approx(served[:, 1], abs=1e-6), (seed, name)
