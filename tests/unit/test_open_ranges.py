"""Ranges of flows whose upper end nothing gives: they have none, and no number stands for it."""

import numpy as np
import pytest
from networks import Network
from program import run_program

from supplygraph.analysis.records.edge_facts import edge_facts
from supplygraph.baseline import IdentifiedSet

pytestmark = pytest.mark.sampled


def chain(capacity: float | None) -> Network:
    """A mine of 100 t for cars in B and C; only its capacity may limit what goes to C."""
    net = Network().places("A", "B", "C").material("ore", "mine").recipe("dig", {"ore": 1})
    net.plant("mine", "A", "dig", capacity=capacity).product("car", {"ore": 1})
    return net.demand("car", B=60, C=40).trade("ore", "A", "B", 60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The chain without a capacity, as files."""
    return chain(None).write(tmp_path_factory.mktemp("open"))


@pytest.mark.parametrize(("capacity", "most"), [(500, 440), (None, np.inf)])
def test_only_what_nothing_limits_has_no_upper_end(capacity, most):
    baseline = chain(capacity).solve().baseline
    low, high = IdentifiedSet(baseline).intervals([0, 1])
    ends = {arc: (low[i], high[i]) for i, arc in enumerate(baseline.graph.arcs["id"])}
    assert ends["ore:A>B"] == pytest.approx((60, 60), rel=1e-4)
    assert ends["ore:A>C"] == pytest.approx((40, most), rel=1e-4)
    facts = edge_facts(baseline, intervals=True)
    told = {key: ("low" in f, "high" in f) for (_, _, key), f in facts.items() if ">" in key}
    assert told == {"ore:A>B": (True, True), "ore:A>C": (True, np.isfinite(most))}


@pytest.mark.parametrize(
    ("form", "cell"),
    [
        ("csv", "ore:A>C,ore,A,C,40.0,40.0,,t_reo/yr,no_upper_end"),
        ("md", "| 40 | 40 | no upper end | t_reo/yr | no_upper_end |"),
        ("html", '<td class="number">no upper end</td>'),
        ("json", '"high": null, "unit": "t_reo/yr", "flags": [ "no_upper_end" ]'),
        ("table", "at least 40 t_reo/yr, 40 t_reo/yr in the balance, no upper end."),
    ],
)
def test_an_open_end_is_empty_in_data_and_told_in_words(folder, form, cell):
    done = run_program(["--dataset", folder, "balance", "--intervals", "ore", "--format", form])
    assert done.code == 0 and cell in " ".join(done.out.split())
    assert "no_upper_end: 1 of 2 routes; no figure and no capacity limits both what" in (
        done.out + done.err
    )
