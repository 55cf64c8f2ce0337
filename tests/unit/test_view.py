"""The page as text: what is in it, where it stands, and that it is always the same."""

import json
import math
import os
import re
import subprocess
import sys

import networks
import pytest
from large_page import large_record
from program import shipped_chain

import supplygraph as sg
from supplygraph.analysis.origins.plant_flows import arcs_in_use, cell_flows, pools_in_use
from supplygraph.results import Results, load_results
from supplygraph.views import View
from supplygraph.views.page_parts import PageRecord, brief_loss
from supplygraph.views.page_template import safe_json
from supplygraph.views.sankey import MOST, sankey_of
from supplygraph.views.stage_matrix import matrix_of

pytestmark = pytest.mark.sampled


@pytest.fixture(scope="module")
def chain():
    return shipped_chain()


@pytest.fixture(scope="module")
def record(chain):
    return chain.page(scenarios=["april-2025-shock"], usual_scenarios=False)


@pytest.fixture(scope="module")
def html(record):
    return View(record).html()


def part(record: Results, name: str) -> dict:
    rows = record.table[record.table["part"] == name]
    return dict(zip(rows["id"], rows["values"], strict=True))


def test_the_three_node_page_by_hand():
    """120 t of capacity; 15,000 cars x 2 kg are 30 t of magnets are 90 t of ore."""
    record = sg.load("three-nodes").page()
    flows = list(part(record, "flow").values())
    found = {(f["origin"], f["destination"], f["material"]): f["quantity"] for f in flows}
    assert found == {
        (("CN", "c00"), ("JP", "c01"), "ore-a"): pytest.approx(90),
        (("JP", "c01"), ("JP", "c02"), "mag-a"): pytest.approx(30),
    }
    columns = [values["stage"] for values in part(record, "column").values()]
    assert columns == ["mine", "magnet", "product"]
    removal = part(record, "removal")["facility:mine-a"]
    outage = part(record, "outage")["facility:mine-a"]
    assert removal["loss_abroad_least"] == 1
    assert removal["selector"] == "id=mine-a" and "selector" not in outage
    stopped = part(record, "product")["ev"]["stopped_by"]
    for act, row in (("export-stop", removal), ("outage", outage)):
        assert (row["loss_abroad_none"], row["loss_abroad_12m"]) == (1, 1)
        assert row["products"] == [["ev", "JP", 1.0, 1.0]]
        assert row["binding_input"] == "ore-a"
        assert ["facility:mine-a", 1.0, 1.0] in stopped[act]["JP"]


@pytest.mark.slow
def test_plants_that_go_on_at_home_cost_nothing_there():
    """The magnet plant stands where the cars are made: its exports cost nothing, its stop all."""
    record = sg.load("three-nodes").page()
    names = ("loss_abroad_none", "loss_home_none", "loss_home_12m")
    rows = [part(record, name)["facility:plant-b"] for name in ("removal", "outage")]
    assert [[row[name] for name in names] for row in rows] == [[None, 0, 0], [None, 1, None]]


def test_mixing_shares_in_proportion():
    """Two mines, 30 and 10 t in one market; two plants draw 20 t each: 15 and 5 t a pair."""
    net = networks.Network().places("A", "B")
    net.material("ore", "mine").material("magnet", "magnet")
    net.recipe("dig", {"ore": 1}).recipe("make", {"magnet": 1}, {"ore": 1})
    net.plant("m1", "A", "dig", capacity=30).plant("m2", "A", "dig", capacity=10)
    net.plant("p1", "A", "make", capacity=20).plant("p2", "B", "make", capacity=20)
    net.product("car", {"magnet": 1}).demand("car", A=20, B=20)
    for name, quantity in (("m1", 30), ("m2", 10), ("p1", 20), ("p2", 20)):
        net.observe(f"activity(id={name})", quantity, sigma=0.01)
    net.trade("ore", "A", "B", 20, sigma=0.01)
    baseline = net.solve().baseline
    from supplygraph.analysis.causes.evidence import Evidence

    pools, arcs = pools_in_use(baseline), arcs_in_use(baseline, Evidence(baseline))
    cells = {name: (name, "c") for name in ("m1", "m2", "p1", "p2", "car@A", "car@B")}
    flows = {
        (f.origin[0], f.destination[0]): f.quantity
        for f in cell_flows(pools, arcs, cells)
        if f.material == "ore"
    }
    assert flows == {
        ("m1", "p1"): pytest.approx(15, rel=0.03),
        ("m1", "p2"): pytest.approx(15, rel=0.03),
        ("m2", "p1"): pytest.approx(5, rel=0.03),
        ("m2", "p2"): pytest.approx(5, rel=0.03),
    }


@pytest.mark.slow
def test_flows_reach_every_user_in_full(chain, record):
    """What flows into a cell is what its users draw, and out of it no more than it makes."""
    nodes = part(record, "node")
    drawn: dict[str, float] = {}
    for pool in part(record, "pool").values():
        for user, quantity in pool["users"].items():
            column = nodes[user]["column"]
            drawn[column] = drawn.get(column, 0.0) + quantity
    into: dict[str, float] = {}
    for flow in part(record, "flow").values():
        column = flow["destination"][1]
        into[column] = into.get(column, 0.0) + flow["quantity"]
        assert 0 <= flow["reported"] <= flow["quantity"] * (1 + 1e-12)
    assert into == {column: pytest.approx(total, rel=1e-6) for column, total in drawn.items()}


@pytest.mark.slow
def test_every_removal_is_what_its_command_gives(chain, record):
    rows = [r for r in part(record, "removal").values() if r.get("rank") is not None]
    some = [r for i, r in enumerate(rows) if i % 25 == 0]
    assert len(some) > 12
    assert [r["id"] for r in rows if not r["selector"]] == []
    for row in some:
        hit = chain.stop_exports(row["selector"]).solve()
        for place, total in (("abroad", hit.abroad), ("home", hit.home)):
            for bound in ("none", "3m", "6m", "12m", "least"):
                assert_same(row, place, bound, total)


@pytest.mark.slow
def test_every_outage_is_what_its_command_gives(chain, record):
    removals = part(record, "removal")
    rows = [(removals[name], row) for name, row in part(record, "outage").items()]
    rows = [(removal, row) for removal, row in rows if row["loss_abroad_none"] is not None]
    some = [pair for i, pair in enumerate(rows) if i % 12 == 0]
    assert len(some) > 20
    for removal, row in some:
        hit = chain.remove(removal["selector"]).solve(rerouting="shared")
        for place, total in (("abroad", hit.abroad), ("home", hit.home)):
            assert_same(row, place, "none", total)
            if row[f"loss_{place}_12m"] is not None:
                assert_same(row, place, "12m", total)


def assert_same(row: dict, place: str, bound: str, total: dict) -> None:
    mine, theirs = row[f"loss_{place}_{bound}"], total[f"loss_{bound}"]
    if mine is None:
        assert math.isnan(theirs), (row["id"], place, bound)
    else:
        assert mine == pytest.approx(theirs, abs=1e-6), (row.get("id"), place, bound)


@pytest.mark.slow
def test_outages_are_solved_from_one_percent_on(record):
    """Which ones the page ranks, and that the others lose less than that in any year."""
    for row in part(record, "outage").values():
        none, year = row["loss_abroad_none"], row["loss_abroad_12m"]
        assert (row["rank"] is not None) == (none is not None and none >= 0.01)
        assert "loss_abroad_least" not in row and "loss_abroad_24m" not in row
        if year is None:
            assert none is None or 0 < none < 0.01
        else:
            assert year <= none + 1e-9


@pytest.mark.slow
def test_outages_carry_the_ranks_of_the_ranking(chain, record):
    ranked = chain.rank("country-stage", acts_as="outage", rerouting="shared").table
    wanted = dict(zip(ranked["id"], ranked["rank"], strict=True))
    rows = part(record, "outage")
    shown = {name: row["rank"] for name, row in rows.items() if name.startswith("country-stage:")}
    large = {name: rank for name, rank in shown.items() if rank is not None and rank <= 10}
    assert len(large) == 10
    assert large == {name: wanted[name.partition(":")[2]] for name in large}


@pytest.mark.slow
def test_products_hit_are_rows_of_whatif(chain, record):
    row = part(record, "removal")["country-process:CN/heavy"]
    outage = part(record, "outage")["country-process:CN/heavy"]
    for take, hit in ((chain.stop_exports, row), (chain.remove, outage)):
        table = take(row["selector"]).solve(rerouting="shared").table
        losses = {(r.product, r.region): (r.loss_none, r.loss_12m) for r in table.itertuples()}
        assert len(hit["products"]) == 8
        for product, region, *pair in hit["products"]:
            assert losses[product, region] == pytest.approx(tuple(pair), abs=1e-9)


@pytest.mark.slow
def test_stopped_by_agrees_with_the_removals(record):
    for act, kind in (("export-stop", "removal"), ("outage", "outage")):
        removals = part(record, kind)
        for product, values in part(record, "product").items():
            for region, rows in values["stopped_by"][act].items():
                for name, *losses in rows:
                    hit = {(p, r): pair for p, r, *pair in removals[name]["products"]}
                    if (product, region) in hit:
                        assert hit[product, region] == losses


@pytest.mark.slow
def test_counts_and_shares_of_columns(record):
    for values in part(record, "column").values():
        if values["stage"] == "product":
            assert values["products"] > 0
            continue
        shares = [share for _, share in values["top"]]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) <= 1 + 1e-9
        assert values["hhi"] == pytest.approx(10_000 * sum(s * s for s in shares), rel=0.01)
        assert values["sites"] > 0


@pytest.mark.slow
def test_a_saved_record_gives_the_same_page(record, html, tmp_path):
    loaded = load_results(record.save(tmp_path / "record.json"))
    assert View(loaded).html() == html


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes(html, tmp_path):
    """In another process, with another hash seed, in a locale without UTF-8."""
    asked = "scenarios=['april-2025-shock'], usual_scenarios=False"
    code = f"import supplygraph as sg, sys; sg.load().view({asked}).save(sys.argv[1])"
    environment = os.environ | {"LC_ALL": "C", "PYTHONHASHSEED": "77", "PYTHONUTF8": "0"}
    file = tmp_path / "page.html"
    subprocess.run([sys.executable, "-c", code, str(file)], check=True, env=environment)
    assert file.read_text(encoding="utf-8") == html


@pytest.mark.slow
def test_the_page_names_no_host_but_its_sources(html):
    """No address is loaded: what is not data holds none but names of formats."""
    page = re.sub(r'<script type="application/json".*?</script>', "", html, flags=re.DOTALL)
    assert set(re.findall(r"https?://[^\s\"']+", page)) <= {"http://www.w3.org/2000/svg"}
    assert "src=" not in re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert "default-src 'none'" in html and "unsafe" not in html.partition("</head>")[0]
    for word in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert word not in page


def test_data_cannot_leave_its_script():
    evil = {"a": "</script><script>alert(1)</script>", "b": "<!--", "c": "\u2028&"}
    text = safe_json(evil)
    assert not set(text) & set("<>&\u2028")
    assert json.loads(text) == evil


@pytest.mark.slow
def test_another_kind_of_result_is_refused(chain):
    with pytest.raises(sg.SupplygraphError, match="drawn from a record of kind 'view', not 'info'"):
        View(chain.info())


@pytest.mark.slow
def test_a_chain_with_removals_has_no_page(chain):
    with pytest.raises(sg.UsageError, match="view asks about a whole chain"):
        chain.remove("country=CN process=heavy").view()


@pytest.mark.slow
@pytest.mark.parametrize("plants", [0, 1, 300, 2000])
def test_everything_stands_inside_its_cell(record, plants):
    page = PageRecord(large_record(plants) if plants else record)
    matrix = matrix_of(page)
    lane = {item.id: item for item in matrix.lanes}
    column = {item.id: item for item in matrix.columns}
    assert len(matrix.dots) == len(page.rows("node"))
    assert matrix.height < 950
    places = set()
    for dot in matrix.dots:
        band = lane.get(dot.values["country"], lane.get("*"))
        place = column[dot.values["column"]]
        assert band.y <= dot.y <= band.y + band.height + 0.01
        assert place.x <= dot.x <= place.x + place.width
        places.add((dot.x, dot.y))
        assert dot.r == round(dot.largest, 2) or dot.r < 3
    assert len(places) == len(matrix.dots)
    for ribbon in matrix.ribbons:
        x1, y1, x2, y2 = ribbon.ends
        assert 0 <= x1 <= matrix.width and 0 <= x2 <= matrix.width
        for y, end in ((y1, ribbon.origin), (y2, ribbon.destination)):
            assert lane[end[0]].y <= y <= lane[end[0]].y + lane[end[0]].height


@pytest.mark.slow
@pytest.mark.parametrize("plants", [0, 2000])
def test_the_sankey_keeps_every_tonne(record, plants):
    page = PageRecord(large_record(plants) if plants else record)
    picture = sankey_of(page)
    assert 0 < len(picture["boxes"]) <= MOST
    total = sum(flow["quantity"] for flow in page.rows("flow").values())
    assert sum(band["quantity"] for band in picture["bands"]) == pytest.approx(total)
    assert max(box["y"] + box["height"] for box in picture["boxes"]) <= picture["height"]


def test_an_empty_dataset_has_a_page(tmp_path):
    """Nothing runs and nothing is demanded: a page all the same."""
    net = networks.Network().places("A").material("ore", "mine").recipe("dig", {"ore": 1})
    net.material("magnet", "magnet").product("car", {"magnet": 1}).demand("car", A=1)
    net.plant("m", "A", "dig", capacity=1, status="project")
    page = sg.load(net.write(tmp_path)).view().html()
    assert page.startswith("<!doctype html>")


@pytest.mark.slow
def test_the_page_of_one_product(chain):
    record = chain.page(product="f-35", usual_scenarios=False)
    assert record.params["product"] == "f-35"
    row = part(record, "removal")["country-process:CN/heavy"]
    abroad = chain.stop_exports(row["selector"]).solve(product="f-35").abroad
    for bound in ("none", "12m", "least"):
        assert_same(row, "abroad", bound, abroad)


@pytest.mark.slow
def test_what_can_be_taken_away_from_three_nodes():
    """90 t of ore of CN, all exported, make 30 t of magnets, which stay in JP."""
    record = sg.load("three-nodes").page()
    net, items = part(record, "cascade")["network"], part(record, "removable")
    assert net["plants"] == ["mine-a", "plant-b"]
    assert net["made"] == {"pool": [1, 0], "activity": [0, 1], "quantity": [90, 30]}
    assert net["kept"] == [30, 0, 0]  # magnets in JP, ore in CN and in JP
    assert net["arc"] == {"origin": [1], "destination": [2], "quantity": [90]}
    assert net["owner"] == [1, 2]  # the plant, then the cars
    mine = {"activity": [0], "made": [], "markets": ["CN"]}
    for name, selector in (
        ("facility:mine-a", "id=mine-a"),
        ("country:CN", "country=CN"),
        ("country-process:CN/dig", "country=CN process=dig"),
    ):
        assert items[name] == mine | {"selector": selector}
    assert items["process:dig"] == mine | {"selector": "process=dig", "name": "Dig (mine)"}
    assert items["ev@JP"]["why"].startswith("is a product, which is served and not removed.")


@pytest.mark.parametrize("loss", [0.240462, 0.24049, 0.0004, 0.99996, 0.1, 0.65, 0.2405, 0.44451])
def test_a_loss_rounded_for_the_page_is_shown_as_the_command_line_rounds_it(loss):
    """0.240462 kept as 0.2405 was shown as 24.1 %; it is 24.0 %."""
    for decimals in (4, 7):
        kept = brief_loss(loss, decimals)
        assert (
            f"{100 * kept:.1f}" == f"{100 * loss:.1f}"
            and f"{100 * kept:.0f}" == f"{100 * loss:.0f}"
        )
        assert abs(kept - loss) < 10.0**-decimals
    assert brief_loss(1e-9) == 0.0001 and brief_loss(0.0) == 0.0 and brief_loss(None) is None
