"""What docs/deals.md says of 2030: each figure and holder of its sentences, worked out anew."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from pages import ROOT
from program import shipped_chain

from supplygraph.cli.value_text import percent
from supplygraph.scenario.offtakes import offtakes_of
from supplygraph.scenario.projects import deals_of, projects_of

pytestmark = pytest.mark.slow

SIX = shipped_chain().dataset.documents["scenarios"]["kl-tokyo-canberra"]["projects"]
BUILT = {"none": ["none"], "six": SIX, "announced": ["announced"]}
LOSS = "loss_abroad_12m"
SECTION = (ROOT / "docs" / "deals.md").read_text(encoding="utf-8").partition("## What still")[2]
SECTION = SECTION.partition("\n## ")[0]
SAID = re.findall(r"^- `(\w+/\w+)` ([^:,]+), ([^:,]+), ([^:,]+):", SECTION, re.MULTILINE)


@pytest.fixture(scope="module")
def losses() -> pd.DataFrame:
    """Loss abroad after a year, by node and by what is built."""
    chain = shipped_chain()
    found = {
        name: chain.rank("country-process", at="2030-01", projects=words).table
        for name, words in BUILT.items()
    }
    return pd.DataFrame({name: table.set_index("id")[LOSS] for name, table in found.items()})


def test_the_page_asks_for_the_projects_of_the_three_frameworks():
    assert f"--projects {','.join(SIX)} " in SECTION


def test_every_figure_of_the_sentences_is_the_answer(losses):
    assert len(SAID) == 6
    for name, *shown in SAID:
        assert [percent(losses.loc[name, column]) for column in BUILT] == shown, name


def test_what_the_sentences_conclude(losses):
    assert losses["announced"].idxmax() == "CN/sm"
    none, six, announced = (losses[column] for column in BUILT)
    for name in ("CN/sm", "CN/scandium"):
        assert announced[name] == pytest.approx(none[name], abs=1e-6), name
    assert six["CN/ndfeb"] == pytest.approx(none["CN/ndfeb"], abs=1e-6)
    assert announced["CN/ndfeb"] < none["CN/ndfeb"] / 2
    for name in ("CN/heavy", "CN/light"):
        assert six[name] < none[name] / 2 and announced[name] < 5e-3, name
    assert none["MM/clay"] / 7 < announced["MM/clay"] < none["MM/clay"] / 5


def test_no_project_states_tonnes_of_what_still_binds():
    chain = shipped_chain()
    table = chain.deals("project", years=(2030,)).table
    assert not set(table["process"]) & {"sm", "smco"}
    scandium = table[table["process"] == "by-product"].set_index("id")
    assert scandium["capacity"].isna()["au-sc-sunrise"]


@pytest.mark.parametrize(
    ("project", "holder", "share"),
    [
        ("my-lynas-hre", "JARE (JOGMEC, Sojitz)", 0.5),
        ("my-lynas-lamp-heavy", "JARE (JOGMEC, Sojitz)", 0.5),
        ("fr-carester-lacq", "Japan (JOGMEC, Iwatani)", 0.5),
        ("fr-carester-lacq", "USA Rare Earth", None),
        ("ca-src-saskatoon-heavy", "REalloys", 0.8),
        ("us-mp-10x-northlake", "US Department of Defense", 1.0),
        ("us-mp-independence", "General Motors", None),
        ("us-mp-independence", "Apple", None),
        ("us-evac-sumter", "General Motors", None),
    ],
)
def test_who_holds_what_relieves_it(project, holder, share):
    dataset = shipped_chain().dataset
    deals = {name: deal.model_dump() for name, deal in deals_of(dataset).items()}
    content = projects_of(dataset)[project].model_dump()
    held = {one["holder"]: one["share"] for _, one in offtakes_of(project, content, deals)}
    assert held[holder] == share


def test_of_australian_refineries_only_a_weak_source_names_buyers():
    dataset = shipped_chain().dataset
    deals = {name: deal.model_dump() for name, deal in deals_of(dataset).items()}
    found = {
        name: list(offtakes_of(name, projects_of(dataset)[name].model_dump(), deals))
        for name in ("au-nolans-sep", "au-iluka-eneabba")
    }
    assert found["au-nolans-sep"] == []
    (_, record), *others = found["au-iluka-eneabba"]
    assert (record["tonnes"], record["evidence"], others) == (1200, "C", [])
