"""The synthetic networks balance, the reader accepts them, and the rivals give the same answers."""

from functools import cache

import numpy as np
import pytest

from benchmarks.folder import write_network
from benchmarks.networks import EITHER, SIZES, Chain, inputs_of
from benchmarks.rivals import ColdRival, NetworkxRival, PyomoRival
from benchmarks.run import facility_shocks, main, objective
from supplygraph.baseline import Baseline, reconcile
from supplygraph.dataset import read_dataset
from supplygraph.engines import AllocationProgram, Cascade
from supplygraph.engines.allocation import LOSS_SCALE
from supplygraph.graph import compile_graph

SMALL = 40


@pytest.fixture(scope="module")
def baseline(tmp_path_factory) -> Baseline:
    folder = write_network(tmp_path_factory.mktemp("synthetic"), SMALL)
    return reconcile(compile_graph(read_dataset(folder)))


@cache
def chain(size: int) -> Chain:
    return Chain(SIZES[size])


@pytest.mark.parametrize("size", SIZES)
def test_every_material_balances_in_every_country(size):
    net = chain(size)
    use = {m: np.zeros(net.size.countries) for m in net.made}
    for plant in net.plants:
        for material, quantity in inputs_of(plant).items():
            use[material][plant.country] += quantity * plant.activity
        for material, quantity, share in EITHER.get(plant.tech.name, ()):
            use[material][plant.country] += quantity * share * plant.activity
    for need, units in zip(net.needs, net.demand, strict=True):
        for material, quantity in need.items():
            use[material] += quantity * units
    idle = set()
    for material, made in net.made.items():
        home = made.copy()
        for (name, origin, end), flow in net.flows.items():
            if name == material:
                home[origin] -= flow
                home[end] += flow
        rest = (home - use[material]) / made.sum()
        assert rest.min() > -1e-6, material
        if rest.max() > 1e-6:
            idle.add(material)
    # Oxides in surplus, and what nobody takes.
    assert all(name.startswith("ox-") or use[name].sum() == 0 for name in idle)


@pytest.mark.parametrize("size", SIZES)
def test_a_network_has_the_size_it_says(size):
    net = chain(size)
    ranked = [plant for plant in net.plants if plant.tech.stage != "other"]
    assert len(ranked) == size
    for techs in net.techs.values():
        for tech in techs:
            places = {plant.country for plant in ranked if plant.tech is tech}
            assert len(places) > 1, tech.name


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    one, other = (write_network(tmp_path / name, SMALL) for name in ("one", "other"))
    new = write_network(tmp_path / "new", SMALL, seed=8)
    for file in sorted(one.iterdir()):
        assert file.read_bytes() == (other / file.name).read_bytes(), file.name
    assert (one / "demand.csv").read_bytes() != (new / "demand.csv").read_bytes()


def test_the_balance_finds_the_flows_behind_the_figures(baseline):
    assert baseline.residual() < 1e-9
    moved = [abs(o.balanced(baseline.x) / o.value - 1) for o in baseline.observations]
    assert len(moved) > 200
    assert np.quantile(moved, 0.95) < 1e-3
    activity = dict(zip(baseline.graph.activities["id"], baseline.block("activity"), strict=True))
    for plant in chain(SMALL).plants:
        room = 1e-6 * chain(SMALL).made.get(plant.tech.output, np.ones(1)).sum()
        assert activity[plant.id] == pytest.approx(plant.activity, rel=5e-3, abs=room), plant.id


@pytest.mark.slow
def test_a_new_model_per_removal_gives_the_same_objective(baseline):
    program = AllocationProgram(baseline)
    cold = ColdRival(program)
    lost = 0
    for shock in facility_shocks(baseline):
        mine = objective(program, shock)
        assert abs(mine - cold.objective(shock)) / LOSS_SCALE < 1e-6
        lost += mine > program.cost[: program.common] @ program.reference.x + 1e-3 * LOSS_SCALE
    assert lost > 2


def test_pyomo_gives_the_same_objective(baseline):
    pytest.importorskip("pyomo", reason="needs the extra 'bench'")
    program = AllocationProgram(baseline)
    rival = PyomoRival(program)
    for shock in facility_shocks(baseline)[::4]:
        assert abs(objective(program, shock) - rival.objective(shock)) / LOSS_SCALE < 1e-6


@pytest.mark.slow
def test_loops_over_a_graph_give_the_same_levels(baseline):
    kernel = Cascade(baseline)
    rival, shocks = NetworkxRival(kernel), facility_shocks(baseline)
    served = kernel.served(kernel.levels(shocks))
    assert served.min() < 0.9
    for index, shock in enumerate(shocks):
        assert np.abs(rival.served(shock) - served[:, index]).max() < 1e-9


def test_a_batch_gives_what_each_removal_gives_alone(baseline):
    kernel, shocks = Cascade(baseline), facility_shocks(baseline)
    together = kernel.levels(shocks[::-1])
    for index, shock in enumerate(shocks[::-1]):
        alone = kernel.levels([shock])
        for one, many in zip(alone.parts, together.column(index).parts, strict=True):
            assert (one == many).all()


@pytest.mark.slow
def test_a_run_prints_ratios_and_counts(capsys):
    assert main(["--size", "40", "--samples", "3", "--no-pyomo"]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = {line[:50].split("  ")[0]: line for line in lines}
    assert {"skipped by zero flow", "iterations per solve", "peak memory, ranked"} <= set(found)
    assert "x " in found["cascade against networkx loops"]
