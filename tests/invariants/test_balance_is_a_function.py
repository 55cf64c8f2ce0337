"""The balance follows from the data alone: not from names, order, size or halves of plants.

300 random networks with ``SUPPLYGRAPH_EXAMPLES=300``, as many as fit into CI otherwise. Flows
may differ by a millionth of the larger of the flow and a thousandth of its material's world use.
"""

import os
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from wide_networks import wide_network

from supplygraph.api import Chain
from supplygraph.api import load as load_chain
from supplygraph.baseline.reconcile import BalanceProblem
from tests.faults.folder import Files, Table, read_folder, write_folder
from tests.faults.invariants import SAME, TRANSFORMED, flows_of, largest_difference

EXAMPLES = int(os.environ.get("SUPPLYGRAPH_EXAMPLES", "8"))
# A seed cannot be shrunk: a smaller one is another network.
some_networks = settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, phases=[Phase.explicit, Phase.generate]
)
seeds = st.integers(0, 5000)


def load(files: Files) -> Chain:
    with tempfile.TemporaryDirectory() as folder:
        chain = load_chain(write_folder(files, Path(folder) / "network"))
        assert chain.baseline.residual() <= 1e-9
        return chain


@lru_cache(maxsize=512)
def network(seed: int) -> tuple[Files, Chain]:
    with tempfile.TemporaryDirectory() as folder:
        files = read_folder(wide_network(seed).write(Path(folder)))
    return files, load(files)


@pytest.mark.parametrize("name", sorted(TRANSFORMED))
@given(seed=seeds)
@example(seed=1636)  # one figure of a tiny error: ten refinements of the optimum were too few
@some_networks
def test_flows_stay_when_a_network_is_told_differently(name, seed):
    files, chain = network(seed)
    new, back = TRANSFORMED[name](files, np.random.default_rng(seed))
    difference, where = largest_difference(chain, flows_of(chain), back(flows_of(load(new))))
    assert difference <= SAME, f"seed {seed}, {name}: {where}"


def with_far_capacity(files: Files, chain: Chain, far: float | None) -> Files:
    """Stated capacities of which less than two thirds is used, raised to ``far``.

    None stands for ten times what the users of a line could take.
    """
    graph, base = chain.network, chain.baseline.block("activity")
    carried = BalanceProblem(graph).priors.carried
    lines = list(zip(graph.lines["facility"], graph.lines["line"], strict=True))
    used, taken = (
        dict(zip(lines, np.bincount(graph.line_of, graph.line_units * level), strict=True))
        for level in (base, carried)
    )
    table = Table.parse(files["capacities.csv"])
    plant, line, quantity = (table.at(c) for c in ("facility", "line", "quantity"))
    for row in table.rows:
        key = (row[plant], row[line])
        if row[quantity] and 0 < used[key] < float(row[quantity]) / 1.5:
            near = max(10 * float(taken[key]), float(row[quantity]))
            row[quantity] = repr(near if far is None else far)
    return files | {"capacities.csv": table.text()}


@given(seed=seeds)
@example(seed=4818)
@some_networks
def test_how_far_a_capacity_lies_above_use_never_matters(seed):
    files, chain = network(seed)
    near = load(with_far_capacity(files, chain, None))
    for far in (1e9, 1e12):
        other = load(with_far_capacity(files, chain, far))
        difference, where = largest_difference(near, flows_of(near), flows_of(other))
        assert difference <= SAME, f"seed {seed}, {far:g}: {where}"


def test_the_networks_have_what_they_promise():
    """A generator that draws only easy networks proves nothing."""
    seen = dict.fromkeys(("joint", "either", "loop", "closed", "stages", "markets"), 0)
    for seed in range(60):
        tables = wide_network(seed).tables
        recipes = tables["recipes"]
        out = [r["recipe"] for r in recipes if r["direction"] == "out"]
        seen["joint"] += len(out) > len(set(out))
        seen["either"] += any(r.get("alternative_group") for r in recipes)
        seen["loop"] += any(r["material"] == "swarf" for r in recipes)
        seen["closed"] += any(r.get("kind") == "barred" for r in tables.get("arcs", []))
        seen["markets"] += len(tables["countries"]) >= 5
        seen["stages"] += any(str(r["id"]).startswith("unit") for r in tables["materials"])
    assert all(count >= 5 for count in seen.values()), seen
