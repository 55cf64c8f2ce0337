"""A figure is in the unit of what it states, and a capacity says what it counts."""

import pytest
from toy import cautions, faults, toy

import supplygraph as sg
from supplygraph.baseline import balance_table

pytestmark = pytest.mark.sampled

OBSERVED = "id,expression,value,unit,year,sigma,role\n"
MATERIALS = """id,stage,element,unit
ore-a,mine,,t_reo
nd-oxide,separation,Nd,t_oxide
nd-metal,metal,Nd,t_metal
mag-a,magnet,,t_finished
"""
RECIPES = """recipe,material,direction,quantity,essential,alternative_group
dig,ore-a,out,1,,
split,ore-a,in,1,true,
split,nd-oxide,out,0.9,,
smelt,nd-oxide,in,1.2,true,
smelt,nd-metal,out,1,,
sinter,nd-metal,in,0.3,true,
sinter,mag-a,out,0.7,,
"""
PLANTS = [
    ("facilities", "sep-c,Sep,CN,op,separation,light,operating,,"),
    ("facilities", "met-c,Met,CN,op,metal,smelt,operating,,"),
    ("capacities", "sep-c,1,split,400,t_reo/yr,nameplate,2020-01"),
    ("capacities", "met-c,1,smelt,400,t_metal/yr,nameplate,2020-01"),
]
ELEMENTS = "id,name,group,oxide,metal_per_oxide\nNd,Neodymium,light,Nd2O3,0.8574\n"


def observed(folder, expression, unit, value=1):
    row = f"o1,{expression},{value},{unit},2024,0.05,fit\n"
    return faults(
        toy(
            folder,
            *PLANTS,
            materials=MATERIALS,
            recipes=RECIPES,
            elements=ELEMENTS,
            observations=OBSERVED + row,
        )
    )


@pytest.mark.parametrize(
    ("expression", "unit", "named"),
    [
        ("output(id=mine-a)", "t_metal", "'t_metal' is not the unit of ore-a. Write t_reo"),
        ("output(id=mine-a)", "kg_oxide/yr", "not the unit of ore-a. Write t_reo"),
        ("use(id=ev)", "t_metal", "not the unit of mag-a. Write t_finished"),
        ("use(id=sep-c)", "t_oxide", "not the unit of ore-a. Write t_reo"),
        ("trade(stage=mine from=CN)", "t_gross", "not the unit of ore-a. Write t_reo"),
        ("surplus(material=nd-oxide country=CN)", "t_reo", "not the unit of nd-oxide"),
        ("unexplained(element=Nd stage=metal)", "t_oxide", "not the unit of nd-metal"),
        ("activity(id=plant-b)", "t_metal", "not the unit of sinter. Write t_blank"),
        ("activity(id=sep-c)", "t_oxide", "not the unit of split. Write t_reo"),
    ],
)
def test_another_substance_is_refused_by_name(tmp_path, expression, unit, named):
    (found,) = observed(tmp_path, expression, unit)
    assert found.startswith("observations.csv row 2, unit:")
    assert named in found


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("output(id=mine-a)", "kt_reo/yr"),
        ("output(id=mine-a) + output(material=ore-a country=CN)", "kg_reo"),
        ("activity(id=plant-b)", "t_blank"),
        ("output(material=ore-a|nd-oxide)", "t_reo"),
        ("output(material=ore-a|nd-oxide)", "t_oxide"),
        ("output(material=nd-oxide)/output(stage=mine)", "fraction"),
    ],
)
def test_the_same_substance_is_taken_in_any_mass(tmp_path, expression, unit):
    """Oxides of mixtures and of single elements add up: both count rare-earth oxide."""
    assert observed(tmp_path, expression, unit) == []


def test_a_kilogram_is_a_thousandth_of_a_tonne(tmp_path):
    row = "o1,output(id=mine-a),90000,kg_reo,2024,0.05,fit\n"
    table = balance_table(sg.load(toy(tmp_path, observations=OBSERVED + row)).baseline)
    assert table.set_index("id").loc["o1", "balanced"] == pytest.approx(90)


@pytest.mark.parametrize(
    ("expression", "unit", "rule"),
    [
        (
            "output(id=mine-a) + output(id=plant-b)",
            "t_reo",
            "is a sum of unlike units (t_finished of mag-a, t_reo of ore-a). Observe what has",
        ),
        ("use(element=Nd country=CN)", "t_oxide", "(t_metal of nd-metal, t_oxide of nd-oxide)"),
        (
            "output(id=plant-b)/output(id=mine-a)",
            "fraction",
            "is a share of unlike units (t_finished of mag-a over t_reo of ore-a). Divide",
        ),
    ],
)
def test_unlike_units_are_never_added_or_divided(tmp_path, expression, unit, rule):
    (found,) = observed(tmp_path, expression, unit, 0.5)
    assert found.startswith("observations.csv row 2, expression:")
    assert rule in found


@pytest.mark.parametrize("expression", ["use(id=mine-a)", "use(id=sep-c material=mag-a)"])
def test_use_by_a_plant_that_takes_in_nothing_of_it_is_refused(tmp_path, expression):
    (found,) = observed(tmp_path, expression, "t_reo")
    assert found.endswith("no plant or product uses it. Name one that does.")


SORT_MATERIALS = "id,stage,element,unit\na,mine,,t_gross\nb,component,,t_gross\n"
SORT_RECIPES = """recipe,material,direction,quantity,essential,alternative_group
dig,a,out,1,,
mk,a,in,{feed},true,
mk,b,out,1,,
"""


def sorting(folder, counts, feed=0.25, capacity=100):
    """A mine and a plant in one unit; the plant may state its feed or its product."""
    return toy(
        folder,
        countries="id,name,market,region\nJP,Japan,JP,JP\n",
        materials=SORT_MATERIALS,
        recipes=SORT_RECIPES.format(feed=feed),
        capacities=(
            "facility,line,recipes,quantity,unit,counts\nmine-a,1,dig,1000,t_gross/yr,\n"
            f"plant-b,1,mk,{capacity},t_gross/yr,{counts}\n"
        ),
        facilities=(
            "id,name,country,operator,stage,process,status\nmine-a,Mine,JP,,mine,dig,operating\n"
            "plant-b,Plant,JP,,component,mk,operating\n"
        ),
        needs=(
            "product,material,quantity,unit,essential,need_evidence,quantity_evidence\n"
            "ev,b,1,t/vehicle,true,A,A\n"
        ),
        demand="product,market,units,year\nev,JP,390,2024\n",
        stocks="holder,material\n",
        trade="material,from,to,year,unit\n",
        observations=OBSERVED,
    )


@pytest.mark.parametrize("feed", [0.25, 4, 1.01])
def test_a_capacity_that_fits_feed_and_product_is_refused(tmp_path, feed):
    (found,) = faults(sorting(tmp_path, "", feed))
    assert found == (
        f"capacities.csv row 3, unit: 't_gross/yr' is the unit of what 'mk' takes in ({feed:g}) "
        "and gives out (1). Write feed or product in a column counts."
    )


@pytest.mark.parametrize(
    ("counts", "feed", "capacity", "made"),
    [
        ("product", 0.25, 100, 100),
        ("feed", 0.25, 50, 200),
        ("product", 4, 120, 120),
        ("feed", 2, 400, 200),
        ("", 1, 100, 100),
    ],
)
def test_a_capacity_holds_what_it_counts(tmp_path, counts, feed, capacity, made):
    """100 t of product, or of feed at a quarter of a tonne each: never one for the other."""
    chain = sg.load(sorting(tmp_path, counts, feed, capacity))
    most = capacity / chain.network.line_units[chain.network.activities["recipe"] == "mk"]
    assert most == pytest.approx([made])
    flows = balance_table(chain.baseline).set_index("id")
    # The balance may give a little of one figure for another, never more than a plant can make.
    assert 0.9 * made < flows.loc["demand(ev@JP)", "balanced"] <= made * (1 + 1e-6)


@pytest.mark.parametrize(
    ("column", "row", "rule"),
    [
        ("counts", "mine-a,1,dig,9,t_gross/yr,feed", "'feed' is what 'dig' takes in, of which"),
        ("counts", "mine-a,1,dig,9,t_gross/yr,feeds", "'feeds' is not one of feed, product"),
    ],
)
def test_a_count_of_nothing_is_refused(tmp_path, column, row, rule):
    folder = sorting(tmp_path, "product")
    path = folder / "capacities.csv"
    path.write_text(path.read_text().replace("mine-a,1,dig,1000,t_gross/yr,", row))
    (found,) = faults(folder)
    assert found.startswith(f"capacities.csv row 2, {column}: {rule}")


def test_a_line_counts_one_thing_on_all_dates(tmp_path):
    folder = sorting(tmp_path, "product")
    path = folder / "capacities.csv"
    text = (
        path.read_text()
        .replace("counts\n", "counts,from_date\n")
        .replace("product\n", "product,\n")
    )
    text = text.replace("1000,t_gross/yr,", "1000,t_gross/yr,,")
    path.write_text(text + "plant-b,1,mk,50,t_gross/yr,feed,2026-01\n")
    (found,) = faults(folder)
    assert "'feed' is not what this line counts on other dates, product" in found


@pytest.mark.parametrize(
    ("stage", "told"), [("separation", True), ("magnet", True), ("mine", False)]
)
def test_a_plant_without_inputs_that_is_no_mine_is_named(tmp_path, stage, told):
    row = f"scrap-x,Scrap,CN,op,{stage},recycle,operating,,"
    folder = toy(
        tmp_path, ("facilities", row), ("capacities", "scrap-x,1,dig,9,t_reo/yr,nameplate,")
    )
    found = [text for text in cautions(folder) if "never makes more than in the base year" in text]
    assert [text.partition(":")[0] for text in found] == ["facilities.csv row 4 (scrap-x)"] * told
