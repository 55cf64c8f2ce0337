"""Months lost from the steps of a static answer, beside a run month by month of the same stop."""

import pytest
import yaml
from networks import Network

import supplygraph as sg


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """C makes 12 (8 to X, 4 to Y), J 8 (2 to X, 6 to Y) and could make 9; 8 weeks of stock."""
    net = Network().places("C", "J", "X", "Y").material("goods", "mine")
    net.recipe("make", {"goods": 1})
    net.plant("maker-c", "C", "make", capacity=12).plant("maker-j", "J", "make", capacity=9)
    net.product("car", {"goods": 1}, sector="autos").demand("car", X=10, Y=10)
    for origin, to, quantity in (("C", "X", 8), ("C", "Y", 4), ("J", "X", 2), ("J", "Y", 6)):
        net.trade("goods", origin, to, quantity, sigma=0.01)
    net.stock("car@X", "goods", 8).stock("car@Y", "goods", 8)
    return sg.load(net.write(tmp_path_factory.mktemp("two-makers")))


def test_months_lost_agree_with_a_run_of_the_same_stop(chain, tmp_path):
    scenario = {
        "title": "The first maker stops",
        "start": "2025-01",
        "months": 36,
        "season": False,
        "removals": ["id=maker-c"],
    }
    path = tmp_path / "stop.yaml"
    path.write_text(yaml.safe_dump(scenario), encoding="utf-8")
    run = chain.run(path, rerouting="qualified", rationing="shared", covers=["low"]).table
    lost = run[run["product"] == "total"].iloc[0]
    total = chain.remove("id=maker-c").solve().table.iloc[-1]
    years = [total[f"months_lost_year_{year}_low"] for year in (1, 2, 3)]
    assert sum(years) == pytest.approx(lost["months_lost"], rel=0.05)
    # 36 x .55 less what is in stock, which serves some months of those who lose less than all.
    assert sum(years) == pytest.approx(36 * 0.55 - 8 / 52 * 12, rel=0.01)
    assert lost["first_shortage"] == f"2025-{int(total['first_month_low']):02d}"
