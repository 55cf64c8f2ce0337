"""Nothing comes from nothing: no recipe and no loop of recipes gives more than it takes."""

import pytest
from toy import faults, toy

pytestmark = pytest.mark.sampled

ELEMENTS = """id,name,group,oxide,metal_per_oxide
Nd,Neodymium,light,Nd2O3,0.8574
Pr,Praseodymium,light,Pr6O11,0.8277
Dy,Dysprosium,heavy,Dy2O3,0.8713
Tb,Terbium,heavy,Tb4O7,0.8502
"""
MATERIALS = """id,stage,element,unit
ore-a,mine,,t_reo
nd-oxide,separation,Nd,t_oxide
pr-oxide,separation,Pr,t_oxide
dy-oxide,separation,Dy,t_oxide
tb-oxide,separation,Tb,t_oxide
nd-metal,metal,Nd,t_metal
ndpr-metal,metal,Nd;Pr,t_metal
dy-metal,metal,Dy,t_metal
swarf,magnet,,t_gross
mag-a,magnet,,t_finished
part,component,,piece
"""
VECTOR = """material,variant,element,share
ore-a,default,Nd,0.7
ore-a,default,Pr,0.2
ore-a,default,Dy,0.1
"""
HEADER = "recipe,material,direction,quantity,essential,alternative_group\n"
BASE = "dig,ore-a,out,1,,\nsinter,ore-a,in,3,true,\nsinter,mag-a,out,1,,\n"


def found(folder, rows, *, elements=ELEMENTS):
    return faults(
        toy(
            folder,
            materials=MATERIALS,
            recipes=HEADER + BASE + rows,
            compositions=VECTOR,
            elements=elements,
        )
    )


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        # More oxide of each element than the vector of the ore holds.
        ("split,ore-a,in,1,true,\nsplit,oxides:ore-a,out,1.1,,\n", "'split' is a recipe"),
        ("split,ore-a,in,1,true,\nsplit,dy-oxide,out,0.12,,\n", "0.1046 of Dy and takes in 0.0871"),
        # An element that the feed does not hold at all.
        ("split,ore-a,in,1,true,\nsplit,tb-oxide,out,0.01,,\n", "of Tb and takes in 0."),
        ("smelt,nd-oxide,in,1.2,true,\nsmelt,dy-metal,out,1,,\n", "of Dy and takes in 0."),
        # Less oxide than stoichiometry asks for.
        ("smelt,nd-oxide,in,1.1,true,\nsmelt,nd-metal,out,1,,\n", "1 of Nd and takes in 0.9431"),
        # NdPr metal is one tonne of the two together.
        (
            "smelt,nd-oxide,in,0.6,true,\nsmelt,pr-oxide,in,0.5,true,\nsmelt,ndpr-metal,out,1,,\n",
            "1 of Nd and Pr and takes in 0.9283",
        ),
        # Each alternative has to serve alone.
        (
            "smelt,nd-oxide,in,1.2,true,g\nsmelt,pr-oxide,in,0.2,true,g\nsmelt,ndpr-metal,out,1,,\n",
            "1 of Nd and Pr and takes in 0.1655",
        ),
        # Scrap of unknown content holds no more than its mass.
        ("recover,swarf,in,1,true,\nrecover,dy-oxide,out,1.5,,\n", "1.307 of Dy and takes in 1."),
    ],
)
def test_a_recipe_that_makes_an_element_is_refused(tmp_path, rows, told):
    (text,) = found(tmp_path, rows)
    assert text.startswith("recipes.csv row ")
    assert told in text


@pytest.mark.parametrize(
    "rows",
    [
        "split,ore-a,in,1,true,\nsplit,oxides:ore-a,out,1,,\n",
        "split,ore-a,in,1,true,\nsplit,oxides:ore-a,out,0.9,,\n",
        # Stoichiometry asks for 1.1663 and 1.2082, rounded here to two digits.
        "smelt,nd-oxide,in,1.17,true,\nsmelt,nd-metal,out,1,,\n",
        "smelt,nd-oxide,in,1.2,true,g\nsmelt,pr-oxide,in,1.2,true,g\nsmelt,ndpr-metal,out,1,,\n",
        # What nobody states may hold anything up to its mass; a piece has no mass.
        "recover,swarf,in,1,true,\nrecover,dy-oxide,out,1.1,,\n",
        "recover,part,in,1,true,\nrecover,nd-oxide,out,5,,\n",
        "press,nd-metal,in,0.3,true,\npress,mag-a,out,1,,\n",
        # Mines take in nothing.
        "scrap,dy-oxide,out,7,,\n",
    ],
)
def test_what_may_hold_is_accepted(tmp_path, rows):
    assert found(tmp_path, rows) == []


@pytest.mark.slow
def test_without_metal_per_oxide_only_what_no_oxide_allows_is_refused(tmp_path):
    bare = "\n".join(line.rsplit(",", 2)[0] for line in ELEMENTS.splitlines()) + "\n"
    smelt = "smelt,nd-oxide,in,{},true,\nsmelt,nd-metal,out,1,,\n"
    assert found(tmp_path / "a", smelt.format(1.05), elements=bare) == []
    (text,) = found(tmp_path / "b", smelt.format(0.9), elements=bare)
    assert "gives 1 of Nd" in text
    (text,) = found(tmp_path / "c", "x,nd-oxide,in,1,true,\nx,nd-oxide,out,1.05,,\n", elements=bare)
    assert "of Nd" in text


PLAIN = """id,stage,element,unit
ore-a,mine,,t_reo
mag-a,magnet,,t_finished
swarf,magnet,,t_gross
met,metal,,t_metal
oil,other,,t_gross
"""


def loops(folder, rows, materials=PLAIN, **more):
    return faults(toy(folder, materials=materials, recipes=HEADER + BASE + rows, **more))


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            "recyc,mag-a,in,1,true,\nrecyc,ore-a,out,4,,\n",
            "'recyc, sinter' is a loop that makes more than it takes: of 1 ore-a comes back 1.333.",
        ),
        ("back,mag-a,in,0.001,true,\nback,ore-a,out,0.0031,,\n", "'back, sinter' is a loop"),
        (
            "one,mag-a,in,1,true,\none,swarf,out,1,,\n"
            "two,swarf,in,1,true,\ntwo,met,out,2,,\n"
            "three,met,in,2,true,\nthree,ore-a,out,3.5,,\n",
            "'one, sinter, three, two' is a loop",
        ),
        # The better of two alternatives closes the loop.
        (
            "back,met,in,9,true,g\nback,mag-a,in,0.5,true,g\nback,ore-a,out,2,,\n",
            "'back, sinter' is a loop",
        ),
    ],
)
def test_a_loop_that_gains_names_its_recipes(tmp_path, rows, told):
    (text,) = loops(tmp_path, rows)
    assert told in text


@pytest.mark.parametrize(
    "rows",
    [
        # Lossless, and lossless but for the last digit written.
        "recyc,mag-a,in,1,true,\nrecyc,ore-a,out,3,,\n",
        "recyc,mag-a,in,0.333,true,\nrecyc,ore-a,out,1,,\n",
        # Scrap that comes back with a loss.
        "recyc,mag-a,in,1,true,\nrecyc,ore-a,out,2,,\n",
        # A tool that makes many times its own mass of what it is made of, from a feed outside.
        "tool,mag-a,in,1,true,\ntool,swarf,out,1,,\n"
        "more,swarf,in,0.01,true,\nmore,met,in,1,true,\nmore,mag-a,out,1,,\n",
    ],
)
def test_a_loop_that_needs_feed_is_accepted(tmp_path, rows):
    assert loops(tmp_path, rows) == []


@pytest.mark.parametrize("dy", [0.6, 0.2])
def test_a_loop_that_makes_one_element_out_of_others_is_refused(tmp_path, dy):
    """Magnets of 0.3 t Nd and 0.1 t Dy come back as scrap that gives 0.6 t of Dy oxide."""
    rows = (
        "press,nd-metal,in,0.3,true,\npress,dy-metal,in,0.1,true,\npress,swarf,out,1,,\n"
        f"recover,swarf,in,1,true,\nrecover,dy-oxide,out,{dy},,\n"
        "smelt,dy-oxide,in,1.2,true,\nsmelt,dy-metal,out,1,,\n"
    )
    (text,) = found(tmp_path, rows)
    assert "'press, recover, smelt' is a loop that makes more Dy than it takes" in text
    less = rows.replace(f"dy-oxide,out,{dy}", "dy-oxide,out,0.1")
    assert found(tmp_path / "less", less) == []


@pytest.mark.parametrize("row", ["dig,ore-a,out,0,,", "sinter,mag-a,out,0.0,,"])
def test_a_recipe_whose_outputs_are_0_makes_nothing(tmp_path, row):
    text = HEADER + BASE.replace(row.rsplit(",", 3)[0] + ",1", row.removesuffix(",,"))
    (told,) = faults(toy(tmp_path, recipes=text))
    assert "is a recipe that makes nothing. Add a row with direction out." in told
