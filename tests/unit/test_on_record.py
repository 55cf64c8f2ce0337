"""What `explain` says of documents: everything written, nothing else, each with its own grade."""

from dataclasses import replace

import pytest
from program import shipped_chain

from supplygraph.analysis.records.explain import explain
from supplygraph.analysis.records.on_record import ids_on_record, on_record
from supplygraph.baseline import load_or_reconcile
from supplygraph.dataset import read_dataset
from supplygraph.errors import UsageError
from supplygraph.graph import compile_graph

SHIPPED = shipped_chain().dataset
LICENCE = {
    "title": "Some licence",
    "kind": "licence",
    "imposed_by": ["B"],
    "effective": "2025-04",
    "approval": {"A": 0.3, "*": 1},
    "in_force": False,
    "groups": {"ores": {"size_evidence": "C", "covers": {"materials": ["ore", "ox"]}}},
    "ranges": {"approval.A": [0.1, 0.5]},
    "evidence": "A",
    "size_evidence": "B",
    "record": {"goods": "ore\n  and oxide"},
    "sources": [{"title": "A law"}],
    "note": "Read\ntwice.",
}
FOLDERS = {
    "measures": {"LIC": LICENCE, "BOY": {"kind": "boycott", "effect": "none", "reason": "Goods."}},
    "projects": {
        "mine-b": {
            "title": "Mine B",
            "lines": [{"facility": "mine-b", "from": "2027-01"}],
            "firmness": "binding",
            "evidence": "B",
            "size_evidence": "D",
        }
    },
    "deals": {"DEAL": {"title": "A loan", "projects": ["mine-b"], "money_usd": 5, "evidence": "C"}},
    "scenarios": {"try": {"measures": ["LIC", {"id": "own"}]}, "other": {"modifiers": ["LIC"]}},
}


def rows(name, dataset=None):
    dataset = dataset or replace(read_dataset("three-nodes"), documents=FOLDERS)
    return list(on_record(dataset, name))


def said(name, part):
    return [row["what"] for row in rows(name) if row["part"] == part]


@pytest.mark.slow
def test_a_measure_is_told_from_title_to_the_scenarios_that_name_it():
    found = rows("LIC")
    assert found[0]["part"] == "measure"
    assert (found[0]["what"], found[0]["note"]) == ("licence: Some licence", "Read twice.")
    assert said("LIC", "date") == ["effective 2025-04"]
    assert said("LIC", "record") == ["goods: ore and oxide"]
    assert said("LIC", "scenario") == ["other", "try"]
    assert [r["note"] for r in found if r["part"] == "source"] == ["no address"]


def test_parameters_carry_value_range_and_the_grade_of_the_innermost_part():
    found = {r["what"]: r for r in rows("LIC") if r["part"] == "parameter"}
    assert {name: row["evidence"] for name, row in found.items()} == {
        "imposed_by: B": "A",
        "approval.A": "B",
        "approval.*": "B",
        "in_force: false": "B",
        "groups.ores.covers.materials: ore, ox": "C",
    }
    assert found["approval.A"]["quantity"] == 0.3
    assert found["approval.A"]["note"] == "range 0.1 to 0.5"


def test_a_measure_without_mechanism_says_so_and_why():
    effect = [row for row in rows("BOY") if row["part"] == "effect"]
    assert [(row["what"], row["note"]) for row in effect] == [("none", "Goods.")]


def test_deals_and_projects_name_each_other():
    assert said("DEAL", "project") == ["mine-b"]
    assert said("mine-b", "deal") == ["DEAL"]
    graded = {row["what"]: row["evidence"] for row in rows("mine-b") if row["part"] == "parameter"}
    assert graded == {
        "lines.0.facility: mine-b": "D",
        "lines.0.from: 2027-01": "D",
        "firmness: binding": "B",
    }


def test_who_may_buy_is_told_of_a_deal_and_of_the_project_it_names():
    told = [row for row in on_record(SHIPPED, "my-lynas-hre") if row["part"] == "offtake"]
    assert [(row["what"], row["evidence"]) for row in told] == [
        ("JARE (JOGMEC, Sojitz): heavy rare earths, 50 %, until 2038", "A"),
        ("US Department of War: light and heavy oxides", "B"),
    ]
    assert told[0]["note"] == "deal JP-LYC-2026; 75% of HRE made available, 50% committed"
    own = next(row for row in on_record(SHIPPED, "au-iluka-eneabba") if row["part"] == "offtake")
    assert own["evidence"] == "C" and "(aggregator)" in own["note"]
    words = next(row for row in on_record(SHIPPED, "US-MP-FLOOR") if row["part"] == "offtake")
    assert (words["what"], words["note"]) == ("10 years on all NdPr sold or stockpiled", "")


def test_nothing_on_record_gives_no_row():
    assert rows("mine-a") == []


def test_explain_puts_a_plant_before_the_project_of_the_same_name():
    graph = compile_graph(SHIPPED)
    parts = explain(load_or_reconcile(graph)[0], "us-mp-10x-northlake")["part"].tolist()
    assert parts.index("facility") < parts.index("project") < parts.index("deal")


def test_a_wrong_id_is_told_the_nearest_record():
    with pytest.raises(UsageError, match=r"Did you mean 'CN-2025-18'\?"):
        explain(load_or_reconcile(compile_graph(SHIPPED))[0], "CN-2025-188")


@pytest.mark.slow
def test_every_record_that_ships_is_told_with_a_head_and_known_grades():
    names = ids_on_record(SHIPPED)
    assert len(names) > 200
    for name in names:
        found = rows(name, SHIPPED)
        assert found[0]["what"], name
        assert {row["evidence"] for row in found} <= {"", "A", "B", "C", "D", "calc"}, name
        assert all("\n" not in row["what"] + row["note"] for row in found), name
