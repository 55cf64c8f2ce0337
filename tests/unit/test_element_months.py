"""A run by element against a small chain solved by hand."""

from __future__ import annotations

import pytest
from networks import Network

import supplygraph as sg

# Tonnes of metal in a tonne of oxide.
RATIO = {"Nd": 0.8, "Dy": 0.9, "Y": 0.75}
RUN = """
title: Two cuts
start: 2025-01
months: 3
measures:
  - {id: y, kind: ban, imposed_by: [C], covers: {materials: [y-ox]}, blocked: 0.5}
  - {id: m, kind: ban, imposed_by: [C], covers: {materials: [mag]}, blocked: 0.25,
     effective: 2025-02, expires: 2025-02}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """C sends U 100 t of magnets (30 % Nd oxide, 2 % Dy oxide) and 10 t of yttria.

    60 cars take 60 t of magnets, 40 turbines 40 t and all the yttria; a lamp nobody has sized.
    """
    net = Network().places("C", "U")
    for element, ratio in RATIO.items():
        net.add("elements", id=element, name=element, group="heavy", metal_per_oxide=ratio)
        net.material(f"{element.lower()}-ox", "separation")
        net.tables["materials"][-1]["element"] = element
    net.material("mag", "magnet")
    for element, tonnes in (("nd", 30), ("dy", 2), ("y", 10)):
        net.recipe(element, {f"{element}-ox": 1})
        net.plant(element, "C", element, capacity=tonnes)
    net.recipe("sinter", {"mag": 1}, {"nd-ox": 0.3, "dy-ox": 0.02})
    net.plant("s", "C", "sinter", capacity=100)
    net.trade("mag", "C", "U", 100).trade("y-ox", "C", "U", 10)
    net.product("car", {"mag": 1}).product("turbine", {"mag": 1, "y-ox": 0.25})
    net.demand("car", U=60).demand("turbine", U=40)
    path = tmp_path_factory.mktemp("elements")
    net.write(path)
    (path / "two-cuts.yaml").write_text(RUN)
    return path


def rows(folder, **options):
    options.setdefault("rerouting", "none")
    run = sg.load(folder).run(
        folder / "two-cuts.yaml", covers=("central",), by="element", **options
    )
    assert run.results.kind == "run-by-element"
    return run.table.set_index(["element", "month"]).sort_index()


def near(value):
    return pytest.approx(value, abs=2e-6)


@pytest.mark.slow
def test_what_is_lost_is_not_always_short(folder):
    table = rows(folder, by_month=True)
    # A month asks for 5 cars and 3.33 turbines, which hold 0.3 x 0.8 = 0.24 t of Nd each.
    nd = table.loc["Nd"].loc["2025-01":"2025-03"]
    assert nd["demand"].tolist() == near([100 / 12 * 0.24] * 3)
    # Yttria stops half of the turbines: 20 of 100 t of magnets are not asked for any more.
    # In February magnets cap cars at 0.75, turbines stay at 0.5 for want of yttria.
    assert nd["loss"].tolist() == near([0.2, 0.2 + 0.15, 0.2])
    assert nd["shortage"].tolist() == near([0, 0.15, 0])
    assert nd["binding_share"].tolist() == near([0, 0.15 / 0.35, 0])
    assert nd["binding"].tolist() == ["y-ox", "y-ox", "y-ox"]
    yttrium = table.loc["Y"].loc["2025-01":"2025-03"]
    assert yttrium["demand"].tolist() == near([10 / 12 * 0.75] * 3)
    assert yttrium["loss"].tolist() == yttrium["shortage"].tolist() == near([0.5] * 3)
    assert yttrium["binding_share"].tolist() == near([1.0] * 3)


def test_all_months_of_an_element(folder):
    table = rows(folder).reset_index().set_index("element")
    assert table["month"].isna().all() and sorted(table.index) == ["Dy", "Nd", "Y"]
    for element in ("Nd", "Dy"):
        row = table.loc[element]
        assert row["first_shortage"] == "2025-02"
        assert row["months_lost"] == near(0.75) and row["months_short"] == near(0.15)
        assert row["loss"] == near(0.25) and row["shortage"] == near(0.05)
        assert row["binding_share"] == near(0.2)
        # Short for one month, the second after the first shock.
        assert row["ttr_months"] == near(2.0)
        assert row["flags"] == ()
    assert table.loc["Y", "first_shortage"] == "2025-01"
    assert table.loc["Y", "flags"] == ("not_recovered",)
    assert table.loc["Dy", "demand"] == near(100 / 4 * 0.02 * 0.9)


@pytest.mark.slow
def test_least_shares_what_is_left_and_binds_the_same_way(folder):
    table = rows(folder, rerouting="least").reset_index().set_index("element")
    assert table.loc["Y", "loss"] == near(0.5)
    # The magnets that half of the turbines leave over serve all cars: 75 t for 60 and 20.
    assert table.loc["Nd", "months_lost"] == near(0.2 + 0.25 + 0.2)
    assert table.loc["Nd", "months_short"] <= 0.25 + 1e-7


def test_only_the_product_or_region_asked_for(folder):
    table = rows(folder, product="car")
    assert sorted(set(table.index.get_level_values(0))) == ["Dy", "Nd"]
    assert table.loc["Nd", "months_lost"].item() == near(0.25)
    assert table.loc["Nd", "binding_share"].item() == near(1.0)


@pytest.mark.slow
def test_words_and_comparisons_that_do_not_exist(folder):
    chain = sg.load(folder)
    with pytest.raises(sg.UsageError, match=r"by 'elment' is not known\. Did you mean 'element'"):
        chain.run(folder / "two-cuts.yaml", by="elment")
    run = chain.run(folder / "two-cuts.yaml", by="element", rerouting="none")
    with pytest.raises(sg.UsageError, match="runs by element have no products"):
        run.compare(run)


@pytest.mark.slow
def test_alternatives_that_lack_together_are_both_short(tmp_path):
    net = Network().places("C", "U")
    for element in ("Dy", "Tb", "Nd"):
        net.add("elements", id=element, name=element, group="heavy", metal_per_oxide=0.9)
        net.material(f"{element.lower()}-ox", "separation")
        net.tables["materials"][-1]["element"] = element
    net.material("mag", "magnet")
    for element, tonnes in (("dy", 3), ("tb", 1), ("nd", 30)):
        net.recipe(element, {f"{element}-ox": 1})
        net.plant(element, "C", element, capacity=tonnes)
        net.trade(f"{element}-ox", "C", "U", tonnes)
    net.recipe("sinter", {"mag": 1}, {"nd-ox": 0.3}, either=({"dy-ox": 0.04, "tb-ox": 0.04},))
    net.plant("s", "U", "sinter", capacity=100)
    net.product("car", {"mag": 1}).demand("car", U=100)
    path = net.write(tmp_path)
    shortage = {}
    for name, materials in (("both", "dy-ox, tb-ox"), ("one", "dy-ox")):
        (path / f"{name}.yaml").write_text(
            f"title: {name}\nstart: 2025-01\nmonths: 1\nmeasures:\n"
            "- {id: b, kind: ban, imposed_by: [C], blocked: 0.5, "
            f"covers: {{materials: [{materials}]}}}}\n"
        )
        run = sg.load(path).run(
            path / f"{name}.yaml", by="element", rerouting="none", covers=("low",)
        )
        table = run.table.set_index("element")
        loss = 0.5 if name == "both" else 0.5 * 0.75
        assert table["loss"].tolist() == near([loss] * 3)
        shortage[name] = table["shortage"].to_dict()
    assert shortage["both"] == near({"Dy": 0.5, "Tb": 0.5, "Nd": 0.0})
    assert shortage["one"] == near({"Dy": 0.375, "Tb": 0.0, "Nd": 0.0})
