"""One broken row for every rule, on a chain of mine, separation, metal, magnet and car."""

from pathlib import Path

import pytest

from supplygraph.dataset import read_dataset
from supplygraph.errors import DatasetError

pytestmark = pytest.mark.sampled

GOOD = {
    "sources": "key,title\nusgs,Mineral Commodity Summaries\n",
    "countries": """id,name,market,region
CN,China,CN,CN
MY,Malaysia,MY,ROW
JP,Japan,JP,JP
""",
    "elements": "id,name,group\nNd,Neodymium,light\nDy,Dysprosium,heavy\nY,Yttrium,heavy\n",
    "operators": """id,name,country,parent_id
top,Top,CN,
op,Op,CN,top
""",
    "materials": """id,stage,element,unit,bundle_of,bundle_elements
ore-a,mine,,t_reo,,
heavy-a,separation,,t_reo,ore-a,Dy;Y
nd-oxide,separation,Nd,t_oxide,,
dy-oxide,separation,Dy,t_oxide,,
y-oxide,separation,Y,t_oxide,,
mag-a,magnet,,t_finished,,
motor,component,,piece,,
""",
    "compositions": """material,variant,element,share,source,evidence
ore-a,default,Nd,0.7,usgs,B
ore-a,default,Dy,0.1,usgs,B
ore-a,default,Y,0.2,usgs,B
""",
    "facilities": """id,name,country,operator,stage,process,status,parent_id,aggregate_kind
all-cn,All of China,CN,top,mine,dig,operating,,country
mine-a,Mine A,CN,op,mine,dig,operating,all-cn,
rest-my,Rest of Malaysia,MY,,separation,light,operating,,rest
sep-b,Separator B,MY,op,separation,light,operating,rest-my,
plant-c,Plant C,JP,op,magnet,ndfeb,operating,,
""",
    "recipes": """recipe,material,direction,quantity,essential,evidence,note
dig,ore-a,out,1,,D,by definition
light,ore-a,in,1,true,D,by definition
light,oxides:ore-a,out,0.9,,D,usual recovery
light,bundle:heavy-a,out,0.9,,D,usual recovery
sinter,nd-oxide,in,0.4,true,D,chemistry
sinter,mag-a,out,1,,D,by definition
wind,motor,out,1,,D,by definition
""",
    "capacities": """facility,line,recipes,quantity,unit,from_date,source,evidence,low,high,counts
mine-a,1,dig,120,t_reo/yr,2020-01,usgs,B,100,130,
rest-my,1,light,10,t_reo/yr,,usgs,B,,,feed
sep-b,1,light,100,t_reo/yr,,usgs,B,,,feed
sep-b,1,light,0,t_reo/yr,2026-01,usgs,B,,,feed
plant-c,1,sinter,40,t_blank/yr,,usgs,B,,,
plant-c,2,wind,,piece/yr,,,,,,
""",
    "trade": """material,from,to,year,quantity,unit,source,evidence
ore-a,CN,MY,2024,90,t_reo,usgs,A
nd-oxide;dy-oxide,MY,*,2024,50,t_oxide,usgs,A
""",
    "arcs": "material,from,to\nmag-a,JP,CN\n",
    "products": """id,name,sector,basis,unit,value_usd,evidence,note
ev,Car,autos,counted,vehicle,30000,D,list prices
sub,Submarine,defence,index,index,,,
""",
    "demand": """product,market,units,year,unit,evidence,note
ev,JP,15000,2024,vehicle/yr,D,registrations
sub,JP,0.5,2024,,D,assumed
sub,CN,0.5,2024,,D,assumed
""",
    "needs": """product,material,quantity,unit,need_evidence,quantity_evidence,source,note
ev,mag-a,2,kg/vehicle,A,B,usgs,
ev,motor,1,piece/vehicle,A,B,usgs,
sub,mag-a,,t/index,B,D,usgs,nobody counts it
""",
    "stocks": """holder,material,weeks_low,weeks_central,weeks_high,evidence,note
ev@JP,mag-a,2,4,8,D,interviews
CN,nd-oxide,2,4,8,D,interviews
sep-b,ore-a,2,4,8,D,interviews
""",
    "observations": """id,expression,value,unit,year,source,evidence
o1,output(id=mine-a),90,t_reo,2024,usgs,A
o2,output(country=MY process=light material=nd-*)/output(material=nd-oxide),0.9,fraction,2024,usgs,B
o3,trade(material=nd-oxide from=MY to=JP),50,t_oxide,2024,usgs,B
o4,use(element=Nd market=JP) + surplus(material=y* country=MY),50,t_oxide,2024,usgs,B
""",
}


@pytest.fixture
def broken(tmp_path):
    """Text of the faults after replacing some text in the good dataset."""

    def read(*changes: tuple[str, str, str], drop: str = "") -> list[str]:
        files = dict(GOOD)
        for table, old, new in changes:
            assert old in files[table]
            files[table] = files[table].replace(old, new)
        for name, text in files.items():
            if name != drop:
                Path(tmp_path, f"{name}.csv").write_text(text)
        try:
            read_dataset(tmp_path)
        except DatasetError as error:
            return [str(fault) for fault in error.faults]
        return []

    return read


def test_the_good_dataset_is_good(broken):
    assert broken() == []


CASES = {
    "unknown id": (
        ("trade", "CN,MY", "CN,MYY"),
        "trade.csv row 2, to: 'MYY' is not in countries.csv. Did you mean 'MY'?",
    ),
    "unknown id in a list": (
        ("trade", "nd-oxide;dy-oxide", "nd-oxide;dyoxide"),
        "trade.csv row 3, material: 'dyoxide' is not in materials.csv. Did you mean 'dy-oxide'?",
    ),
    "unknown id without a hint": (
        ("arcs", "JP,CN", "JP,QQQQ"),
        "arcs.csv row 2, to: 'QQQQ' is not in countries.csv. Add it there as a market.",
    ),
    "unknown source": (
        ("capacities", "2026-01,usgs", "2026-01,usgs2"),
        "capacities.csv row 5, source: 'usgs2' is not in sources.csv. Did you mean 'usgs'?",
    ),
    "everywhere only where the schema says so": (
        ("arcs", "JP,CN", "*,CN"),
        "arcs.csv row 2, from: '*' is not in countries.csv. Add it there as a market.",
    ),
    "duplicated key": (
        ("trade", "nd-oxide;dy-oxide,MY,*,2024,50,t_oxide", "ore-a,CN,MY,2024,80,t_reo"),
        "trade.csv row 3, material, from, to, year: 'ore-a, CN, MY, 2024' is a duplicate of row 2. "
        "Keep one row for each material, from, to, year.",
    ),
    "market in two regions": (
        ("countries", "JP,Japan,JP,JP\n", "JP,Japan,JP,JP\nKR,Korea,JP,KR\n"),
        "countries.csv row 5, region: 'KR' is not the region of market JP",
    ),
    "stock holder": (
        ("stocks", "ev@JP", "evs@JP"),
        "stocks.csv row 2, holder: 'evs@JP' is no product@market, market or facility. "
        "Did you mean 'ev@JP'?",
    ),
    "cycle of facilities": (
        ("facilities", "operating,,country", "operating,mine-a,country"),
        "facilities.csv row 2, parent_id: 'mine-a' is part of itself (all-cn > mine-a > all-cn).",
    ),
    "cycle of operators": (
        ("operators", "top,Top,CN,", "top,Top,CN,top"),
        "operators.csv row 2, parent_id: 'top' is part of itself (top > top).",
    ),
    "child and parent summed": (
        ("capacities", "plant-c,2,wind,,piece/yr", "all-cn,1,dig,500,t_reo/yr"),
        "facilities.csv row 3, parent_id: 'all-cn' is counted twice with 'mine-a': "
        "both have lines in capacities.csv.",
    ),
    "vector": (
        ("compositions", "Y,0.2", "Y,0.200002"),
        "compositions.csv row 2, share: 'ore-a' is a vector (default) whose shares sum to "
        "1.000002, not 1",
    ),
    "no default vector": (
        ("compositions", "default", "other"),
        "compositions.csv row 2, variant: 'ore-a' is a material without a default vector.",
    ),
    "range": (
        ("capacities", "100,130", "125,130"),
        "capacities.csv row 2, quantity: '120' is out of order: 125 <= 120 <= 130 does not hold.",
    ),
    "range of weeks": (
        ("stocks", "ev@JP,mag-a,2,4,8", "ev@JP,mag-a,9,,8"),
        "stocks.csv row 2, weeks_low: '9' is out of order",
    ),
    "value of an index product": (
        ("products", "index,index,,,", "index,index,5,D,guess"),
        "products.csv row 3, value_usd: '5' is given for an index product. Blank it",
    ),
    "index shares": (
        ("demand", "sub,CN,0.5", "sub,CN,0.4"),
        "demand.csv row 3, units: 'sub' is an index product whose shares of 2024 sum to 0.9",
    ),
    "route inside a market": (
        ("arcs", "JP,CN", "JP,JP"),
        "arcs.csv row 2, to: 'JP' is both origin and destination.",
    ),
    "unknown material of a recipe": (
        ("recipes", "sinter,nd-oxide", "sinter,nd-oxid"),
        "recipes.csv row 6, material: 'nd-oxid' is not in materials.csv. Did you mean 'nd-oxide'?",
    ),
    "recipe of oxides without a vector": (
        ("recipes", "oxides:ore-a", "oxides:mag-a"),
        "recipes.csv row 4, material: 'oxides:mag-a' is of a material without a vector.",
    ),
    "recipe with oxides as an input": (
        ("recipes", "light,ore-a,in", "light,oxides:ore-a,in"),
        "recipes.csv row 3, material: 'oxides:ore-a' is an output written as an input.",
    ),
    "element without an oxide": (
        ("materials", "nd-oxide,separation,Nd,t_oxide", "nd-oxide,separation,,t_oxide"),
        "recipes.csv row 4, material: 'oxides:ore-a' is of elements without an oxide (Nd).",
    ),
    "recipe that makes nothing": (
        ("recipes", "wind,motor,out", "wind,motor,in"),
        "recipes.csv row 8, recipe: 'wind' is a recipe that makes nothing.",
    ),
    "bundle without elements": (
        ("materials", "ore-a,Dy;Y", "ore-a,"),
        "materials.csv row 3, bundle_elements: is missing for bundle heavy-a.",
    ),
    "unit of a line": (
        ("capacities", "120,t_reo/yr", "120,t_oxide/yr"),
        "capacities.csv row 2, unit: 't_oxide/yr' is no unit of recipe 'dig'. Write t_reo/yr.",
    ),
    "unit of a line that is no mass": (
        ("capacities", "120,t_reo/yr", "120,barrels"),
        "capacities.csv row 2, unit: 'barrels' is not a yearly mass. Write one of t_gross/yr",
    ),
    "unit of a line over time": (
        ("capacities", "light,0,t_reo/yr", "light,0,t_oxide/yr"),
        "capacities.csv row 5, unit: 't_oxide/yr' is not the unit of this line on other dates",
    ),
    "unit of trade": (
        ("trade", "90,t_reo", "90,t_gross"),
        "trade.csv row 2, unit: 't_gross' is not the unit of ore-a. Write t_reo",
    ),
    "unit of a need": (
        ("needs", "2,kg/vehicle", "2,kg/car"),
        "needs.csv row 2, unit: 'kg/car' is not a mass per vehicle. Write kg/vehicle.",
    ),
    "unit of a need of another substance": (
        ("needs", "2,kg/vehicle", "2,kg_oxide/vehicle"),
        "needs.csv row 2, unit: 'kg_oxide/vehicle' is not a measure of mag-a",
    ),
    "unit of a need in pieces": (
        ("needs", "1,piece/vehicle", "1,kg/vehicle"),
        "needs.csv row 3, unit: 'kg/vehicle' is not a measure of motor, which is in piece. "
        "Write piece/vehicle.",
    ),
    "unit of demand": (
        ("demand", "vehicle/yr", "t/yr"),
        "demand.csv row 2, unit: 't/yr' is not the unit of ev. Write vehicle/yr.",
    ),
    "unit of a share": (
        ("observations", "90,t_reo", "90,fraction"),
        "observations.csv row 2, unit: 'fraction' is the unit of a share. Use fraction for",
    ),
    "expression that does not parse": (
        ("observations", "output(id=mine-a)", "output(id=mine-a"),
        "observations.csv row 2, expression: 'output(id=mine-a' is not an expression that names "
        "something: cannot read",
    ),
    "expression that names nothing": (
        ("observations", "output(id=mine-a)", "output(id=mine-aa)"),
        "is not an expression that names something: no id 'mine-aa'. Did you mean 'mine-a'?",
    ),
    "expression whose terms never meet": (
        ("observations", "output(id=mine-a)", "output(id=mine-a country=MY)"),
        "no node meets all its terms. Drop one.",
    ),
    "expression with an unknown market": (
        ("observations", "from=MY to=JP", "from=MY to=XX"),
        "is not an expression that names something: no market 'XX'.",
    ),
    "expression with an unknown key": (
        ("observations", "output(id=mine-a)", "output(idd=mine-a)"),
        "unknown key 'idd'. Did you mean 'id'?",
    ),
    "unsourced figure": (
        ("trade", "90,t_reo,usgs,A", "90,t_reo,,A"),
        "trade.csv row 2, source: figure has no source. Name a key of sources.csv, or grade it",
    ),
    "unsourced and ungraded figure": (
        ("trade", "90,t_reo,usgs,A", "90,t_reo,,"),
        "trade.csv row 2, source: figure has no source.",
    ),
    "ungraded figure": (
        ("trade", "90,t_reo,usgs,A", "90,t_reo,usgs,"),
        "trade.csv row 2, evidence: figure has no grade. Grade it A, B, C, D or calc.",
    ),
    "assumption without a reason": (
        ("products", "30000,D,list prices", "30000,D,"),
        "products.csv row 2, note: grade D has no reason. Give the reason in the note.",
    ),
    "need without a source": (
        ("needs", "B,D,usgs", "B,D,"),
        "needs.csv row 4, source: figure has no source.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_rule(broken, case):
    change, text = CASES[case]
    found = broken(change)
    assert any(text in fault for fault in found), found
    assert len(found) <= 3, found


@pytest.mark.parametrize("sigma", ["0", "3e-11"])
def test_sigma_of_nothing(broken, sigma):
    change = ("observations", "source,evidence\n", "source,evidence,sigma\n")
    rows = [("observations", f",usgs,{g}\n", f",usgs,{g},{sigma}\n") for g in "AB"]
    found = f"'{sigma}' is below 1e-06, which claims an exact figure. Give 0.01 or blank it."
    assert found in broken(change, *rows)[0]


def test_ids_are_checked_only_against_tables_that_exist(broken):
    assert broken(("facilities", "op,mine", "nobody,mine"), drop="operators") == []


def test_a_rest_may_stand_beside_its_members(broken):
    assert broken(("facilities", "operating,,rest", "operating,,district"))[0].startswith(
        "facilities.csv row 5, parent_id: 'rest-my' is counted twice with 'sep-b'"
    )


def test_a_broken_table_does_not_condemn_the_rows_that_name_it(broken):
    found = broken(("countries", "region\n", "regoin\n"))
    assert {fault.split(" row")[0] for fault in found} == {"countries.csv"}


def test_broken_vectors_do_not_condemn_recipes(broken):
    found = broken(("compositions", "share", "shares"))
    assert {fault.split(" row")[0] for fault in found} == {"compositions.csv"}


def test_without_sources_provenance_is_spared(broken):
    assert broken(("trade", "90,t_reo,usgs,A", "90,t_reo,,"), drop="sources") == []
