"""What nobody made in the base year, and new plants make later, is of use under `least`."""

import pytest
from networks import Network

from supplygraph.engines import AllocationProgram
from supplygraph.engines.month_model import Month


def later(net: Network, plant: str, month: str = "2026-01") -> None:
    """The lines of a plant begin in a month after the base year."""
    for row in net.tables["capacities"]:
        if row["facility"] == plant:
            row["from_date"] = month


@pytest.fixture
def net() -> Network:
    """1,000 products a year take 3 kg of magnet a or b; b and its ore come in 2026 only."""
    net = Network().places("A", "B")
    for name in "ab":
        net.material(f"ore-{name}", "mine").material(f"mag-{name}", "magnet")
        net.recipe(f"dig-{name}", {f"ore-{name}": 1.0})
        net.recipe(f"press-{name}", {f"mag-{name}": 1.0}, {f"ore-{name}": 4.0})
        net.plant(f"mine-{name}", "A", f"dig-{name}", capacity=20_000.0)
        net.plant(f"press-{name}", "B", f"press-{name}", capacity=4_000.0)
    for plant in ("mine-b", "press-b"):
        later(net, plant)
    net.product("car", {}, either=[{"mag-a": 3.0, "mag-b": 3.0}])
    net.demand("car", B=1000.0)
    net.observe("output(id=mine-a material=ore-a)", 12_000.0)
    return net


def least_loss(net: Network, month: str, *removals: str) -> float:
    solved = net.solve()
    program = AllocationProgram(solved.baseline, month=month)
    answer = program.solve(solved.shock(*removals))
    return float(program.weights @ (1 - answer.served))


def test_in_the_base_month_it_does_not_exist(net):
    assert least_loss(net, "2024-12", "id=press-a") == pytest.approx(1, abs=1e-7)


def test_new_plants_replace_the_old_under_least(net):
    assert least_loss(net, "2026-06", "id=press-a") == pytest.approx(0, abs=1e-7)
    assert least_loss(net, "2026-06", "material=ore-a") == pytest.approx(0, abs=1e-7)
    assert least_loss(net, "2026-06", "id=press-a share=0.6") == pytest.approx(0, abs=1e-7)


def test_up_to_what_they_can_make(net):
    """A press b of 750 t beside none left of 3,000: a quarter is served."""
    for row in net.tables["capacities"]:
        if row["facility"] == "press-b":
            row["quantity"] = "750"
    assert least_loss(net, "2026-06", "id=press-a") == pytest.approx(0.75, abs=1e-6)


def test_and_not_under_none(net):
    solved = net.solve()
    month = Month(solved.baseline, "2026-06")
    levels = month.cascade.levels([month.shock.with_(solved.shock("id=press-a"))])
    assert month.cascade.served(levels)[:, 0] == pytest.approx([0])
