"""A removal reaches every question or is refused; every id that is shown can be removed."""

import inspect
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from program import shipped_chain

import supplygraph as sg
from supplygraph.analysis.losses.entities import BY, entities_of
from supplygraph.api import Chain, Disrupted
from supplygraph.errors import SelectorError, UsageError
from supplygraph.scenario.shocks import UnsizedPlantError, parse_shock

pytestmark = pytest.mark.sampled

ROOT = Path(__file__).parents[2]
COUNTED = {"solve", "cover"}
# What was loaded, whatever is removed; and what makes the next chain.
LOADED = {"dataset", "network", "baseline", "baseline_shipped", "about", "loaded"}
REMOVAL = {"remove", "stop_exports", "taken", "stop"}
OFFERED = {name for name in dir(sg.load("three-nodes")) if not name.startswith("_")}
QUESTIONS = sorted(OFFERED - COUNTED - LOADED - REMOVAL)


@pytest.fixture(scope="module")
def shipped():
    return shipped_chain()


@pytest.fixture
def toy(tmp_path):
    """Writes rows more to the tables of the three-node example, and loads it."""

    def build(**rows: str) -> Chain:
        folder = tmp_path / "toy"
        shutil.copytree(ROOT / "examples" / "three-nodes", folder)
        for table, text in rows.items():
            with (folder / f"{table}.csv").open("a", encoding="utf-8") as file:
                file.write(text + "\n")
        return sg.load(folder)

    return build


@pytest.mark.parametrize("removal", ["id=mine-a", "country=JP share=0.5"])
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_that_does_not_count_removals_is_refused(name, removal):
    """Walks over all that a chain offers, so that a new question cannot forget its removals."""
    hit = sg.load("three-nodes").remove(removal)
    with pytest.raises(UsageError, match=f"{re.escape(removal)}.*(loaded chain|solve)"):
        getattr(hit, name)()


@pytest.mark.parametrize("removal", ["id=mine-a", "country=JP share=0.5"])
@pytest.mark.parametrize("name", sorted(COUNTED))
def test_a_question_that_counts_removals_answers_otherwise(name, removal):
    chain = sg.load("three-nodes")
    whole, hit = (getattr(c, name)() for c in (chain, chain.remove(removal)))
    assert not whole.table.equals(hit.table)


def test_a_disrupted_chain_shows_only_what_counts_its_removals():
    hit = sg.load("three-nodes").remove("id=mine-a")
    assert {name for name in dir(hit) if not name.startswith("_")} == COUNTED | LOADED | REMOVAL
    assert isinstance(hit, Disrupted) and not isinstance(hit, Chain)
    assert len(QUESTIONS) > 15
    with pytest.raises(AttributeError, match="'Disrupted' object has no attribute 'rnak'"):
        _ = hit.rnak


def test_removals_add_up_and_the_chain_asked_stays_whole():
    chain = sg.load("three-nodes")
    hit = chain.remove("id=mine-a share=0.5")
    assert hit.remove("id=plant-b").taken.removed == ("id=mine-a share=0.5", "id=plant-b")
    assert hit.taken.removed == ("id=mine-a share=0.5",) and not chain.taken
    both = hit.stop_exports("country=CN")
    assert both.taken.removed == ("id=mine-a share=0.5",)
    assert both.taken.stopped == ("country=CN",)
    assert str(both.taken) == "id=mine-a share=0.5 and exports of country=CN"
    assert chain.remove().info().kind == "info"  # without nothing it is a whole chain


@pytest.mark.parametrize(
    "name", sorted({*QUESTIONS, *COUNTED, "remove", "stop_exports"} - {"graph"})
)
def test_every_question_lists_its_parameters(name):
    """No catch-all: a misspelt option is refused, and completion shows what there is."""
    parameters = inspect.signature(getattr(Chain, name)).parameters.values()
    assert not [p for p in parameters if p.kind is inspect.Parameter.VAR_KEYWORD]


@pytest.mark.slow
@pytest.mark.parametrize("by", BY)
def test_every_id_that_a_ranking_shows_can_be_removed(shipped, by):
    """By its id it takes just what the ranking took, or says that nobody states its tonnes."""
    table = shipped.rank(by, rerouting="none").table
    found = {entity.id: entity for entity in entities_of(shipped.baseline, by)}
    made, runs = shipped.baseline.made > 0, shipped.baseline.block("activity") > 0
    for name, upper in zip(table["id"], table["loss_upper"], strict=True):
        if name not in found:
            with pytest.raises(
                UnsizedPlantError, match=r"is known .*nobody states its tonnes"
            ) as e:
                shipped.remove(f"id={name}")
            said = re.search(r"at most ([\d.e-]+) %", str(e.value))
            assert float(said[1]) / 100 == pytest.approx(upper, rel=0.05)
            continue
        shock = parse_shock(shipped.network, [f"id={name}"])
        np.testing.assert_array_equal(shock.activity[runs], found[name].shock.activity[runs])
        np.testing.assert_array_equal(shock.made[made], found[name].shock.made[made])
        np.testing.assert_array_equal(shock.arc, found[name].shock.arc)


@pytest.mark.slow
def test_every_row_of_a_page_has_its_command(shipped):
    rows = shipped.page(usual_scenarios=False).table
    removals = rows[rows["part"] == "removal"]["values"]
    lost = [row for row in removals if row["rank"] is not None]
    assert len(lost) > 300 and [row["id"] for row in lost if not row["selector"]] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("JP/magnet", "activity"),
        ("CN/dig", "activity"),
        ("op", "activity"),
        ("CN", "activity"),
        ("ore-a", "made"),
        ("mag-a@JP", "made"),
        ("ore-a:CN>JP", "arc"),
    ],
)
def test_an_id_of_any_kind_is_removed(name, part):
    chain = sg.load("three-nodes")
    assert (getattr(parse_shock(chain.network, [f"id={name} share=0.5"]), part) == 0.5).any()
    assert chain.remove(f"id={name}").solve().total["loss_none"] == pytest.approx(1)


PLANTS = [
    ("plant-z,Plant Z,JP,op,metal,reduce,operating,,", "plant-z", "is known (operating), but has"),
    ("plant-c,Plant C,JP,op,magnet,sinter,project,,", "plant-c", "is known (project), but has"),
    ("mine-aa,Mine,CN,op,mine,dig,operating,mine-a,", "mine-aa", "remove its group: id=mine-a"),
    ("g,Group,CN,op,mine,dig,operating,,\nmine-a2,M,CN,op,mine,dig,operating,g,", "g", "no line"),
]


@pytest.mark.parametrize(("rows", "name", "says"), PLANTS)
def test_a_plant_without_a_line_is_known_and_no_other_is_named(toy, rows, name, says):
    chain = toy(facilities=rows)
    with pytest.raises(UnsizedPlantError) as found:
        chain.remove(f"id={name}")
    assert says in str(found.value) and "Did you mean" not in str(found.value)
    assert ("at most 100 %" in str(found.value)) == ("mine-a" in says)
    with pytest.raises(SelectorError, match=f"id '{name}' is known"):
        chain.remove(f"id={name} country=JP")


@pytest.mark.parametrize(
    ("selector", "says"),
    [
        ("country=KR", "country 'KR' is known (countries.csv), but no plant"),
        ("operator=ops", "operator 'ops' is known (operators.csv), but no plant"),
        ("material=ore-b", "material 'ore-b' is known (materials.csv), but nobody"),
        ("id=ore-b", "'ore-b' is known (material), but no line"),
        ("id=KR", "'KR' is known (country), but no line"),
        ("id=ev", "'ev' is a product"),
        ("id=ev@JP", "'ev@JP' is a product"),
        ("id=mine-b", "no id 'mine-b'. Did you mean 'mine-a' (Mine A)?"),
    ],
)
def test_what_is_known_is_never_taken_for_another(toy, selector, says):
    chain = toy(
        countries="KR,Korea,KR,KR",
        materials="ore-b,mine,,t_reo",
        operators="id,name,country\nop,Op,JP\nops,Ops,JP",
    )
    with pytest.raises(SelectorError, match=re.escape(says)):
        chain.remove(selector)


@pytest.mark.parametrize(
    ("name", "says"),
    [("CN-2025-18", "is a measure"), ("AU-ALCOA-GA", "is a deal")],
)
def test_documents_are_no_part_of_the_chain(shipped, name, says):
    with pytest.raises(SelectorError, match=rf"'{name}' {says}, no part of the chain"):
        shipped.remove(f"id={name}")


@pytest.mark.parametrize(("tonnes", "idle"), [(1e-7, True), (0.0, True), (1e-3, False)])
def test_a_base_flow_below_any_figure_counts_as_none(toy, tonnes, idle):
    """A mine that the balance leaves 1e-7 t beside 90 loses nothing that a figure could show."""
    chain = toy(
        facilities="mine-c,Mine C,CN,op,mine,dig,operating,,",
        capacities="mine-c,1,dig,9,t_reo/yr,nameplate,2020-01",
    )
    flows = chain.baseline.x.copy()
    flows[: chain.network.n_activities] = [90.0, tonnes, 30.0]
    found = entities_of(replace(chain.baseline, x=flows), "facility")
    flagged = {entity.id for entity in found if "no_base_flow" in entity.flags}
    assert flagged == ({"mine-c"} if idle else set())
