"""Cover of years to come on the shipped data: orders that must hold, and what the facts say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from program import shipped_chain

from supplygraph.analysis.deals.cover_by_year import Years
from supplygraph.analysis.deals.outlook_question import OutlookQuestion
from supplygraph.engines.coverage import YearCapacity
from supplygraph.scenario import parse_shock
from supplygraph.scenario.projects import projects_of

pytestmark = pytest.mark.slow

POOL = "US+EU+JP"
EPSILON = 1e-6


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    found = shipped_chain().deals(years=(2024, 2030), elements=("NdPr", "Dy"), portfolios=("all",))
    return found.table


def pool(table: pd.DataFrame, portfolio: str) -> pd.DataFrame:
    rows = table[(table["portfolio"] == portfolio) & (table["place"] == POOL)]
    return rows.set_index(["element", "year"])


def test_bounds_are_in_order(table):
    assert (table["cover_low"] <= table["cover_high"] + EPSILON).all()
    whole = table[table["place"] == POOL]
    assert (whole["cover_high"] <= whole["cover_unsized"] + EPSILON).all()
    stated = whole[whole["portfolio"] != "odds"]
    assert (stated["cover_none"] <= stated["cover_high"] + EPSILON).all()
    assert table["cover_low"].min() >= 0 and table["cover_unsized"].max() <= 1 + EPSILON


def test_more_projects_never_cover_less(table):
    for less, more in (
        ("none", "binding"),
        ("binding", "announced"),
        ("late-24", "late-12"),
        ("late-12", "announced"),
        ("without-mine", "announced"),
        ("without-separation", "announced"),
        ("without-metal", "announced"),
        ("without-magnet", "announced"),
    ):
        for column in ("cover_high", "cover_unsized"):
            gap = pool(table, more)[column] - pool(table, less)[column]
            assert gap.min() >= -1e-4, (less, more, column)


def test_the_base_year_knows_no_project(table):
    rows = table[(table["year"] == 2024) & (table["place"] == POOL)]
    spread = rows.groupby("element")["cover_high"].agg(lambda v: v.max() - v.min())
    assert spread.max() <= 1e-4


def test_new_separation_is_what_everything_else_waits_for(table):
    without, whole = pool(table, "without-separation"), pool(table, "announced")
    for element in ("NdPr", "Dy"):
        assert without.loc[(element, 2030), "cover_unsized"] < 0.2
        assert whole.loc[(element, 2030), "cover_unsized"] > 0.5


def test_dysprosium_hangs_on_metal_lines_that_nobody_sizes(table):
    row = pool(table, "announced").loc[("Dy", 2030)]
    assert row["binding"] == "dy-metal or tb-metal"
    assert row["cover_unsized"] > 2 * row["cover_high"]


def test_what_arithmetic_leaves_of_an_empty_stock_stops_no_month(tmp_path):
    # Upper bounds of 1e-17 once made the solver find no flows in May 2028.
    file = tmp_path / "separation-stops.yaml"
    file.write_text(
        "title: Separation stops\nstart: 2028-01\nmonths: 6\nprojects: [announced]\n"
        "removals: [{select: country=CN stage=separation, effective: 2028-01}]\n"
    )
    run = shipped_chain().run(file, rerouting="least", covers=("central",))
    assert run.table["months_lost"].iloc[-1] > 0


@pytest.mark.parametrize(("variant", "element"), [("announced", "NdPr"), ("binding", "Y")])
def test_more_of_the_material_that_binds_covers_more(variant, element):
    chain = shipped_chain()
    question = OutlookQuestion((2026, 2028, 2030), (element,), variants=(variant,))
    shock = parse_shock(chain.network, ["country=CN"])
    years = Years(chain.baseline, projects_of(chain.dataset), shock, question)
    graph, portfolio = years.graph, years.portfolio(variant)
    material = graph.pools["material"].to_numpy()
    counted = np.where(years.pool, years.tonnes[element], 0.0)
    bound = 0
    for year in question.years:
        capacity = years.capacity(portfolio, year)
        years.program.set_year(capacity, shock)
        answer = years.program.cover(f"{element} pool")
        binding = years.steps.of(counted, answer).materials
        if counted @ answer.served >= (1 - 1e-6) * counted.sum():
            assert binding == ()
            continue
        bound += 1
        makers = graph.line_of[graph.made_activity[np.isin(material[graph.made_pool], binding)]]
        lines = capacity.lines.copy()
        lines[makers] = 1e7
        years.program.set_year(YearCapacity(lines, capacity.open), shock)
        more = years.program.cover(f"{element} pool")
        # Of what lacks, not of what is covered: scintillators alone lack yttrium in late years.
        gained, lacks = counted @ (more.served - answer.served), counted @ (1 - answer.served)
        assert gained > 0.01 * lacks, (year, binding)
    assert bound
