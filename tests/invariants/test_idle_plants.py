"""A plant that the optimum does not use loses nothing and needs no solve."""

import numpy as np
import pytest
from networks import Network
from program import shipped_chain
from random_networks import random_network, removals

from supplygraph.analysis.losses.entities import entities_of
from supplygraph.engines.month_model import Month

EXACT = 1e-9


@pytest.mark.parametrize("first", range(0, 20, 10))
def test_served_shares_alone_are_those_of_the_whole_answer(first):
    for seed in range(first, first + 10):
        net = random_network(seed).solve()
        for index, text in enumerate(removals(net, seed)):
            shock = net.shock(*text)
            alone, _ = net.program.served(shock)
            assert (net.program.solve(shock).served == alone).all(), (seed, index)


def many_mines(count: int) -> Network:
    """Mines that dig the same ore with a tenth to spare each."""
    net = Network().places("A").material("ore", "mine").recipe("dig", {"ore": 1.0})
    for number in range(count):
        net.plant(f"m{number:03d}", "A", "dig", capacity=1.1)
        net.observe(f"output(id=m{number:03d})", 1.0, 0.02)
    net.product("car", {"ore": 1.0})
    net.demand("car", 0.02, A=float(count))
    return net


def test_idle_plants_need_no_solve():
    solved = many_mines(40).solve()
    idle = solved.program.reference.x[solved.baseline.columns.block("activity")] == 0
    assert 0 < idle.sum() < 40
    before = solved.program.solves
    for number in np.flatnonzero(idle):
        served, solve = solved.program.served(solved.shock(f"id=m{number:03d}"))
        assert not solve and served == pytest.approx(1.0, abs=EXACT)
    assert solved.program.solves == before


def test_idle_plants_of_the_shipped_dataset_need_no_solve():
    """Others run at capacity to within the solver's tolerance; that must not hide the idle ones."""
    month = Month(shipped_chain().baseline)
    program = month.program
    level = program.reference.x[month.baseline.columns.block("activity")]
    plants = entities_of(month.baseline, "facility")
    idle = [plant for plant in plants if (level[plant.index] == 0).all()]
    assert len(idle) > 50
    assert all(program.untouched(plant.shock) for plant in idle)
    assert not any(program.untouched(p.shock) for p in plants if (level[p.index] > 0).any())
