"""Sharing over time on random networks, against a lexicographic solve of its own."""

import numpy as np
import pytest
from random_networks import random_network, removals
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from supplygraph.analysis.losses.loss_columns import Sharing, losses_of
from supplygraph.engines.month_model import Month
from supplygraph.engines.qualification import most_of_routes
from supplygraph.engines.shared_shortage import STEPS, SharedShortage
from supplygraph.scenario.export_stops import as_export_stop, export_stop_of, outage_of
from tests.faults.lexicographic import lexicographic
from tests.solved_networks import Solved, bounds_under

# The plain solve holds who cannot rise by 1e-6, and every hold is passed on to the next.
TIGHT = 1e-5


class Plain:
    """The program of one step, from the rows of the network and scipy."""

    def __init__(self, solved: Solved, shock, routes: np.ndarray) -> None:
        bounds, columns = bounds_under(solved, shock), solved.baseline.columns
        rows, self.width = bounds.rows, len(bounds.upper)
        count = solved.program.share_row
        keep = rows.row < count
        self.upper, arc = bounds.upper.copy(), columns.block("arc")
        self.upper[arc] = np.minimum(self.upper[arc], routes)
        entries = (rows.value[keep], (rows.row[keep], rows.column[keep]))
        matrix = coo_matrix(entries, (count, self.width + 1)).toarray()
        low, high = rows.lower[:count], rows.upper[:count]
        self.equal = low == high
        less, more = np.isfinite(high) & ~self.equal, np.isfinite(low) & ~self.equal
        self.fixed, self.value = matrix[self.equal], low[self.equal]
        self.matrix = np.vstack([matrix[less], -matrix[more]])
        self.most = np.concatenate([high[less], -low[more]])
        self.units = solved.baseline.block("demand")
        self.demand = columns.start["demand"] + np.arange(len(self.units))

    def best(self, cost: np.ndarray, least: np.ndarray, tied: np.ndarray) -> np.ndarray:
        """Optimum with shares of at least `least`, and those tied at least the common one."""
        tie = np.zeros((len(tied), self.width + 1))
        tie[np.arange(len(tied)), self.demand[tied]] = -1.0
        tie[:, -1] = self.units[tied]
        lower = np.zeros(self.width + 1)
        lower[self.demand] = np.maximum(least - 1e-9, 0) * self.units
        found = linprog(
            cost,
            np.vstack([self.matrix, tie]),
            np.concatenate([self.most, np.zeros(len(tied))]),
            self.fixed,
            self.value,
            np.column_stack([lower, [*np.maximum(self.upper, lower[:-1]), 1.0]]),
        )
        assert found.status == 0, found.message
        return found.x

    def common(self, least: np.ndarray, open_: np.ndarray) -> float:
        """Largest share that all of some demands can have at once."""
        cost = np.zeros(self.width + 1)
        cost[-1] = -1.0
        return float(self.best(cost, least, np.flatnonzero(open_))[-1])

    def together(self, least: np.ndarray, some: np.ndarray) -> np.ndarray:
        """Shares of which those of some demands have the largest sum."""
        cost = np.zeros(self.width + 1)
        cost[self.demand[some]] = -1.0 / self.units[some]
        served = self.best(cost, least, np.array([], dtype=int))[self.demand]
        return np.divide(served, self.units, out=np.ones_like(served), where=self.units > 0)

    def leximin(self, floor: np.ndarray) -> np.ndarray:
        """Shares of all demands, none below its floor."""
        open_ = (self.units > 0) & (floor < 1 - 1e-9)
        return lexicographic(floor, open_, self.common, self.together)


def solved(seed: int) -> Solved:
    return random_network(seed).solve()


@pytest.mark.parametrize("seed", range(0, 16))
def test_leximin_of_a_step_equals_a_lexicographic_solve(seed):
    net = solved(seed)
    engine = SharedShortage(net.program)
    assert not engine.unsized.n_columns  # the plain solve knows no needs of unknown size
    flow = net.baseline.block("arc")
    for text in removals(net, seed, most=3):
        for shock in (net.shock(*text), as_export_stop(net.baseline, net.shock(*text))):
            none = net.cascade.levels([shock])
            floor = net.cascade.served(none)[:, 0]
            for step in (3, 36):
                found = engine.path(shock, none, (step,))[0]
                routes = most_of_routes(flow, engine.lag <= step)
                plain = Plain(net, shock, routes).leximin(floor)
                assert found == pytest.approx(plain, abs=TIGHT), (seed, text, step)


@pytest.mark.parametrize("seed", range(40, 60))
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


AT = "2025-03"
# Before the month asked for, at once, between steps and after the last.
OPENINGS = ("2025-01", "2025-03", "2025-07", "2026-02", "2027-12", "2029-01")


def with_later_lines(seed: int) -> Solved:
    """A random network some of whose plants grow, shrink or close after the base year."""
    network, rng = random_network(seed), np.random.default_rng(seed)
    for row in list(network.tables["capacities"]):
        for month in sorted(rng.choice(OPENINGS, int(rng.integers(0, 3)), replace=False)):
            size = float(row["quantity"] or rng.uniform(1, 1e3))
            factor = float(rng.choice([0.0, 0.5, 1.5, 4.0]))
            network.later(row["facility"], str(month), size * factor, line=row["line"])
    return network.solve()


@pytest.mark.parametrize("seed", range(100, 130))
def test_losses_fall_with_the_months_also_while_plants_open_and_close(seed):
    """Against the same month without the removal, under `none`; least of a column is never more."""
    net = with_later_lines(seed)
    month, sharing = Month(net.baseline, AT), Sharing(after=36)
    outages = [net.shock(*text) for text in removals(net, seed, most=4)]
    stops = [of(net.baseline, shock) for shock in outages for of in (outage_of, export_stop_of)]
    for number, loss in enumerate(losses_of(month, sharing, stops)):
        steps = [loss.none, *loss.shared.values()]
        assert np.diff(steps, axis=0).max(initial=0.0) <= 1e-9, (seed, number)
        for place in ("abroad", "home", "total"):
            weights = loss.weights(place)
            if weights.any():
                least, _ = loss.least(weights)
                assert least <= loss.mean(steps[-1], weights) + TIGHT, (seed, number, place)


def test_the_later_lines_reach_what_the_steps_must_handle():
    opened = closed = 0
    for seed in range(100, 130):
        month = Month(with_later_lines(seed).baseline, AT)
        sizes = [month.shortage.capacities(step).activity for step in STEPS]
        opened += bool((sizes[-1] > sizes[0] * 1.01).any())
        closed += bool((month.served_none < 1 - 1e-6).any())
    assert opened >= 8 and closed >= 8
