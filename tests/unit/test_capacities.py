"""A capacity keeps its unit, range, grade and sources on the way from the table to a page."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from networks import Network

from supplygraph.analysis.deals.cover_by_year import Years
from supplygraph.analysis.deals.deal_tables import project_table
from supplygraph.analysis.deals.outlook_question import OutlookQuestion
from supplygraph.analysis.records.explain import explain
from supplygraph.graph import SupplyGraph
from supplygraph.scenario.portfolios import Portfolio, with_projects
from supplygraph.scenario.projects import projects_of
from tests.solved_networks import Solved

PACKAGE = Path(__file__).parents[2] / "supplygraph"


def mine() -> Network:
    """A mine of 0.1 kt (0.08 to 0.12), grade B; a project is to make it 0.2 kt, grade D."""
    net = Network().places("A").material("ore", "mine").recipe("dig", {"ore": 1})
    net.plant("pit", "A", "dig", capacity=0.1).later("pit", "2026-01-15", 0.2)
    for row, grade in zip(net.tables["capacities"], "BD", strict=True):
        row |= {"unit": "kt_reo/yr", "evidence": grade, "low": "", "high": ""}
    net.tables["capacities"][0] |= {"low": "0.08", "high": "0.12"}
    line = {"facility": "pit", "full": "2026-01"}
    net.document("projects", "more", title="More", lines=[line], firmness="announced")
    net.product("car", {"ore": 1}).demand("car", A=100).add("sources", key="s", title="T")
    for name in ("capacities", "recipes", "needs", "demand"):
        for row in net.tables[name]:
            row |= {"source": "s", "note": "Read."}
            row |= {} if name == "needs" else {"evidence": row.get("evidence", "A")}
    return net


@pytest.fixture(scope="module")
def graph() -> SupplyGraph:
    return mine().compile()


def test_the_network_carries_the_row_as_it_is_stated(graph):
    row = graph.stated_capacity(0, "2025-06")
    assert (row.quantity, row.low, row.high, row.unit) == (0.1, 0.08, 0.12, "kt_reo/yr")
    assert (row.evidence, row.source, row.note) == ("B", ("s",), "Read.")
    assert (row.rate, row.rate_unit) == (100.0, "t_reo/yr")
    assert graph.lines["unit"].tolist() == ["t_reo/yr"]


@pytest.mark.parametrize(
    ("month", "grade"), [("2019-12", None), ("2020-01", "B"), ("2025-12", "B"), ("2026-01", "D")]
)
def test_the_row_of_a_month_is_the_last_that_began(graph, month, grade):
    row = graph.stated_capacity(0, month)
    assert (row and row.evidence) == grade


def test_a_portfolio_changes_what_a_line_can_do_and_not_what_is_stated(graph):
    built = with_projects(graph, projects_of(graph.dataset), Portfolio())
    assert built.line_capacity("2026-06")[0].tolist() == [100.0]
    assert built.stated_capacity(0, "2026-06").rate == 200.0


def test_a_page_of_a_plant_shows_unit_and_grade_of_every_row(graph):
    table = explain(Solved(graph).baseline, "pit")
    shown = table.loc[table["part"] == "capacity", ["quantity", "unit", "evidence"]]
    assert shown.to_numpy().tolist() == [[0.1, "kt_reo/yr", "B"], [0.2, "kt_reo/yr", "D"]]


def test_the_unit_of_a_project_is_that_of_its_tonnes(graph):
    solved = Solved(graph)
    question = OutlookQuestion(years=(2027,), elements=(), pool=("A",))
    years = Years(solved.baseline, projects_of(graph.dataset), solved.shock("id=pit"), question)
    row = project_table(years).iloc[0]
    assert (row["capacity"], row["unit"]) == (200.0, "t_reo/yr")


def opened(module: ast.Module) -> list[int]:
    """Lines that open the table of capacities: ``tables["capacities"]`` or a call with its name."""
    found = []
    for node in ast.walk(module):
        parts = [node.slice] if isinstance(node, ast.Subscript) else []
        parts += node.args if isinstance(node, ast.Call) else []
        found += [node.lineno for part in parts if getattr(part, "value", "") == "capacities"]
    return found


@pytest.mark.parametrize(
    "text", ['dataset["capacities"]', 'graph.dataset.tables["capacities"]', 'f("capacities", id=1)']
)
def test_every_way_of_opening_the_table_is_found(text):
    assert opened(ast.parse(text)) == [1]


@pytest.mark.slow
def test_only_the_dataset_opens_the_table():
    above = [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] not in ("dataset", "schema")
    ]
    assert len(above) > 100
    found = {str(path): opened(ast.parse(path.read_text(encoding="utf-8"))) for path in above}
    assert {path: lines for path, lines in found.items() if lines} == {}
