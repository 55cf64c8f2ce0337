"""One month when nobody reroutes: the cascade with stocks behind users and pools.

Levels are relative to the same month of the base year, from 1 down to the greatest fixed
point. With S stocks, n needs of the month and the words of `engines.cascade`,

    home_k  = (own share) made_k + sum_arc (f/L) min(left_arc, made_origin) + release - hold
    pool_k  = min(1, home_k + S_k / N_k)                a market's stock serves all alike
    entry_e = min(1, pool_k / factor + S_e / n_e)       a user's stock serves him alone
    h_i     = min(left_i, min over essential kinds g of sum_j w_gj entry_j)

What arrives is used before stock is; what arrives and is not used refills stocks up to their
target. Goods that a cap blocks are not made: they are no spare supply at home, and the scrap
of the next month lacks theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from supplygraph.engines.cascade import MAX_SWEEPS, TOLERANCE, Cascade, Levels
from supplygraph.engines.fixed_point import Sweep
from supplygraph.engines.flow_recovery import ratio
from supplygraph.engines.stock_targets import Targets
from supplygraph.errors import NotConvergedError
from supplygraph.scenario.month_arrays import Denial

MONTHS = 12.0


@dataclass(frozen=True)
class Refusal:
    """Goods that some users may not draw on.

    Attributes
    ----------
    measure
        Id of the rule that refuses them.
    users
        Share of every demand's draws that is refused.
    arcs, pools
        Masks of arcs, and of pools whose own make is refused at home; one column a cover.
    """

    measure: str
    users: np.ndarray
    arcs: np.ndarray
    pools: np.ndarray


@dataclass(frozen=True)
class Limits:
    """What one month leaves.

    Attributes
    ----------
    activity, made, arc
        Shares left, as in :class:`supplygraph.scenario.month_arrays.Bounds`; arcs may have one
        column a cover.
    factor
        Of every demand, against the same month of the base year.
    denials
        Shares of the demands' draws that may not come over some arcs, of this month alone.
    need
        On what one unit of every user takes of each group of inputs.
    release, hold
        Tonnes that a state adds to, or takes from, every pool.
    scale
        Season x growth of the month: what the base month's tonnes are multiplied by.
    refusals
        Goods that rules of content keep from some users.
    """

    activity: np.ndarray
    made: np.ndarray
    arc: np.ndarray
    factor: np.ndarray
    denials: tuple[Denial, ...]
    need: np.ndarray
    release: np.ndarray
    hold: np.ndarray
    scale: float
    refusals: tuple[Refusal, ...] = ()


@dataclass
class State:
    """Tonnes in stock now, one column a cover, and the made level of magnets last month."""

    entry: np.ndarray
    pool: np.ndarray
    scrap: np.ndarray

    def copy(self) -> State:
        """A state of its own."""
        return State(self.entry.copy(), self.pool.copy(), self.scrap.copy())


class RigidMonth:
    """Steps one month under `none` for all covers at once."""

    def __init__(self, cascade: Cascade, stocks: Targets) -> None:
        self.cascade, self.stocks, self.graph = cascade, stocks, cascade.graph
        graph, inputs = self.graph, cascade.graph.inputs
        self.entry_need = cascade.baseline.drawn / MONTHS
        self.pool_need = np.bincount(inputs.pool, self.entry_need, minlength=len(graph.pools))
        self.sweep = Sweep(cascade)
        self.scrap = ScrapLag(cascade)
        self.drawn = self.from_entry = np.zeros((len(inputs.user), len(stocks.covers)))

    def start(self) -> State:
        """Stocks at their targets, scrap at its base level."""
        return State(
            self.stocks.entry_target.copy(),
            self.stocks.pool_target.copy(),
            np.ones((self.scrap.count, len(self.stocks.covers))),
        )

    def step(self, limits: Limits, state: State) -> tuple[Levels, np.ndarray, State]:
        """Levels of the month, level of every live arc, and the state after it.

        Raises
        ------
        NotConvergedError
            If levels still move after the cap of passes.
        """
        cascade, graph, inputs = self.cascade, self.graph, self.graph.inputs
        count = len(self.stocks.covers)
        cap = np.ones((graph.n_activities + graph.n_demands, count))
        cap[: graph.n_activities] = limits.activity[:, None] * self.scrap.left(state.scrap)
        left_made, left_arc = limits.made[:, None], _columns(limits.arc)[cascade.live]
        factor = self._factor(limits)[:, None]
        reserve = np.zeros((len(inputs.user), count))
        need = self.entry_need[:, None] * factor * limits.scale
        reserve[self.stocks.entry] = ratio(state.entry, need[self.stocks.entry])
        pool_reserve = np.zeros((len(graph.pools), count))
        whole = self.pool_need[:, None] * limits.scale
        pool_reserve[self.stocks.pool] = ratio(state.pool, whole[self.stocks.pool])
        added = ratio(limits.release - limits.hold, self.pool_need * limits.scale)[:, None]
        user, kept_from = cap.copy(), self._kept_from(limits)
        for sweep in range(1, MAX_SWEEPS + 1):
            made = self.sweep.to_made(user) * left_made
            arc = np.minimum(made[cascade.origin[cascade.live]], left_arc)
            home = np.maximum(self.sweep.home(made, arc) + added, 0.0)
            reach = np.minimum(home + pool_reserve, 1.0)[inputs.pool]
            kept = self._kept(kept_from, made, arc)
            reach = np.maximum(reach - kept, 0.0) / factor
            entry = np.minimum(reach + reserve, 1.0)
            kind = self.sweep.to_group(entry)
            new = np.minimum(self.sweep.limited(cap, kind), user)
            change = float((user - new).max(initial=0.0))
            user = new
            if change <= TOLERANCE:
                levels = Levels(user, made, home, kind, sweep, change)
                arrives = np.maximum(np.minimum(home, 1.0)[inputs.pool] - kept, 0.0)
                refillable = arrives * self.entry_need[:, None] * limits.scale
                parts = (np.minimum(reach, 1.0), entry, need, refillable)
                after = self._after(levels, parts, limits.scale, state)
                after.scrap = self.scrap.level(made, arc)
                return levels, arc, after
        raise NotConvergedError(
            f"months did not converge: levels still change by {change:.2g} "
            f"after {MAX_SWEEPS} passes."
        )

    def _factor(self, limits: Limits) -> np.ndarray:
        """Factor on the need of every entry: demands shift, plants follow what is asked."""
        inputs = self.graph.inputs
        users = np.concatenate([np.ones(self.graph.n_activities), limits.factor])
        return np.maximum(users[inputs.user] * limits.need[inputs.group], 1e-12)

    def _kept_from(self, limits: Limits) -> list[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
        """Entries of users denied alike, with the share of live arcs and own make kept from them.

        Over one arc the largest share denied counts.
        """
        graph, live = self.graph, self.cascade.live
        denied = [(denial.share, denial.arcs[:, None], None) for denial in limits.denials]
        plants = np.zeros(graph.n_activities)
        refused = [
            (np.concatenate([plants, item.users]), item.arcs, item.pools)
            for item in limits.refusals
        ]
        parts = [part for part in (*denied, *refused) if part[0].any()]
        if not parts:
            return []
        shares = np.stack([part[0] for part in parts], axis=1)
        kinds, kind = np.unique(shares, axis=0, return_inverse=True)
        of = kind.reshape(-1)[graph.inputs.user]
        found = []
        for number, share in enumerate(kinds):
            if not share.any():
                continue
            arcs = np.max([s * p[1][live] for s, p in zip(share, parts, strict=True)], axis=0)
            own = [s * p[2] for s, p in zip(share, parts, strict=True) if p[2] is not None]
            most = np.max(own, axis=0) if own else None
            found.append((np.flatnonzero(of == number), arcs, most))
        return found

    def _kept(
        self,
        kept_from: list[tuple[np.ndarray, np.ndarray, np.ndarray | None]],
        made: np.ndarray,
        arc: np.ndarray,
    ) -> np.ndarray:
        """Level of every entry that is kept from its user."""
        pool = self.graph.inputs.pool
        kept = np.zeros((len(pool), arc.shape[1]))
        for entries, share, own in kept_from:
            level = self.sweep.to_home(arc * share)
            if own is not None:
                level = level + self.cascade.own[:, None] * made * own
            kept[entries] = level[pool[entries]]
        return kept

    def _after(
        self,
        levels: Levels,
        parts: tuple[np.ndarray, ...],
        scale: float,
        state: State,
    ) -> State:
        """Stocks after the month's use and refill; what is denied to a user refills nothing."""
        inputs, stocks = self.graph.inputs, self.stocks
        reach, entry, need, refillable = parts
        level = levels.user[inputs.user]
        kind, arrived = (
            self.sweep.to_group(entry)[inputs.group],
            self.sweep.to_group(reach)[inputs.group],
        )
        bound = np.minimum(1.0, ratio(level, arrived))
        from_pool = need * reach * np.where(arrived > 0, bound, 0.0)
        lack = ratio(np.maximum(level - arrived, 0.0), kind - arrived)
        used = need * (entry - reach) * np.minimum(lack, 1.0)
        self.drawn, self.from_entry = from_pool + used, used
        from_pool = from_pool.copy()
        after = state.copy()
        if len(stocks.entry):
            spare = np.maximum(refillable - from_pool, 0.0)[stocks.entry]
            left = np.maximum(state.entry - used[stocks.entry], 0.0)
            refill = np.clip(stocks.entry_target - left, 0.0, spare)
            after.entry = left + refill
            from_pool[stocks.entry] += refill
        if len(stocks.pool):
            draw = np.stack(
                [
                    np.bincount(inputs.pool, column, minlength=len(self.graph.pools))
                    for column in from_pool.T
                ],
                axis=1,
            )
            arrival = levels.home * self.pool_need[:, None] * scale
            gap = (draw - arrival)[stocks.pool]
            left = np.clip(state.pool - np.maximum(gap, 0.0), 0.0, None)
            refill = np.clip(stocks.pool_target - left, 0.0, np.maximum(-gap, 0.0))
            after.pool = left + refill
        return after


def _columns(values: np.ndarray) -> np.ndarray:
    """Values of arcs as columns, one for all covers or one each."""
    return values if values.ndim == 2 else values[:, None]


class ScrapLag:
    """Scrap of a month follows what magnet makers of the same market made the month before.

    The figures do not tell swarf of the present month from scrap of old goods, so all of it
    is taken to follow (our assumption, the harder case for the buyers).
    """

    def __init__(self, cascade: Cascade) -> None:
        graph, baseline = cascade.graph, cascade.baseline
        self.cascade = cascade
        markets = graph.activities["market"].to_numpy()
        self.scrap = np.flatnonzero(
            (graph.activities["process"] == "recycle").to_numpy() & (baseline.block("activity") > 0)
        )
        self.markets = sorted(set(markets[self.scrap]))
        self.count = len(self.markets)
        place = {market: number for number, market in enumerate(self.markets)}
        self.of = np.array([place[m] for m in markets[self.scrap]], dtype=int)
        pools = graph.pools
        makes = (pools["stage"] == "magnet").to_numpy() & (cascade.made > 0)
        self.pools = [np.flatnonzero(makes & (pools["market"] == m)) for m in self.markets]

    def left(self, state: np.ndarray) -> np.ndarray:
        """Share left of every activity."""
        left = np.ones((self.cascade.graph.n_activities, state.shape[1]))
        if len(self.scrap):
            left[self.scrap] = np.minimum(state[self.of], 1.0)
        return left

    def level(self, made: np.ndarray, arc: np.ndarray) -> np.ndarray:
        """Level of what magnet makers sell, per market; 1 where they make none."""
        cascade = self.cascade
        flow = cascade.baseline.block("arc")[cascade.live][:, None] * arc
        out = np.stack(
            [
                np.bincount(cascade.origin[cascade.live], column, minlength=len(made))
                for column in flow.T
            ],
            axis=1,
        )
        stays = np.maximum(cascade.made - cascade.exports, 0.0)[:, None] * made
        level = np.ones((self.count, made.shape[1]))
        for number, pools in enumerate(self.pools):
            whole = cascade.made[pools].sum()
            if whole > 0:
                level[number] = (stays + out)[pools].sum(axis=0) / whole
        return level
