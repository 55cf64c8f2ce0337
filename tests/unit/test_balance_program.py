"""The balance as one convex program: planted errors, causes, and what must not change a flow."""

from collections.abc import Callable

import numpy as np
import pytest
from networks import Network
from scipy import sparse

from supplygraph.baseline import balance_table
from supplygraph.baseline.program import HUBER
from supplygraph.baseline.table import column_ids
from supplygraph.errors import NotConvergedError
from supplygraph.solver import FitProgram, solve_fit

pytestmark = pytest.mark.sampled

SAME = 1e-6


def chain(
    *,
    ore: float = 90,
    trade: float = 90,
    cars: float = 15000,
    mine: float | None = 500,
    names: tuple[str, str] = ("mine", "press"),
    tonnes: float = 1.0,
) -> Network:
    """A mine in A and a press in B, with three figures of one flow."""
    net = Network().places("A", "B").material("ore", "mine").material("mag", "magnet")
    net.recipe("dig", {"ore": 1}).recipe("press", {"mag": 1}, {"ore": 3})
    net.plant(names[0], "A", "dig", capacity=mine and mine * tonnes)
    net.plant(names[1], "B", "press")
    net.product("car", {"mag": 0.002 * tonnes}).demand("car", B=cars)
    net.observe(f"output(id={names[0]} material=ore)", ore * tonnes)
    net.trade("ore", "A", "B", trade * tonnes)
    net.observe("surplus(material=ore)", 1e-6 * tonnes, sigma=1e-3)
    return net.observe("unexplained(material=mag)", 1e-6 * tonnes, sigma=1e-3, unit="t_finished/yr")


@pytest.mark.parametrize("bad", ["ore", "trade", "cars"])
@pytest.mark.parametrize(("factor", "most"), [(1.5, 0.0225), (2.0, 0.0169), (10.0, 0.0035)])
def test_one_bad_figure_of_three_breaks_alone(bad, factor, most):
    """Two figures of error s at r each, one in its tail: 2 x 2 r = 2 x 1.345 / its size."""
    right = {"ore": 90.0, "trade": 90.0, "cars": 15000.0}
    net = chain(**{bad: factor * right[bad]})
    table = balance_table(net.solve().baseline, why=False).set_index("id")
    good = {"ore": "o001", "trade": "trade(ore A>B)", "cars": "demand(car@B)"}
    del good[bad]
    moved = [abs(float(table.loc[name, "moved"])) for name in good.values()]
    assert max(moved) == pytest.approx(0.05 * HUBER / (2 * factor), rel=0.01)
    assert max(moved) < most


def flows(net: Network) -> dict[str, float]:
    baseline = net.solve().baseline
    ids = column_ids(baseline.graph, baseline.columns)
    return {f"{kind} {name}": float(x) for (kind, name, _), x in zip(ids, baseline.x, strict=True)}


def same(first: dict[str, float], second: dict[str, float], scale: float = 1.0) -> None:
    """Equal to 1e-6 of the larger of the flow and a thousandth of the largest."""
    floor = 1e-3 * max(first.values())
    assert set(first) == set(second)
    for name, flow in first.items():
        assert second[name] / scale == pytest.approx(flow, abs=SAME * max(flow, floor)), name


@pytest.mark.parametrize("ore", [90, 60, 300])
def test_names_and_the_order_of_names_change_no_flow(ore):
    first = flows(chain(ore=ore))
    second = flows(chain(ore=ore, names=("zz", "aa")))
    renamed = {k.replace("zz/", "mine/").replace("aa/", "press/"): v for k, v in second.items()}
    same(first, renamed)


@pytest.mark.slow
@pytest.mark.parametrize("capacity", [1e6, 1e9, 1e12])
@pytest.mark.parametrize("ore", [90, 60, 300])
def test_a_capacity_far_above_use_is_no_information(capacity, ore):
    same(flows(chain(ore=ore, mine=1e4)), flows(chain(ore=ore, mine=capacity)))


@pytest.mark.slow
@pytest.mark.parametrize("tonnes", [1e-3, 1e3])
@pytest.mark.parametrize("ore", [90, 60])
def test_tonnes_and_thousands_of_tonnes_give_the_same_flows(tonnes, ore):
    first, second = flows(chain(ore=ore)), flows(chain(ore=ore, tonnes=tonnes))
    units = {k: v for k, v in first.items() if k.startswith("demand ")}
    same(units, {k: second[k] for k in units})
    same(
        {k: first[k] for k in first if k not in units},
        {k: second[k] for k in second if k not in units},
        tonnes,
    )


def two_makers(*, halves: bool, capacity: float | None, observed: bool) -> Network:
    """Two smelters of x beside one of y; the first whole or written as two equal halves."""
    net = Network().places("A", "B").material("ore", "mine").recipe("dig", {"ore": 1})
    net.plant("mine", "A", "dig", capacity=600).material("x", "metal")
    net.recipe("smelt", {"x": 1}, {"ore": 1.2})
    parts = ["one-x", "one-y"] if halves else ["one"]
    for part in parts:
        net.plant(part, "A", "smelt", capacity=capacity and capacity / len(parts))
    net.plant("two", "B", "smelt", capacity=120)
    net.product("car", {"x": 1}).demand("car", A=90, B=110)
    net.trade("ore", "A", "B", 100, sigma=0.3).observe("output(material=x)", 190, sigma=0.1)
    if observed:
        net.observe(f"output(id={'|'.join(parts)} material=x)", 85, sigma=0.05)
    return net


@pytest.mark.slow
@pytest.mark.parametrize("capacity", [150, 1e9, None])
@pytest.mark.parametrize("observed", [False, True])
def test_a_plant_written_as_two_halves_pulls_as_one(capacity, observed):
    first = flows(two_makers(halves=False, capacity=capacity, observed=observed))
    second = flows(two_makers(halves=True, capacity=capacity, observed=observed))
    both = [second.pop(f"activity one-{part}/1/smelt") for part in "xy"]
    assert both[0] == pytest.approx(both[1], rel=1e-9)
    second["activity one/1/smelt"] = sum(both)
    same(first, second)


def reasons(net: Network) -> dict[str, str]:
    table = balance_table(net.solve().baseline)
    return dict(zip(table["id"], table["why"], strict=True))


@pytest.mark.slow
def test_a_figure_of_nothing_is_named():
    why = reasons(chain(trade=0))
    assert why["demand(car@B)"].startswith("trade(ore A>B) = 0 t_reo")


@pytest.mark.slow
def test_a_capacity_that_binds_is_named_with_its_line():
    for name in ("o001", "demand(car@B)"):
        why = reasons(chain(mine=50))[name]
        assert "the capacity of line 1 of mine, 50 t_reo/yr, stands against it" in why


@pytest.mark.slow
def test_a_hub_that_neither_makes_nor_uses_is_told_what_to_do():
    net = chain(trade=60).places("H")
    net.trade("ore", "A", "H", 30).trade("ore", "H", "B", 30)
    why = reasons(net)
    assert why["trade(ore H>B)"].startswith("H does not make ore, and what comes in is not sent")
    assert "takes in 1 and gives out 1" in why["trade(ore H>B)"]


@pytest.mark.slow
def test_an_observation_of_such_a_trade_is_told_the_same():
    net = chain(trade=60).places("H").trade("ore", "A", "H", 30).trade("ore", "H", "B", None)
    net.observe("trade(material=ore from=H to=B)", 30, unit="t_reo/yr")
    assert reasons(net)["o004"].startswith("H does not make ore, and what comes in is not")


def test_a_hub_with_a_plant_that_passes_on_carries_what_it_is_sent():
    net = chain(trade=60).places("H").recipe("pass-on", {"ore": 1}, {"ore": 1})
    net.plant("port", "H", "pass-on").trade("ore", "A", "H", 30).trade("ore", "H", "B", 30)
    solved = net.solve()
    assert solved.activity()["port:pass-on"] == pytest.approx(30, rel=1e-4)
    assert solved.none("id=port") == {"car@B": pytest.approx(2 / 3, rel=1e-4)}


def test_agreeing_figures_need_no_reason():
    assert set(reasons(chain()).values()) == {""}


@pytest.fixture
def correlated() -> Callable[[float], FitProgram]:
    """Two flows and their sum, published as 10, 6 and 17 with errors 1, 0.8 and 1."""

    def build(low: float) -> FitProgram:
        figures = sparse.csr_matrix([[1.0, 0.0], [0.0, 1.25], [1.0, 1.0]])
        none, values = sparse.csr_matrix((0, 2)), np.array([10.0, 7.5, 17.0])
        return FitProgram(
            none, np.zeros(0), np.zeros(0), figures, values, np.zeros(2), np.full(2, low), np.inf
        )

    return build


def test_squares_give_the_precision_weighted_mean(correlated):
    assert solve_fit(correlated(0.0)).x == pytest.approx([10.379, 6.242], abs=5e-4)


def test_a_bound_that_binds_is_met_exactly(correlated):
    fit = solve_fit(correlated(7.0))
    assert fit.x[1] == 7.0 and fit.at_bound.tolist() == [False, True]
    assert fit.x[0] == pytest.approx(10.0)  # (10 + (17 - 7)) / 2


def test_leaving_a_figure_out_predicts_the_fit_without_it(correlated):
    program = correlated(0.0)
    change = solve_fit(program).without_figure(2)
    assert solve_fit(program).x + change == pytest.approx([10.0, 6.0], abs=1e-9)


def test_stiff_and_loose_figures_stand_side_by_side():
    """A figure of a millionth beside one of a half: neither loses its digits."""
    figures = sparse.csr_matrix([[1e6, 0.0], [2.0, 2.0], [0.0, 1e-3]])
    values = np.array([1e6 * 3.0, 2.0 * 8.0, 1e-3 * 9.0])
    none = sparse.csr_matrix((0, 2))
    fit = solve_fit(
        FitProgram(
            none, np.zeros(0), np.zeros(0), figures, values, np.full(2, 1e-8), np.zeros(2), HUBER
        )
    )
    assert fit.x == pytest.approx([3.0, 5.0], abs=1e-5)


@pytest.mark.parametrize("need", ["2e-16", "8e-12"])
def test_a_use_that_no_solver_sees_is_refused_and_not_served(need):
    """90 t of ore and cars that need a millionth of a gram: all of it would look like surplus."""
    net = chain(cars=15000, mine=500)
    net.tables["needs"][0]["quantity"] = need
    net.tables["observations"] = net.tables["observations"][:1]
    with pytest.raises(NotConvergedError, match=r"press uses .* of ore@B, a share below 1e-08"):
        net.solve().program  # noqa: B018 - compiled when asked for


@pytest.mark.slow
def test_a_process_of_another_stage_says_nothing_of_a_mine():
    """A word for a process that both stages use: the mine is sized by what is needed of it."""

    def named(process: str) -> Network:
        net = Network().places("A").material("ore", "mine").material("mag", "magnet")
        net.recipe("dig", {"ore": 1}).recipe("press", {"mag": 1}, {"ore": 3})
        net.plant("mine", "A", "dig", process=process)
        net.plant("press", "A", "press", capacity=500, process="usual")
        return net.product("car", {"mag": 1}).demand("car", A=100)

    same(flows(named("digging")), flows(named("usual")))
