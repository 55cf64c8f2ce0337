"""What must hold on any network: both engines on networks drawn from fixed seeds.

Nothing here knows the answer; each test is a relation that the design promises.
"""

from functools import cache

import numpy as np
import pytest
from random_networks import random_network, removals

from supplygraph.baseline import reconcile
from supplygraph.engines import AllocationProgram
from supplygraph.engines.shared_shortage import SharedShortage
from supplygraph.graph import Matrix
from supplygraph.scenario import Shock
from tests.solved_networks import Solved, bounds_under, cold_loss, loss, product_loss

SEEDS = range(60)
BLOCKS = [range(first, first + 20) for first in range(0, len(SEEDS), 20)]
EXACT, TIGHT = 1e-9, 1e-7


@cache
def solved(seed: int) -> Solved:
    return Solved(random_network(seed).compile())


def cases(seeds: range, most: int):
    """Networks with some of their removals and the cascade's answer to each."""
    for seed in seeds:
        net = solved(seed)
        texts = removals(net, seed)[:most]
        shocks = [net.shock(*text) for text in texts]
        levels = net.cascade.levels(shocks)
        served = net.cascade.served(levels)
        for index, (text, shock) in enumerate(zip(texts, shocks, strict=True)):
            yield f"seed {seed} {text}", net, shock, levels.column(index), served[:, index]


def blocks(test):
    """Run a test over the seeds, thirty at a time."""
    return pytest.mark.parametrize("seeds", BLOCKS, ids=lambda part: f"{part[0]}-{part[-1]}")(test)


@blocks
def test_balance_closes_per_material_and_market(seeds):
    for seed in seeds:
        baseline, graph = solved(seed).baseline, solved(seed).graph
        assert baseline.residual() <= EXACT, seed
        drawn = np.bincount(graph.inputs.pool, baseline.drawn, minlength=len(graph.pools))
        supply = baseline.made + baseline.imports
        use = baseline.exports + drawn + baseline.held("surplus") + baseline.held("unexplained")
        assert np.abs(supply - use) == pytest.approx(0, abs=EXACT * max(supply.max(), 1e-6)), seed
        assert (np.abs(supply - use) <= EXACT * np.maximum(supply, 1e-3)).all(), seed
        assert (baseline.exports <= baseline.made * (1 + EXACT) + 1e-12).all(), seed
        assert (baseline.x >= 0).all(), seed


@blocks
def test_without_a_removal_everything_is_served(seeds):
    for seed in seeds:
        net = solved(seed)
        nothing = Shock.nothing(net.graph)
        levels = net.cascade.levels([nothing])
        assert levels.user == pytest.approx(1, abs=EXACT), seed
        # A pool that keeps a millionth of what it passes on has a level only to rounding.
        passing = net.baseline.made + net.baseline.imports
        for level, size in ((levels.made, net.baseline.made), (levels.home, net.cascade.home)):
            lack = np.abs(level[:, 0] - 1) * size
            assert (lack <= EXACT * np.maximum(passing, 1e-9)).all(), seed
        assert net.cascade.served(levels) == pytest.approx(1, abs=EXACT), seed
        assert (net.program.reference.served == 1).all(), seed
        assert (net.program.solve(nothing).served == 1).all(), seed
        flows = net.cascade.flows(levels, nothing)
        assert bounds_under(net, nothing).violation(flows)[0] <= TIGHT, seed


@blocks
def test_flows_of_the_cascade_pass_every_row_and_bound(seeds):
    for case, net, shock, levels, served in cases(seeds, 12):
        flows = net.cascade.flows(levels, shock)
        violation, where = bounds_under(net, shock).violation(flows)
        assert violation <= TIGHT, f"{case}: {where}"
        demand = flows[net.baseline.columns.block("demand")]
        assert demand == pytest.approx(served * net.baseline.block("demand"), rel=EXACT), case


@blocks
def test_least_loses_no_more_than_none_in_total(seeds):
    for case, net, shock, _, served in cases(seeds, 12):
        answer = net.program.solve(shock)
        violation, where = bounds_under(net, shock).violation(answer.x, solver=True)
        assert violation <= TIGHT, f"{case}: {where}"
        weights = net.program.weights
        assert loss(weights, answer.served) <= loss(weights, served) + TIGHT, case


@blocks
def test_least_loses_no_more_than_none_for_each_single_product(seeds):
    for case, net, shock, _, served in cases(seeds, 4):
        for product in sorted(set(net.graph.demands["product"])):
            alone = net.program.solve(shock, product=product)
            least, none = (product_loss(net, product, s) for s in (alone.served, served))
            assert least <= none + TIGHT, f"{case} {product}"
            together = net.program.solve(shock)
            assert least <= product_loss(net, product, together.served) + TIGHT, f"{case} {product}"


@blocks
def test_losing_more_never_costs_less(seeds):
    for seed in seeds:
        net = solved(seed)
        weights = net.program.weights
        texts = [text for texts in removals(net, seed)[:4] for text in texts[:1]]
        one, other = (text.split(" share=")[0] for text in texts[:2])
        steps = [[f"{one} share={s}"] for s in (0.1, 0.4, 0.8, 1.0)]
        steps += [[one, f"{other} share={s}"] for s in (0.3, 1.0)]
        shocks = [net.shock(*step) for step in steps]
        served = net.cascade.served(net.cascade.levels(shocks))
        assert (np.diff(served, axis=1) <= EXACT).all(), (seed, one, other)
        least = [loss(weights, net.program.solve(shock).served) for shock in shocks]
        assert (np.diff(least) >= -TIGHT).all(), (seed, one, other, least)


@blocks
def test_ranking_equals_a_cold_solve_in_any_order(seeds):
    """A program built anew for the removal: no warm basis, tie-break or short cut."""
    for seed in seeds:
        net = solved(seed)
        weights = net.program.weights
        shocks = [net.shock(*text) for text in removals(net, seed)[:8]]
        warm = [net.program.solve(shock) for shock in shocks]
        back = [net.program.solve(shock) for shock in reversed(shocks)][::-1]
        for index, (first, again, shock) in enumerate(zip(warm, back, shocks, strict=True)):
            assert (first.x == again.x).all(), (seed, index)
            cold = cold_loss(net, shock, weights)
            assert loss(weights, first.served) == pytest.approx(cold, abs=TIGHT), (seed, index)


@pytest.mark.parametrize("seed", range(0, 60, 4))
def test_a_new_program_gives_the_same_answer(seed):
    net = solved(seed)
    for text in removals(net, seed)[:5]:
        shock = net.shock(*text)
        new, old = AllocationProgram(net.baseline).solve(shock), net.program.solve(shock)
        assert (new.x == old.x).all() and (new.price == old.price).all(), text


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_sharing_without_floors_serves_the_worst_off_best_and_never_loses_less(seed):
    engine = SharedShortage(solved(seed).program)
    for case, net, shock, levels, _ in cases(range(seed, seed + 1), 2):
        (shares,) = engine.path(shock, levels, (36,), floors=False)
        weights, value = net.program.weights, net.program.solve(shock)
        assert loss(weights, shares) >= loss(weights, value.served) - TIGHT, case
        # The worst off is served no worse than by any other allocation that is known.
        live = net.baseline.block("demand") > 0
        assert shares[live].min() >= value.served[live].min() - 1e-5, case


@pytest.mark.parametrize("seed", range(0, 60, 2))
def test_rows_of_the_tables_may_come_in_any_order(seed):
    net, other = solved(seed), random_network(seed).shuffled(seed).solve()
    assert net.graph.dataset.hash == other.graph.dataset.hash
    scale = np.maximum(np.abs(net.baseline.x), 1e-9)
    assert (np.abs(net.baseline.x - other.baseline.x) <= EXACT * scale).all()
    for text in removals(net, seed)[:6]:
        assert net.none(*text) == pytest.approx(other.none(*text), abs=EXACT)
        assert net.least(*text) == pytest.approx(other.least(*text), abs=EXACT)


@blocks
def test_a_removed_node_stays_closed_and_blank_capacity_never_grows(seeds):
    for case, net, shock, _, _ in cases(seeds, 8):
        activity = net.program.solve(shock).x[net.baseline.columns.block("activity")]
        base = net.baseline.block("activity")
        capacity, open_ = net.graph.line_capacity(net.graph.base_month)
        assert activity[shock.activity == 0] == pytest.approx(0, abs=1e-12), case
        assert activity[~open_] == pytest.approx(0, abs=1e-12), case
        blank = np.isnan(capacity)[net.graph.line_of]
        room = (base * shock.activity)[blank]
        assert (activity[blank] <= room * (1 + EXACT) + 1e-9 * base.max()).all(), case
        load = np.bincount(
            net.graph.line_of, net.graph.line_units * activity, minlength=len(capacity)
        )
        stated = np.flatnonzero(~np.isnan(capacity))
        assert (load[stated] <= capacity[stated] * (1 + TIGHT) + 1e-9).all(), case


@blocks
def test_surplus_and_unexplained_use_are_no_spare_supply(seeds):
    """Of each tonne made and received they keep at least their base share."""
    for case, net, shock, _, _ in cases(seeds, 4):
        x, columns, base = net.program.solve(shock).x, net.baseline.columns, net.baseline
        graph, size = net.graph, len(net.graph.pools)
        end = graph.arcs["destination"].to_numpy()
        imports = np.bincount(end, x[columns.block("arc")], minlength=size)
        made = np.zeros(size)
        made[columns.made_of] = x[columns.block("made")]
        home = base.made - base.exports + base.imports
        for name, pools in (
            ("surplus", columns.surplus_of),
            ("unexplained", columns.unexplained_of),
        ):
            for pool, now in zip(pools, x[columns.block(name)], strict=True):
                if home[pool] <= 0:
                    continue
                share = base.held(name)[pool] / home[pool]
                stay = 1 - base.exports[pool] / base.made[pool] if base.made[pool] > 0 else 0.0
                least = share * (stay * made[pool] + imports[pool])
                room = TIGHT * max(home[pool], made[pool] + imports[pool])
                assert now >= least - room, f"{case} {name} {graph.pools['id'].iat[pool]}"


def test_the_seeds_reach_what_the_engines_must_handle():
    """The generator is worth nothing if it draws only easy networks."""
    seen: dict[str, int] = dict.fromkeys(
        (
            "joint",
            "either",
            "optional",
            "both ways",
            "blank",
            "idle",
            "surplus",
            "unexplained",
            "loop",
            "unweighted",
            "conflict",
        ),
        0,
    )
    for seed in SEEDS:
        net = solved(seed)
        graph, baseline = net.graph, net.baseline
        outputs = np.bincount(graph.made_activity, minlength=graph.n_activities)
        groups = np.bincount(graph.inputs.group)
        capacity, _ = graph.line_capacity(graph.base_month)
        both = (baseline.exports > 0) & (baseline.imports > 0)
        seen["joint"] += bool((outputs > 1).any())
        seen["either"] += bool((groups > 1).any())
        seen["optional"] += bool((~graph.inputs.essential).any())
        seen["both ways"] += bool(both.any())
        seen["blank"] += bool(np.isnan(capacity).any())
        seen["idle"] += bool((baseline.block("activity") == 0).any())
        seen["surplus"] += bool(baseline.held("surplus").sum() > 0)
        seen["unexplained"] += bool(baseline.held("unexplained").sum() > 0)
        seen["loop"] += "swarf" in set(graph.pools["material"])
        seen["unweighted"] += bool((net.program.weights == 0).any())
        seen["conflict"] += baseline.deviation > 0.1
    assert all(count >= 5 for count in seen.values()), seen


def test_same_input_gives_the_same_bytes():
    for seed in (1, 2, 3):
        graph = random_network(seed).compile()
        assert (reconcile(graph).x == solved(seed).baseline.x).all()


def test_a_broken_rule_is_noticed():
    """The check of flows is not blind: nudging one flow of a tight network breaks a row."""
    net = solved(4)
    bounds = bounds_under(net, Shock.nothing(net.graph))
    assert isinstance(bounds.rows, Matrix)
    x = net.baseline.x.copy()
    assert bounds.violation(x)[0] <= TIGHT
    arc = net.baseline.columns.block("arc")
    x[arc.start + int(np.argmax(x[arc]))] *= 1.001
    assert bounds.violation(x)[0] > TIGHT
