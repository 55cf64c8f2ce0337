"""Months and deals in the record of a page: the figures of the run, and what acted when."""

import json

import pytest

import supplygraph as sg
from supplygraph.analysis.pages.measure_spans import measure_spans
from supplygraph.errors import UsageError
from supplygraph.scenario.bounds import compose
from supplygraph.scenario.projects import Deal
from supplygraph.views import View

HALT = {
    "title": "Ore held back",
    "start": "2025-01",
    "months": 6,
    "season": False,
    "measures": [
        {"id": "halt", "kind": "outage", "title": "Mine shut", "select": "id=mine-a"},
        {
            "id": "idle",
            "kind": "outage",
            "title": "Less than the other",
            "select": "id=mine-a",
            "share": 0.1,
        },
        {
            "id": "talks",
            "kind": "truce",
            "effect": "none",
            "reason": "Words alone.",
            "effective": "2025-02",
            "expires": "2025-04-30",
        },
    ],
    "modifiers": [
        {
            "id": "pause",
            "kind": "suspension",
            "suspends": ["halt", "idle"],
            "effective": "2025-03",
            "expires": "2025-04",
            "after": "lapses",
        }
    ],
}


@pytest.fixture(scope="module")
def chain():
    return sg.load("three-nodes")


@pytest.fixture(scope="module")
def halt(tmp_path_factory):
    path = tmp_path_factory.mktemp("scenario") / "halt.yaml"
    path.write_text(json.dumps(HALT), encoding="utf-8")  # JSON is YAML
    return path


@pytest.fixture(scope="module")
def record(chain, halt):
    return chain.page(scenarios=[halt])


def values(record, part):
    return list(record.table.loc[record.table["part"] == part, "values"])


@pytest.mark.slow
def test_losses_are_those_of_the_run(chain, halt, record):
    (told,) = values(record, "scenario")
    run = chain.run(halt, by_month=True, weights="level").results.table
    run = run[run["month"].notna()]
    none, least = (run[run["rerouting"] == name] for name in ("none", "least"))
    months = list(dict.fromkeys(run["month"]))
    assert list(told["months"]) == months
    (row,) = told["rows"]
    for cover in ("low", "central", "high"):
        for shown, product in ((row, row["product"]), (told["total"], "total")):
            asked = none[(none["cover"] == cover) & (none["product"] == product)]
            wanted = list(asked.set_index("month")["loss"].loc[months])
            assert list(shown[cover]) == pytest.approx(wanted, abs=1e-8)
    asked = least[(least["cover"] == "central") & (least["product"] == "total")]
    assert list(told["total"]["least"]) == pytest.approx(list(asked["loss"]), abs=1e-8)
    assert max(row["central"]) > 0.5


def test_levels_are_those_of_a_chain_by_hand(record):
    """Without ore nothing is mined or sent; magnets follow once the stock of ore is gone."""
    (told,) = values(record, "scenario")
    flows = told["flows"]
    assert list(flows["plant"]["mine-a"]) == [0, 0, 1, 1, 0, 0]
    assert list(flows["arc"]["ore-a:CN>JP"]) == [0, 0, 1, 1, 0, 0]
    assert list(flows["pool"]["ore-a@CN"]) == [0, 0, 1, 1, 0, 0]
    (row,) = told["rows"]
    assert flows["plant"]["plant-b"][0] == pytest.approx(0, abs=1e-9)
    assert 0 < row["central"][0] < row["central"][1]  # four weeks of magnets at the car maker
    assert told["recorded"]["seen"] == [] and told["recorded"]["stops"] == []


def test_what_binds_is_told_by_spell(record):
    (told,) = values(record, "scenario")
    (row,) = told["rows"]
    first, name = row["binding"][-1]
    assert row["central"][first] > 0 or name == ""
    names = {name for place, name in row["binding"]}
    assert names - {""}, "a month with a loss names its input"


def test_a_suspended_measure_is_told_apart_from_one_in_force(chain, halt, record):
    (told,) = values(record, "scenario")
    spans = {}
    for span in told["spans"]:
        spans.setdefault(span["id"], []).append((span["state"], span["first"], span["last"]))
    assert spans["halt"] == [("in force", 0, 1), ("suspended", 2, 3), ("in force", 4, 5)]
    assert spans["idle"] == [("no effect", 0, 1), ("suspended", 2, 3), ("no effect", 4, 5)]
    assert spans["pause"] == [("changes", 2, 3)]
    assert spans["talks"] == [("on record", 1, 3)]


def test_a_deal_stands_from_its_date_on_if_its_project_is_built(chain, halt):
    told, _ = chain.loaded.scenario(halt)
    bounds = compose(chain.network, chain.baseline, told)
    plain = {"kind": "loan", "firmness": "binding", "projects": ["new-mine"]}
    deals = {
        name: Deal.model_validate({"id": name, "title": name, "date": date} | plain)
        for name, date in (("before", "2024-12-31"), ("within", "2025-02-10"), ("undated", None))
    }
    found = [
        [(span["id"], span["first"], span["last"]) for span in spans if span["state"] == "agreed"]
        for spans in (
            measure_spans(told, bounds, told.month_names, built, deals)
            for built in (["new-mine"], ["other"])
        )
    ]
    assert found == [[("within", 1, 5)], []]


@pytest.mark.slow
def test_a_scenario_named_twice_is_held_once_and_a_page_of_another_holds_none(chain, halt, record):
    assert record.params["scenarios"] == [str(halt)]
    twice = chain.page(scenarios=[halt, halt])
    assert View(twice).html() == View(record).html()
    assert values(chain.page(), "scenario") == []


def test_deals_without_projects_are_refused_before_anything_is_solved(chain, monkeypatch):
    monkeypatch.setattr("supplygraph.analysis.pages.page_record.page_table", None)
    with pytest.raises(UsageError, match="the dataset has no projects"):
        chain.page(deals=("binding",))
