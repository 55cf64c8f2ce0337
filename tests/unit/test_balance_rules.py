"""The balance on small networks: figures that agree, figures that do not, groups, odd tables."""

import numpy as np
import pytest
from networks import Network

from supplygraph.errors import DatasetError

pytestmark = pytest.mark.sampled

EXACT = 1e-8


def moved(net: Network) -> dict[str, float]:
    """Relative distance of every figure from what was published."""
    baseline = net.solve().baseline
    return {o.id: o.balanced(baseline.x) / o.value - 1 for o in baseline.observations}


def chain(**grade_or_sigma: str | float) -> Network:
    """A mine in A, a press in B; 90 t of ore and 30 t of magnets where figures agree."""
    net = Network().places("A", "B").material("ore", "mine").material("mag", "magnet")
    net.recipe("dig", {"ore": 1}).recipe("press", {"mag": 1}, {"ore": 3})
    net.plant("mine", "A", "dig", capacity=500).plant("press", "B", "press")
    return net.product("car", {"mag": 0.002}).demand("car", B=15000, **grade_or_sigma)


def test_figures_that_agree_are_met():
    net = chain().observe("output(id=mine material=ore)", 90).trade("ore", "A", "B", 90)
    net.observe("output(material=mag)", 30).observe("use(material=mag)", 30, unit="t_finished/yr")
    net.observe(
        "output(material=ore market=A) / output(material=ore)", 1.0, unit="fraction", role="check"
    )
    assert net.solve().baseline.deviation == pytest.approx(0, abs=EXACT)
    assert list(moved(net).values()) == pytest.approx([0] * 6, abs=EXACT)


@pytest.mark.parametrize(("mine", "trade"), [(0.02, 0.2), (0.2, 0.02)])
def test_of_two_figures_that_differ_the_weaker_moves(mine, trade):
    net = chain(sigma=0.5).observe("output(id=mine material=ore)", 81, sigma=mine)
    net.trade("ore", "A", "B", 90, sigma=trade)
    net.observe("unexplained(material=ore)", 1e-6, sigma=1e-3)
    found = moved(net)
    names = ("o001", "trade(ore A>B)")
    weak, strong = names if mine > trade else names[::-1]
    assert abs(found[weak]) > 5 * abs(found[strong]) > 0


@pytest.mark.parametrize(
    ("first", "second"), [("A", "D"), ("B", "C"), ("A", "calc"), ("calc", "D")]
)
def test_without_a_sigma_the_grade_decides(first, second):
    net = chain(sigma=2.0).observe("output(id=press material=mag)", 30, "", evidence=first)
    net.observe("use(material=mag)", 36, "", unit="t_finished/yr", evidence=second)
    net.observe("unexplained(material=mag)", 1e-6, sigma=1e-3, unit="t_finished/yr", evidence="A")
    net.add("sources", key="s", title="t", publisher="p", date="2024", url="https://example.org")
    for table in ("capacities", "demand", "needs", "observations", "recipes"):
        for row in net.tables[table]:
            row |= {"source": "s", "note": "n"} | (
                {} if table == "needs" else {"evidence": row.get("evidence") or "A"}
            )
    found = moved(net)
    assert 3 * abs(found["o001"]) < abs(found["o002"])


@pytest.mark.slow
def test_a_check_never_pulls():
    figures = chain().observe("output(id=mine material=ore)", 90)
    plain = figures.solve().baseline.x
    figures.observe("output(material=mag)", 500, sigma=0.001, role="check")
    assert (figures.solve().baseline.x == plain).all()


def test_a_share_is_met_as_a_share():
    net = Network().places("A", "B").material("ore", "mine").recipe("dig", {"ore": 1})
    net.plant("a", "A", "dig").plant("b", "B", "dig").product("p", {"ore": 1}).demand("p", B=100)
    net.observe("output(id=a material=ore) / output(material=ore)", 0.7, unit="fraction")
    solved = net.solve()
    made = solved.activity()
    assert made["a:dig"] / (made["a:dig"] + made["b:dig"]) == pytest.approx(0.7, rel=1e-5)
    assert solved.baseline.block("demand").tolist() == pytest.approx([100], rel=1e-5)


def test_a_stated_capacity_is_never_passed():
    net = Network().places("A").material("ore", "mine").recipe("dig", {"ore": 1})
    net.plant("a", "A", "dig", capacity=60).product("p", {"ore": 1}).demand("p", A=100)
    net.observe("output(id=a material=ore)", 100)
    solved = net.solve()
    assert solved.activity()["a:dig"] == pytest.approx(60, rel=1e-6)
    assert solved.none("id=a share=0.5") == {"p@A": pytest.approx(0.5)}


def test_a_rest_closes_its_group_to_the_total_and_members_are_not_summed_twice():
    net = Network().places("A", "B").material("ore", "mine").recipe("dig", {"ore": 1})
    net.plant("all", "A", kind="country")
    net.plant("one", "A", "dig", capacity=60, parent="all")
    net.plant("rest", "A", "dig", parent="all", kind="rest")
    net.product("p", {"ore": 1}).demand("p", B=100)
    net.observe("output(country=A material=ore)", 100).observe("output(id=one material=ore)", 60)
    solved = net.solve()
    assert solved.activity() == {
        "one:dig": pytest.approx(60, rel=1e-6),
        "rest:dig": pytest.approx(40, rel=1e-6),
    }
    assert solved.baseline.made.sum() == pytest.approx(100, rel=1e-6)
    assert solved.none("id=one") == {"p@B": pytest.approx(0.4, abs=1e-6)}
    assert solved.least("id=one") == {"p@B": pytest.approx(0.4, abs=1e-6)}
    assert solved.none("country=A") == {"p@B": 0}


def test_a_parent_with_lines_of_its_own_is_refused():
    net = Network().places("A").material("ore", "mine").recipe("dig", {"ore": 1})
    net.plant("all", "A", "dig", kind="country").plant("one", "A", "dig", parent="all")
    net.product("p", {"ore": 1}).demand("p", A=1)
    with pytest.raises(DatasetError, match="counted twice"):
        net.compile()


def test_countries_of_one_market_pool_but_fall_alone():
    net = Network().places("A", "A2/A", "B").material("ore", "mine").recipe("dig", {"ore": 1})
    net.plant("a", "A", "dig", capacity=60).plant("a2", "A2", "dig", capacity=40)
    net.product("p", {"ore": 1}).demand("p", A=50, B=50).trade("ore", "A", "B", 50)
    net.observe("output(id=a material=ore)", 60).observe("output(id=a2 material=ore)", 40)
    solved = net.solve()
    assert solved.none("country=A2") == {"p@A": pytest.approx(0.6), "p@B": pytest.approx(0.6)}
    assert solved.none("market=A") == {"p@A": 0, "p@B": 0}


@pytest.mark.slow
@pytest.mark.parametrize("status", ["suspended", "construction", "closed", "project", "unknown"])
def test_a_plant_that_does_not_operate_stays_closed(status):
    net = Network().places("A").material("ore", "mine").recipe("dig", {"ore": 1})
    net.plant("a", "A", "dig", capacity=100).plant("b", "A", "dig", capacity=100, status=status)
    net.product("p", {"ore": 1}).demand("p", A=100)
    solved = net.observe("output(id=a material=ore)", 100).solve()
    assert solved.activity()["b:dig"] == 0
    assert solved.least("id=a") == {"p@A": 0}


def idle_recipe(**options: bool) -> Network:
    """A smelter that makes x from ore, and could make y, which another makes in the base year."""
    net = Network().places("A").material("ore", "mine").recipe("dig", {"ore": 1})
    net.plant("mine", "A", "dig", capacity=300)
    for name in ("x", "y"):
        net.material(name, "metal").recipe(f"make-{name}", {name: 1}, {"ore": 1})
        net.product(f"car-{name}", {name: 1}).demand(f"car-{name}", A=100)
    net.plant("both", "A", "make-x", "make-y", capacity=200, **options)
    net.plant("other", "A", "make-y", capacity=100)
    net.observe("output(id=other material=y)", 100).observe("output(id=both material=x)", 100)
    return net.observe("output(material=y)", 100)


@pytest.mark.parametrize("separate", [False, True])
def test_removing_a_node_closes_its_idle_recipes_too(separate):
    solved = idle_recipe(separate=separate).solve()
    assert solved.activity()["both:make-y"] == pytest.approx(0, abs=1e-4)
    # Alone, the loss of the other is made good by the idle recipe; not when both are gone.
    assert solved.least("id=other")["car-y@A"] == pytest.approx(1, abs=1e-6)
    assert solved.least("id=other", "id=both") == {"car-x@A": 0, "car-y@A": 0}
    # Three quarters gone: of 200 t a line, 50 t are left, shared or one line each.
    left = solved.least("id=other", "id=both share=0.75")
    total = left["car-x@A"] + left["car-y@A"]
    assert total == pytest.approx(1.0 if separate else 0.5, abs=1e-6)


def test_exports_come_from_own_production():
    """Sending a good round in a circle cannot meet two trade figures."""
    net = Network().places("A", "B").material("ore", "mine").recipe("dig", {"ore": 1})
    net.plant("a", "A", "dig", capacity=100).plant("b", "B", "dig", capacity=10)
    net.product("p", {"ore": 1}).demand("p", A=50, B=60).trade("ore", "A", "B", 500)
    solved = net.trade("ore", "B", "A", 400).solve()
    assert (solved.baseline.exports <= solved.baseline.made * (1 + 1e-9)).all()
    assert solved.arc()["ore:A>B"] <= 100 * (1 + 1e-9)
    assert solved.arc()["ore:B>A"] <= 10 * (1 + 1e-9)


def test_a_figure_of_zero_closes_a_flow_and_breaks_nothing():
    net = idle_recipe().observe("output(id=both material=y)", 0)
    solved = net.solve()
    assert solved.activity()["both:make-y"] == pytest.approx(0, abs=1e-6)
    assert solved.baseline.residual() <= 1e-9


def test_a_demand_nobody_can_meet_is_no_base():
    net = chain()
    net.material("gem", "metal").recipe("cut", {"gem": 1})
    net.plant("cutter", "A", "cut", status="closed")
    solved = net.product("ring", {"gem": 1}).demand("ring", A=5).solve()
    ring = solved.baseline.block("demand")[solved.graph.demands["product"] == "ring"]
    assert ring == pytest.approx(np.zeros(1), abs=1e-9)
    assert solved.none("id=mine")["car@B"] == 0
    assert np.isfinite(solved.program.weights).all()
