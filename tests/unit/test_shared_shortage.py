"""Who goes without while routes open: networks solved by hand."""

import numpy as np
import pytest
from networks import Network

from supplygraph.engines import AllocationProgram
from supplygraph.engines.shared_shortage import SharedShortage
from supplygraph.scenario.export_stops import as_export_stop, home_of
from tests.solved_networks import Solved

pytestmark = pytest.mark.sampled


def near(value):
    return pytest.approx(value, abs=1e-5)


def shares(solved: Solved, values: np.ndarray) -> dict[str, float]:
    demands = solved.graph.demands
    names = demands["product"] + "@" + demands["market"]
    return dict(zip(names, values.tolist(), strict=True))


def two_makers() -> Solved:
    """C makes 12 (8 to X, 4 to Y), J makes 8 (2 to X, 6 to Y) and could make 9; X, Y need 10."""
    net = Network().places("C", "J", "X", "Y").material("goods", "mine")
    net.recipe("make", {"goods": 1})
    net.plant("maker-c", "C", "make", capacity=12).plant("maker-j", "J", "make", capacity=9)
    net.product("car", {"goods": 1}, sector="autos").demand("car", X=10, Y=10)
    for origin, to, quantity in (("C", "X", 8), ("C", "Y", 4), ("J", "X", 2), ("J", "Y", 6)):
        net.trade("goods", origin, to, quantity, sigma=0.01)
    return net.solve()


@pytest.mark.slow
def test_what_the_first_maker_does_not_send_is_shared_while_contracts_are_kept():
    net = two_makers()
    stop = as_export_stop(net.baseline, net.shock("id=maker-c"))
    none = net.cascade.levels([stop])
    assert shares(net, net.cascade.served(none)[:, 0]) == {"car@X": near(0.2), "car@Y": near(0.6)}
    lag = np.full(len(net.graph.arcs), 18)
    engine = SharedShortage(net.program, lag=lag)
    path = engine.path(stop, none)
    for step in path:  # 2 x 1.15 to X; of the 9 t that J can make 6.7 remain for Y
        assert shares(net, step) == {"car@X": near(0.23), "car@Y": near(0.67)}
    unkept = engine.path(stop, none, floors=False)
    for step in unkept[:3]:
        assert shares(net, step) == {"car@X": near(0.23), "car@Y": near(0.67)}
    for step in unkept[3:]:
        assert shares(net, step) == {"car@X": near(0.45), "car@Y": near(0.45)}
    weights = net.program.weights
    least = engine.least(stop, none, weights)
    assert float(weights @ (1 - least.served)) == near(0.55)


def two_stages() -> Solved:
    """C makes 10 t of metal: 8 become magnets in C (4 used there, 4 to X), 2 magnets in X."""
    net = Network().places("C", "X").material("metal", "mine").material("magnet", "magnet")
    net.recipe("dig", {"metal": 1}).recipe("sinter", {"magnet": 1}, {"metal": 1})
    net.plant("mine-c", "C", "dig", capacity=10)
    net.plant("works-c", "C", "sinter", capacity=8).plant("works-x", "X", "sinter", capacity=2)
    net.product("car", {"magnet": 1}, sector="autos").demand("car", C=4, X=6)
    net.trade("metal", "C", "X", 2, sigma=0.01).trade("magnet", "C", "X", 4, sigma=0.01)
    return net.solve()


@pytest.mark.parametrize(
    ("texts", "stop", "home", "abroad"),
    [
        (["material=metal market=C"], False, 1, 1),
        (["material=metal market=C"], True, 0, 1 / 3),
        (["material=magnet market=C"], True, 0, 2 / 3),
        (["material=metal market=C", "material=magnet market=C"], True, 0, 1),
        (["id=mine-c"], True, 0, 1 / 3),  # by each kind of removal that names the same routes
        (["country=C stage=magnet"], True, 0, 2 / 3),
        (["country=C"], True, 0, 1),
        (["operator=op country=C"], True, 0, 1),
        (["id=magnet:C>X"], True, 0, 2 / 3),
        (["process=magnet country=C share=0.5"], True, 0, 1 / 3),
        (["id=mine-c share=0.5"], True, 0, 1 / 6),
    ],
)
def test_exports_stop_and_plants_stop_are_two_questions(texts, stop, home, abroad):
    net = two_stages()
    shock = net.shock(*texts)
    inside = home_of(net.baseline, shock).demands(net.baseline)
    if stop:
        shock = as_export_stop(net.baseline, shock)
    served = net.cascade.served(net.cascade.levels([shock]))[:, 0]
    assert inside.tolist() == [True, False]
    assert (1 - served).tolist() == [near(home), near(abroad)]


def scarce() -> Solved:
    """H makes 10 t (5 used at home, 5 to X); J makes 5 for X and could make 10; X needs 10."""
    net = Network().places("H", "J", "X").material("goods", "mine").recipe("make", {"goods": 1})
    net.plant("maker-h", "H", "make", capacity=10).plant("maker-j", "J", "make", capacity=10)
    net.product("home-car", {"goods": 1}, sector="autos").demand("home-car", H=5)
    net.product("car", {"goods": 1}, sector="autos").demand("car", X=10)
    net.trade("goods", "H", "X", 5, sigma=0.01).trade("goods", "J", "X", 5, sigma=0.01)
    net.observe("trade(material=goods from=J to=H)", 0, sigma=0.001, unit="t_reo/yr")
    net.observe("output(id=maker-j)", 5, sigma=0.001)
    return net.solve()


def test_each_least_column_has_a_program_of_its_own():
    net = scarce()
    outage = net.shock("id=maker-h")
    none = net.cascade.levels([outage])
    assert shares(net, net.cascade.served(none)[:, 0]) == {
        "home-car@H": near(0),
        "car@X": near(0.5),
    }
    engine = SharedShortage(net.program, lag=np.full(len(net.graph.arcs), 6))
    path = engine.path(outage, none, (3, 6))
    assert shares(net, path[0]) == {"home-car@H": near(0), "car@X": near(0.575)}
    assert shares(net, path[1]) == {"home-car@H": near(2 / 3), "car@X": near(2 / 3)}
    home = home_of(net.baseline, outage).demands(net.baseline)

    def least(weights: np.ndarray) -> float:
        return float(weights @ (1 - engine.least(outage, none, weights).served))

    assert least(np.where(home, 0.0, 1.0)) == near(0)
    assert least(np.where(home, 1.0, 0.0)) == near(0)
    assert least(np.full(2, 0.5)) == near(0.25)


def test_parts_of_one_pool_add_up_and_idle_makers_close_what_they_could_open():
    net = Network().places("C", "X").material("ore", "mine").material("spare", "mine")
    net.recipe("dig", {"ore": 1}).recipe("sort", {"spare": 1})
    net.plant("a", "C", "dig", capacity=6).plant("b", "C", "dig", capacity=4)
    net.plant("idle", "C", "sort", capacity=5).plant("other", "X", "sort", capacity=3)
    net.product("car", {"ore": 1}).demand("car", X=10)
    net.product("pump", {"spare": 1}).demand("pump", X=3)
    net.observe("output(id=a)", 6, sigma=0.001).observe("output(id=b)", 4, sigma=0.001)
    net.observe("output(id=idle)", 0, sigma=0.001).observe("output(id=other)", 3, sigma=0.001)
    solved = net.solve()

    def left(*texts: str) -> dict[str, float]:
        shock = as_export_stop(solved.baseline, solved.shock(*texts))
        return dict(zip(solved.graph.arcs["id"], shock.arc.tolist(), strict=True))

    assert left("id=a")["ore:C>X"] == pytest.approx(0.4, abs=1e-3)
    assert left("id=a", "id=b")["ore:C>X"] == pytest.approx(0, abs=1e-9)
    assert left("id=a share=0.5", "id=b")["ore:C>X"] == pytest.approx(0.3, abs=1e-3)
    assert left("id=a")["spare:C>X"] == 1
    assert left("id=idle")["spare:C>X"] == 0


def test_a_need_of_unknown_size_is_served_no_better_than_the_sized_uses_beside_it():
    net = Network().places("C", "J", "X").material("oxide", "mine").recipe("dig", {"oxide": 1})
    net.plant("mine-c", "C", "dig", capacity=10).plant("mine-j", "J", "dig", capacity=10)
    net.product("lens", {"oxide": 1}).demand("lens", X=20)
    net.product("chip", {"oxide": 1}, sector="chips").demand("chip", X=1)
    net.tables["needs"][-1] |= {"quantity": "", "quantity_evidence": "D"}
    net.trade("oxide", "C", "X", 10, sigma=0.01).trade("oxide", "J", "X", 10, sigma=0.01)
    solved = net.solve()
    stop = as_export_stop(solved.baseline, solved.shock("id=mine-c"))
    engine = SharedShortage(solved.program, lag=np.zeros(len(solved.graph.arcs)))
    none = solved.cascade.levels([stop])
    chips = (solved.graph.demands["product"] == "chip").to_numpy()
    found = engine.path(stop, none, (3,))[0]
    assert found[chips] == near(found[~chips][0])
    # Asked for alone it is still not served before the lenses whose grams are known.
    alone = engine.least(stop, none, chips.astype(float)).served
    assert alone[chips] <= alone[~chips] + 1e-6


def test_capacities_of_a_step_do_not_depend_on_which_step_is_asked_for_first():
    """A plant that grows to 15 after half a year and closes in the third year counts as grown."""
    net = Network().places("C", "X").material("goods", "mine").recipe("make", {"goods": 1})
    net.plant("maker", "C", "make", capacity=10)
    net.later("maker", "2025-07", 15).later("maker", "2027-01", 0)
    net.product("car", {"goods": 1}).demand("car", X=10)
    solved = net.solve()

    def asked(*steps: int) -> list[float]:
        engine = SharedShortage(AllocationProgram(solved.baseline, month="2028-01"), "2025-01")
        return {step: engine.capacities(step).line.tolist() for step in steps}[36]

    assert asked(36) == asked(3, 6, 12, 24, 36) == [15]


def three_makers(spare: float) -> Solved:
    """C's two makers make 6 and 4, of which 4 stay; the second could make more. J makes 4 for X."""
    net = Network().places("C", "J", "X").material("goods", "mine").recipe("make", {"goods": 1})
    net.plant("first", "C", "make", capacity=6).plant("second", "C", "make", capacity=4 + spare)
    net.plant("maker-j", "J", "make", capacity=4)
    net.product("home-car", {"goods": 1}, sector="autos").demand("home-car", C=4)
    net.product("car", {"goods": 1}, sector="autos").demand("car", X=10)
    net.trade("goods", "C", "X", 6, sigma=0.01).trade("goods", "J", "X", 4, sigma=0.01)
    for name, level in (("first", 6), ("second", 4), ("maker-j", 4)):
        net.observe(f"output(id={name})", level, sigma=0.001)
    return net.solve()


@pytest.mark.parametrize(
    ("texts", "spare", "none", "served"),
    [
        (("id=first",), 0, 0.64, 0.64),  # the second sends 40 % of six
        (("id=first",), 1, 0.64, 0.74),  # and what it makes beyond the base year
        (("id=first",), 9, 0.64, 1.0),  # a route at no more than six in all
        (("id=first share=0.5",), 1, 0.82, 0.92),
        (("id=first", "id=second"), 9, 0.4, 0.4),  # nobody in C exports, whatever it could make
        (("country=C share=0.5",), 9, 0.7, 0.7),  # each route keeps half, as under a licence
        (("material=goods market=C share=0.5",), 9, 0.7, 0.7),
    ],
)
def test_plants_that_go_on_exporting_send_what_they_make_beyond_the_base_year(
    texts, spare, none, served
):
    net = three_makers(spare)
    stop = as_export_stop(net.baseline, net.shock(*texts))
    levels = net.cascade.levels([stop])
    assert shares(net, net.cascade.served(levels)[:, 0]) == {
        "home-car@C": near(1),
        "car@X": pytest.approx(none, abs=1e-3),
    }
    engine = SharedShortage(net.program, lag=np.zeros(len(net.graph.arcs)))
    wanted = {"home-car@C": near(1), "car@X": pytest.approx(served, abs=1e-3)}
    assert shares(net, engine.path(stop, levels, (3,))[0]) == wanted
    assert shares(net, engine.least(stop, levels, net.program.weights).served) == wanted
    assert shares(net, net.program.solve(stop).served) == wanted
    if "share" not in texts[0]:  # of an outage a share is left of what a plant could make
        outage = net.shock(*texts)
        stand = engine.path(outage, net.cascade.levels([outage]), (3,))[0]
        assert shares(net, stand)["car@X"] <= served + 1e-5
