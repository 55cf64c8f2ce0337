"""The network in other programs' formats: flows re-read equal, units and sources travel."""

import csv
import datetime
import json
import shutil
import warnings
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest
from program import shipped_chain

import supplygraph as sg
from supplygraph.analysis.records.export_files import Export
from supplygraph.errors import SupplygraphError, UsageError

pytestmark = pytest.mark.sampled

FORMATS = ("graphml", "gexf", "cyjs", "xlsx", "csv", "parquet")
HOSTILE = "=1+1 \"<&>' \x00\x1b[31m\u202e\ufffe\n\t磁铁 🧲"


@pytest.fixture(
    scope="module", params=[pytest.param("rare-earths", marks=pytest.mark.slow), "hostile"]
)
def chain(request, tmp_path_factory):
    """The shipped data, and a small dataset whose names would break a careless writer."""
    if request.param == "rare-earths":
        return shipped_chain()
    folder = tmp_path_factory.mktemp("data") / "toy"
    folder.mkdir()
    for file in Path("examples/three-nodes").glob("*.csv"):
        rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
        for row in rows:
            if "name" in row:
                row["name"] = "".join(c for c in HOSTILE if c.isprintable() or c == "\u202e")
        with (folder / file.name).open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    return sg.load(folder)


@pytest.fixture(scope="module")
def files(chain, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    names = {
        kind: folder / (f"chain.{kind}" if kind not in ("csv", "parquet") else kind)
        for kind in FORMATS
    }
    for kind, path in names.items():
        chain.export(path, format=kind)
    return names


def flows(graph) -> dict:
    return {
        (source, target, key): data["quantity"]
        for source, target, key, data in graph.edges(keys=True, data=True)
    }


@pytest.mark.slow
def test_graphml_comes_back_as_it_went(chain, files):
    back = nx.read_graphml(files["graphml"], force_multigraph=True)
    assert flows(back) == pytest.approx(flows(chain.graph), abs=1e-12)
    assert back.nodes.keys() == chain.graph.nodes.keys()
    assert json.loads(back.graph["sources"]) or not chain.dataset.has("sources")
    assert chain.dataset.hash in back.graph["citation"]
    assert all(data["unit"].endswith("/yr") for *_, data in back.edges(data=True))


def test_gexf_comes_back_as_it_went(chain, files):
    back = nx.read_gexf(files["gexf"])
    labels = {
        (source, target, data["label"]): data["quantity"]
        for source, target, data in back.edges(data=True)
    }
    assert labels == pytest.approx(flows(chain.graph), abs=1e-12)
    text = files["gexf"].read_text(encoding="utf-8")
    assert chain.dataset.hash in text and "lastmodified" not in text
    assert text.count("<edge ") == chain.graph.number_of_edges()
    assert all(data["weight"] == data["quantity"] for *_, data in back.edges(data=True))


def test_cytoscape_comes_back_as_it_went(chain, files):
    data = json.loads(files["cyjs"].read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert flows(nx.cytoscape_graph(data)) == pytest.approx(flows(chain.graph), abs=1e-12)
    edges = [edge["data"]["id"] for edge in data["elements"]["edges"]]
    assert len(set(edges)) == len(edges)
    assert chain.dataset.hash in data["data"]["citation"]


def test_excel_is_opened(chain, files):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(files["xlsx"])
    assert book.sheetnames == ["About", "nodes", "edges", "sources", "columns"]
    rows = list(book["edges"].values)
    at = {name: i for i, name in enumerate(rows[0])}
    back = {(r[at["from"]], r[at["to"]], r[at["key"]]): r[at["quantity"]] for r in rows[1:]}
    assert back == pytest.approx(flows(chain.graph), rel=1e-12)  # Excel holds 16 figures
    assert not [cell for row in book["nodes"] for cell in row if cell.data_type == "f"]
    about = dict(list(book["About"].values)[1:])
    assert chain.dataset.hash in about["citation"] and about["base_year"] == 2024
    units = {row[0]: row[1] for row in list(book["columns"].values)[1:]}
    assert units["quantity"] == "column unit" and "unit" in at
    assert book.properties.created == datetime.datetime(1980, 1, 1)


def test_parquet_is_opened(chain, files):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(files["parquet"] / "edges.parquet")
    back = {(r["from"], r["to"], r["key"]): r["quantity"] for r in table.to_pylist()}
    assert back == pytest.approx(flows(chain.graph), abs=1e-12)
    assert chain.dataset.hash.encode() in table.schema.metadata[b"citation"]
    assert table.schema.field("quantity").metadata[b"unit"] == b"column unit"


def test_the_data_package_passes_frictionless(chain, files):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # frictionless warns of its own dependencies
        frictionless = pytest.importorskip("frictionless")
        report = frictionless.validate(str(files["csv"] / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])[:3]
    with (files["csv"] / "edges.csv").open(encoding="utf-8", newline="") as file:
        back = {
            (row["from"], row["to"], row["key"]): float(row["quantity"])
            for row in csv.DictReader(file)
        }
    assert back == pytest.approx(flows(chain.graph), abs=1e-12)
    package = json.loads((files["csv"] / "datapackage.json").read_text(encoding="utf-8"))
    assert package["dataset"]["hash"] == chain.dataset.hash
    fields = {f["name"]: f for r in package["resources"] for f in r["schema"]["fields"]}
    assert fields["quantity"]["unit"] == "column unit"
    assert all("description" in field for field in fields.values())


def test_every_source_that_a_row_names_is_there(chain, files):
    with (files["csv"] / "edges.csv").open(encoding="utf-8", newline="") as file:
        named = {key for row in csv.DictReader(file) for key in row.get("sources", "").split(";")}
    if not chain.dataset.has("sources"):
        assert named <= {""}
        return
    with (files["csv"] / "sources.csv").open(encoding="utf-8", newline="") as file:
        known = {row["key"] for row in csv.DictReader(file)}
    assert len(named) > 100 and named - {""} <= known


@pytest.mark.parametrize("kind", FORMATS)
def test_same_graph_same_bytes(chain, files, kind, tmp_path):
    again = tmp_path / files[kind].name
    for path in chain.export(again, format=kind):
        first = files[kind] / path.name if files[kind].is_dir() else files[kind]
        assert path.read_bytes() == first.read_bytes()


def test_no_control_character_gets_through(files):
    for kind in ("graphml", "gexf", "cyjs", "csv"):
        paths = files[kind].glob("*.csv") if files[kind].is_dir() else [files[kind]]
        for path in paths:
            text = path.read_text(encoding="utf-8")
            assert not set("\x00\x1b\ufffe") & set(text)
            assert kind != "csv" or (",=1+1" not in text and ',"=1+1' not in text)


@pytest.mark.parametrize("kind", FORMATS)
def test_whatever_stands_in_an_attribute_can_be_written(kind, tmp_path):
    """Control characters, halves of characters, lists, nothing and no number at all."""
    graph = nx.MultiDiGraph(
        name="toy", base_year=2024, dataset_version="1", dataset_hash="0", odd=HOSTILE
    )
    odd = {"none": None, "nan": float("nan"), "list": ("a", "b"), "half": "\ud800", "flag": True}
    graph.add_node("a", name=HOSTILE, **odd)
    graph.add_node("b", name="plain")
    graph.add_edge("a", "b", key='k "<&>"', quantity=0.1, unit="t/yr", sources="s", **odd)
    graph.add_edge("a", "b", key="other", quantity=0.2, unit="t/yr")
    sources = pd.DataFrame({"key": ["s"], "title": [HOSTILE], "url": ["https://a.example/?b&c"]})
    export = Export(graph, sources, {"title": "Toy", "citation": "cite me"})
    target = tmp_path / (f"a.{kind}" if kind not in ("csv", "parquet") else kind)
    assert all(path.stat().st_size for path in export.write(target, kind))
    if kind == "graphml":
        back = nx.read_graphml(target, force_multigraph=True)
        assert back.edges["a", "b", 'k "<&>"']["list"] == "a;b"
        assert "cite me" in back.graph["citation"] and "nan" not in back.nodes["a"]
    if kind == "gexf":
        back = nx.read_gexf(target)
        assert sorted(q for *_, q in back.edges(data="quantity")) == [0.1, 0.2]


@pytest.mark.slow
def test_algorithms_run_on_the_graph():
    graph = shipped_chain().graph
    rank = nx.pagerank(graph, weight="quantity")
    assert sum(rank.values()) == pytest.approx(1)
    path = nx.shortest_path(graph, "mm-clays-all", "f-35@US")
    assert path[0] == "mm-clays-all" and path[-1] == "f-35@US"
    with pytest.raises(nx.NetworkXError, match="rozen"):
        graph.remove_node("ev@US")


@pytest.mark.slow
def test_nodes_and_edges_say_what_they_are():
    graph = shipped_chain().graph
    plant = graph.nodes["cn-jlmag"]
    expected = {
        "kind": "plant",
        "country": "CN",
        "region": "CN",
        "owner_country": "CN",
        "stage": "magnet",
        "process": "ndfeb",
        "status": "operating",
        "capacity": 32000.0,
        "capacity_unit": "t_blank/yr",
        "evidence": "B",
    }
    assert {name: plant[name] for name in expected} == expected
    assert plant["name"] and plant["sources"]
    arc = graph.edges["ndfeb-hre@CN", "ndfeb-hre@US", "ndfeb-hre:CN>US"]
    assert arc["kind"] == "arc" and arc["declared"] is True and arc["evidence"] == "D"
    assert arc["unit"] == "t_finished/yr" and arc["sources"] and arc["quantity"] > 1000
    assert all(data["quantity"] > 0 for *_, data in graph.edges(data=True))


def test_edges_without_flow_are_left_out_unless_asked_for(chain, tmp_path):
    whole = chain.to_networkx(all_edges=True)
    idle = [data for *_, data in whole.edges(data=True) if not data["quantity"]]
    assert chain.graph.nodes.keys() == whole.nodes.keys()
    assert chain.graph.number_of_edges() == whole.number_of_edges() - len(idle)
    if chain.dataset.name == "rare-earths":
        assert len(idle) > 1000 and not all(data["declared"] for data in idle)
    chain.export(tmp_path / "all.graphml", all_edges=True)
    back = nx.read_graphml(tmp_path / "all.graphml", force_multigraph=True)
    assert flows(back) == flows(whole)


@pytest.mark.parametrize("sizes", [(25, 15), (5, 35)])
def test_lines_of_one_plant_that_run_the_same_recipe_add_up(tmp_path, sizes):
    folder = tmp_path / "toy"
    shutil.copytree("examples/three-nodes", folder)
    path = folder / "capacities.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    (old,) = [row for row in rows if row.startswith("plant-b,")]
    new = [old.replace("plant-b,1,", f"plant-b,{line},") for line in ("1", "2")]
    new = [row.replace(",40,", f",{size},") for row, size in zip(new, sizes, strict=True)]
    kept = [row for row in rows if row != old]
    path.write_text("\n".join([head, *kept, *new]) + "\n", encoding="utf-8")
    graph = sg.load(folder).graph
    assert graph.edges["plant-b", "mag-a@JP", "makes sinter"]["quantity"] == pytest.approx(30)
    assert graph.edges["ore-a@JP", "plant-b", "draws sinter"]["quantity"] == pytest.approx(90)


def test_dust_is_no_flow():
    """What a solver leaves below 1e-9 of a material's world use is no edge; a small flow is one."""
    graph = sg.load("three-nodes").network
    table = pd.DataFrame({"kind": ["activity", "activity", "arc"], "quantity": [90.0, 30.0, 1e-8]})
    demand = pd.DataFrame({"kind": ["demand"], "quantity": [15000.0]})
    left = graph.to_networkx(pd.concat([table, demand]), all_edges=False)
    assert ("ore-a@CN", "ore-a@JP") not in {(a, b) for a, b, _ in left.edges}
    assert left.number_of_edges() == 4
    table.loc[2, "quantity"] = 1e-6
    small = graph.to_networkx(pd.concat([table, demand]), all_edges=False)
    assert small.edges["ore-a@CN", "ore-a@JP", "ore-a:CN>JP"]["quantity"] == 1e-6


@pytest.mark.parametrize("all_edges", [True, False])
def test_every_writer_of_networkx_takes_the_graph(chain, tmp_path, all_edges):
    graph = chain.to_networkx(all_edges=all_edges)
    nx.write_graphml(graph, tmp_path / "a.graphml")
    nx.write_gexf(graph, tmp_path / "a.gexf")
    nx.write_gml(graph, tmp_path / "a.gml")
    back = nx.read_graphml(tmp_path / "a.graphml", force_multigraph=True)
    assert flows(back) == flows(graph)
    assert flows(nx.read_gml(tmp_path / "a.gml")) == flows(graph)
    text = json.dumps(nx.node_link_data(graph, edges="edges"), allow_nan=False)
    assert flows(nx.node_link_graph(json.loads(text), edges="edges")) == flows(graph)
    plain = {bool, int, float, str}
    parts = [graph.graph, *(d for _, d in graph.nodes(data=True))]
    parts += [d for *_, d in graph.edges(data=True)]
    assert {type(value) for part in parts for value in part.values()} <= plain


def test_intervals_hold_the_flow(tmp_path):
    chain = sg.load("three-nodes")
    chain.export(tmp_path / "a.graphml", intervals=True)
    back = nx.read_graphml(tmp_path / "a.graphml", force_multigraph=True)
    arc = back.edges["ore-a@CN", "ore-a@JP", "ore-a:CN>JP"]
    assert arc["low"] - 1e-6 <= arc["quantity"] <= arc["high"] + 1e-6


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("a.gml", None, "Did you mean 'graphml'"),
        ("a.csv", None, "Name a folder"),
        ("file.gexf", None, "exists"),
        ("file.gexf", "csv", "is a file"),
        ("full", None, "is not empty"),
        ("full", "gexf", "is a folder"),
    ],
)
def test_targets_that_are_refused(tmp_path, name, kind, says):
    chain = sg.load("three-nodes")
    (tmp_path / "file.gexf").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("mine")
    with pytest.raises(UsageError, match=says):
        chain.export(tmp_path / name, format=kind)
    assert (tmp_path / "file.gexf").read_text() == "mine"


def test_force_overwrites_and_leaves_the_rest(tmp_path):
    chain = sg.load("three-nodes")
    (tmp_path / "note.txt").write_text("mine")
    assert len(chain.export(tmp_path, force=True)) == 4
    assert (tmp_path / "note.txt").read_text() == "mine"
    with pytest.raises(UsageError, match="export asks about a whole chain"):
        chain.remove("id=mine-a").export(tmp_path / "x.gexf")


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SupplygraphError, match="cannot be written"):
        sg.load("three-nodes").export(tmp_path / "file" / "a.gexf")
