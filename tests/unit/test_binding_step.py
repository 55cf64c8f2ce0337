"""The one step that binds, said in words made from recipes, needs and names alone."""

from __future__ import annotations

import pytest
from networks import Network

from supplygraph.analysis.deals.cover_by_year import Years
from supplygraph.analysis.deals.outlook_question import OutlookQuestion

pytestmark = pytest.mark.sampled

NAMES = {
    "clay": "Clay concentrate",
    "dy-oxide": "Dysprosium oxide",
    "tb-oxide": "Terbium oxide",
    "dy-metal": "Dysprosium metal",
    "tb-metal": "Terbium metal",
    "magnet": "Heavy magnet",
}


def magnets(**capacity: float) -> Network:
    """Clay to two oxides to two metals, of which a magnet needs one; 40 t of each are used."""
    room = {"clay": 80.0, "dy": 100.0, "tb": 100.0, "press": 100.0, "sep": 100.0} | capacity
    net = Network().places("JP")
    for name in ("Dy", "Tb"):
        net.add("elements", id=name, name=name, group="heavy", metal_per_oxide=1)
    stages = ("mine", "separation", "separation", "metal", "metal", "magnet")
    for (name, said), stage in zip(NAMES.items(), stages, strict=True):
        net.material(name, stage)
        element = name[:2].title() if stage in ("separation", "metal") else ""
        net.tables["materials"][-1].update(name=said, element=element)
    net.recipe("dig", {"clay": 1})
    net.recipe("split", {"dy-oxide": 0.5, "tb-oxide": 0.5}, {"clay": 1})
    net.recipe("melt-dy", {"dy-metal": 1}, {"dy-oxide": 1})
    net.recipe("melt-tb", {"tb-metal": 1}, {"tb-oxide": 1})
    net.recipe("press", {"magnet": 1}, either=[{"dy-metal": 1, "tb-metal": 1}])
    net.plant("mine", "JP", "dig", capacity=room["clay"])
    net.plant("sep", "JP", "split", capacity=room["sep"], process="heavy")
    net.plant("melt-dy", "JP", "melt-dy", capacity=room["dy"])
    net.plant("melt-tb", "JP", "melt-tb", capacity=room["tb"])
    net.plant("press", "JP", "press", capacity=room["press"])
    net.product("car", {"magnet": 1}).demand("car", JP=80)
    net.tables["products"][-1]["name"] = "Electric car"
    return net


def said(net: Network, **later: float) -> tuple[str, str]:
    """What binds, and in what words, once some plants can do less than in the base year."""
    for plant, capacity in later.items():
        net.later(plant.replace("_", "-"), "2025-01", capacity)
    solved = net.solve()
    question = OutlookQuestion((2028,), ("Dy",), ("JP",), ("none",))
    years = Years(solved.baseline, {}, solved.shock("id=press share=0"), question)
    row = next(iter(years.rows(2028)))
    return str(row["binding"]), str(row["because"])


@pytest.mark.parametrize(
    ("later", "binding", "because"),
    [
        ({}, "", ""),
        ({"press": 40.0}, "magnet", "Heavy magnet, for Electric car"),
        (
            {"melt_dy": 20.0, "melt_tb": 20.0},
            "dy-metal or tb-metal",
            "Dysprosium metal or Terbium metal: Heavy magnet needs Dy or Tb",
        ),
        ({"mine": 40.0}, "clay", "Clay concentrate (mine), feed of heavy separation"),
    ],
)
def test_the_step_that_binds_is_named_with_what_needs_it(later, binding, because):
    assert said(magnets(), **later) == (binding, because)


def test_what_goes_into_one_of_a_choice_names_the_choice():
    found = said(magnets(), sep=40.0)
    assert found[0] in ("dy-oxide", "tb-oxide")
    assert found[1].endswith("oxide (separation): Heavy magnet needs Dy or Tb")


def test_what_only_one_thing_needs_names_that():
    net = Network().places("JP")
    net.add("elements", id="Dy", name="Dysprosium", group="heavy", metal_per_oxide=1)
    net.material("dy-oxide", "separation").material("dy-metal", "metal")
    for row, name in zip(net.tables["materials"], ("Dy oxide", ""), strict=True):
        row.update(element="Dy", name=name)
    net.recipe("make", {"dy-oxide": 1}).recipe("melt", {"dy-metal": 1}, {"dy-oxide": 1})
    net.plant("make", "JP", "make", capacity=100).plant("press", "JP", "melt", capacity=100)
    net.product("car", {"dy-metal": 1}).demand("car", JP=80)
    # A material without a name is called by its id.
    assert said(net, make=40.0) == ("dy-oxide", "Dy oxide (separation), for dy-metal")
