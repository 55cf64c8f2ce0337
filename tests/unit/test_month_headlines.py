"""First lines of runs, accounts and comparisons, read aloud: true, plain, with unit and grade."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from sentences import check

from supplygraph.analysis.headlines import headline
from supplygraph.cli.answers import Look, answer
from supplygraph.results import Results
from supplygraph.schema.commands import result_fields

EMPTY = {"number": float("nan"), "integer": 0, "list": (), "boolean": False}


def result(kind: str, rows: list[dict[str, Any]], **params: Any) -> Results:
    """A result with all columns of its kind, of which the rows fill some."""
    fields = result_fields(kind)
    plain = {field.name: EMPTY.get(field.type, "") for field in fields} | {"month": None}
    table = pd.DataFrame([plain | row for row in rows])
    return Results(kind, table, {"name": "by hand"}, params, names={"CN": "China", "car": "Cars"})


def said(results: Results) -> str:
    told = headline(results)
    assert told is not None
    check(results, told)
    return told.text


def totals(**side: Any) -> dict[str, Any]:
    return {"group": "total", "region": "", "item": "", "rerouting": "least"} | side


SOLD = totals(side="exporter", value_low_usd=2e6, value_high_usd=3e6, evidence="B", cover="low")
LOST = totals(side="importer", value_low_usd=5e9, value_high_usd=5e9, evidence="D", cover="low")
BLANK = totals(side="importer", cover="high", unpriced=("car",), flags=("not_valued",))

NOTHING = {"value_low_usd": 0.0, "value_high_usd": 0.0}
UNKNOWN = dict.fromkeys(NOTHING, float("nan"))


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            [SOLD, LOST],
            "China does not sell goods worth 2 million USD to 3 million USD (prices of grade B); "
            "importers lose output worth 5 billion USD (values of grade D).",
        ),
        # An index product has units and no value; of a need that nobody sized not even units.
        ([BLANK], "Importers lose only what has no value on record (Cars)."),
        (
            [LOST, BLANK | {"flags": ("nominal", "not_valued")}],
            "Importers lose output worth 5 billion USD (values of grade D), and in 1 of 2 cases "
            "they lose nothing that has a value on record; what is lost where nobody has sized the "
            "need is not known (Cars).",
        ),
        (
            [SOLD | UNKNOWN, LOST],
            "What China does not sell has no value on record; importers lose output worth "
            "5 billion USD (values of grade D).",
        ),
        (
            [SOLD | NOTHING, LOST | NOTHING],
            "China sells no less; importers lose nothing.",
        ),
    ],
)
def test_an_account_says_who_loses_what_and_why_a_value_is_missing(rows, told):
    assert said(result("account", rows, exporter="CN")) == told


def test_what_cut_plants_do_not_sell_is_not_determined():
    rows = [SOLD, SOLD | UNKNOWN | {"cover": "high", "flags": ("undetermined",)}]
    assert said(result("account", rows, exporter="CN")).endswith(
        "(prices of grade B), and in 1 of 2 cases what it does not sell is not determined, since "
        "its own plants are cut."
    )


def months(product: str, lost: float, rerouting: str = "none", **more: Any) -> dict[str, Any]:
    row = {"product": product, "months_lost": lost, "rerouting": rerouting, "cover": "central"}
    grades = {"need_evidence": "C", "quantity_evidence": "D"}
    return row | grades | {"first_shortage": None, "region": ""} | more


def test_little_is_lost_and_not_nothing():
    rows = [months("total", 0.0512), months("total", 0.27), months("total", 0.0004, "least")]
    assert said(result("run", rows)) == (
        "In all 0.05 to 0.3 months of output are lost if nobody reroutes, less than 0.005 at best "
        "(weakest grades: need C, quantity D)."
    )


def test_scenarios_that_read_alike_are_told_more_closely():
    ends = {"lost_low": 0.42, "lost_high": 0.08}
    rows = [
        months("total", 0, scenario=name, lost_central=lost, **ends)
        for name, lost in (("first", 0.17), ("second", 0.24))
    ]
    assert said(result("comparison", rows)) == (
        "Months of output lost in all if nobody reroutes: first 0.17 (0.08 to 0.42), second 0.24 "
        "(0.08 to 0.42) (weakest grades: need C, quantity D). Most is lost in second with central "
        "stocks."
    )


def test_a_unit_in_the_caption_is_in_no_heading():
    sizes = ("need_t", "compliant_segregated_t")
    rows = [
        {"product": "car", "material": "m", "region": str(n)} | dict.fromkeys(sizes, 4.0 + n)
        for n in range(2)
    ]
    lines = answer(result("comply", rows), Look(width=120)).splitlines()
    caption = lines.index("Figures in t.")
    heads = " ".join(lines[caption + 1 : caption + 3]).split()
    assert {"need", "passes", "apart"} <= set(heads) and "t" not in heads
