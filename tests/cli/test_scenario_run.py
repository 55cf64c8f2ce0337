"""Scenarios run, compared and back-tested from the command line, on the shipped chain."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator
from program import shipped_chain

from supplygraph.grades import weakest
from supplygraph.schema.commands import command_schema

pytestmark = pytest.mark.slow

SHOCK = ("scenario", "run", "april-2025-shock")
QUIET = """
title: Nothing happens
start: 2025-01
months: 60
measures: []
"""


@pytest.fixture(scope="module")
def cars():
    """Rows of petrol and electric cars in the replay of April 2025, under every rerouting."""
    chain = shipped_chain()
    return {
        product: chain.run("april-2025-shock", product=product, rerouting="all").table
        for product in ("ice", "ev")
    }


def whole(table, rerouting: str, cover: str):
    part = table[(table["rerouting"] == rerouting) & (table["cover"] == cover)]
    return part[part["product"] != "total"].set_index("region")


@pytest.mark.parametrize("command", ["scenario", "elements", "inferred", "compare", "backtest"])
def test_what_is_printed_fits_its_schema(run, command):
    arguments = {
        "scenario": (*SHOCK, "--product", "ev", "--months", "4", "--by-month"),
        "elements": (*SHOCK, "--by", "element", "--region", "EU", "--months", "3", "--by-month"),
        "inferred": ("cover", "--inferred", "april-2025-shock"),
        "compare": ("compare", "no-london", "april-2025-shock", "--months", "3", "--product", "ev"),
        "backtest": ("backtest", "april-2025-shock", "--destination", "World"),
    }[command]
    outcome = run(*arguments, "--format", "json")
    assert outcome.code == 0, outcome.err
    name = {"elements": "scenario", "inferred": "cover"}.get(command, command)
    Draft202012Validator(command_schema(name)).validate(outcome.envelope)
    assert outcome.envelope["results"]
    assert run(*arguments, "--format", "json").out == outcome.out


def test_both_sides_fit_their_schema_and_say_what_is_not_valued(run, tmp_path):
    page = tmp_path / "both.html"
    asked = ("scenario", "account", "april-2025-shock", "--months", "3", "--cover", "central")
    outcome = run(*asked, "--page", page, "--format", "json")
    assert outcome.code == 0, outcome.err
    Draft202012Validator(command_schema("scenario")).validate(outcome.envelope)
    rows = outcome.envelope["results"]
    assert {row["side"] for row in rows} == {"exporter", "importer", "home", "record"}
    assert {row["month"] for row in rows if row["side"] == "exporter"} == {
        None,
        "2025-04",
        "2025-05",
        "2025-06",
    }
    assert "dy-metal (no quote)" in outcome.err and "gd-oxide (CNY only)" in outcome.err
    assert "importers lose output in USD for each dollar not sold" in outcome.err
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html and "://" not in html
    assert html.count("<svg") == 2
    again = run(*asked, "--page", page)
    assert again.code == 2 and "exists" in again.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--exporter", "AT"), "shares the market 'EU'"),
        (("--by", "month"), "--by 'month' is not known"),
        (("--page", "both.json"), "names no page. Use .html."),
        (("--cover", "all"), "--cover 'all' is not known"),
    ],
)
def test_what_an_account_refuses(run, options, said):
    outcome = run("scenario", "account", "april-2025-shock", *options)
    assert outcome.code == 2 and said in outcome.err
    assert not outcome.out


@pytest.mark.parametrize("rerouting", ["none", "least"])
def test_nobody_sells_or_makes_less_without_a_measure(run, tmp_path, rerouting):
    (tmp_path / "quiet.yaml").write_text(QUIET.replace("60", "3"))
    outcome = run(
        "scenario",
        "account",
        tmp_path / "quiet.yaml",
        "--rerouting",
        rerouting,
        "--cover",
        "central",
        "--by",
        "item",
        "--format",
        "json",
    )
    assert outcome.code == 0, outcome.err
    rows = [row for row in outcome.envelope["results"] if row["side"] == "exporter"]
    assert [(row["group"], row["value_low_usd"]) for row in rows] == [("total", 0.0)]
    lost = [row for row in outcome.envelope["results"] if row["side"] in ("importer", "home")]
    assert {row["value_low_usd"] for row in lost} <= {0.0, None}
    assert all("nominal" in row["flags"] for row in lost if row["value_low_usd"] is None)


@pytest.mark.parametrize("season", ["true", "false"])
@pytest.mark.parametrize("rerouting", ["none", "qualified", "least"])
def test_a_scenario_without_measures_loses_nothing_for_five_years(run, tmp_path, rerouting, season):
    (tmp_path / "quiet.yaml").write_text(f"{QUIET}season: {season}\n")
    outcome = run(
        "scenario",
        "run",
        tmp_path / "quiet.yaml",
        "--rerouting",
        rerouting,
        "--by-month",
        "--cover",
        "central",
        "--format",
        "json",
    )
    assert outcome.code == 0, outcome.err
    rows = outcome.envelope["results"]
    assert {row["loss"] for row in rows} == {0.0}
    assert {row["first_shortage"] for row in rows} == {None}
    assert {row["served"] for row in rows} == {1.0}


@pytest.mark.parametrize("season", [True, False])
@pytest.mark.parametrize("rerouting", ["none", "least"])
def test_stocks_stand_at_their_targets_every_year_without_a_shock(rerouting, season):
    from supplygraph.analysis.runs.scenario_runs import season_of
    from supplygraph.engines.timeline import Pace, run_months
    from supplygraph.scenario.month_arrays import Bounds, month_range

    chain = shipped_chain()
    pace = Pace(season_of(chain.dataset)) if season else Pace()
    bounds = Bounds.open(chain.network, month_range("2025-01", 60))
    line = run_months(chain.baseline, bounds, rerouting=rerouting, pace=pace, covers=("central",))
    assert line.served.min() >= 1 - 1e-12
    for year_end in range(11, 60, 12):
        assert line.entry_stock[year_end] == pytest.approx(line.stocks.entry_target, rel=1e-6)
        assert line.pool_stock[year_end] == pytest.approx(line.stocks.pool_target, rel=1e-6)


def shipped_scenarios() -> list[str]:
    table = shipped_chain().scenarios().table
    return sorted(table["id"])


@pytest.mark.parametrize("name", shipped_scenarios())
def test_every_shipped_scenario_runs_or_says_why_not(run, name):
    outcome = run(
        "scenario", "run", name, "--months", "12", "--cover", "central", "--format", "json"
    )
    if name in ("japan-2010", "quota-2006-2015"):
        assert outcome.code == 1 and "replays published series" in outcome.err
        return
    assert outcome.code == 0, outcome.err
    total = {
        row["rerouting"]: row["months_lost"]
        for row in outcome.envelope["results"]
        if row["product"] == "total"
    }
    assert 0 <= total["least"] <= total["none"] + 1e-9
    if name in ("buildout-slip", "tariffs-2025"):
        # China stops after three years; duties cost and stop nothing.
        assert total["none"] == pytest.approx(0.0, abs=1e-9)
        return
    assert total["none"] > 0
    assert outcome.envelope["params"]["applied"]


def test_car_makers_run_short_when_they_did(cars):
    table = whole(cars["ice"], "none", "central")
    # Ford stopped in May, European suppliers by 4 June, India later.
    assert table.loc["US", "first_shortage"] == "2025-05"
    assert table.loc["EU", "first_shortage"] == "2025-05"
    # Suzuki stopped on 26 May. One plant is not a country's output, but the run is late here: the
    # stocks of Japanese magnet makers are the least known.
    assert table.loc["JP", "first_shortage"] > "2025-05" and "Suzuki" in table.loc["JP", "observed"]
    india = table.loc["IN", "first_shortage"]
    assert not isinstance(india, str) or india > table.loc["US", "first_shortage"]
    assert "Ford" in table.loc["US", "observed"]
    assert table.loc["CN", "months_lost"] == 0.0


@pytest.mark.parametrize("product", ["ice", "ev"])
@pytest.mark.parametrize("rerouting", ["none", "qualified", "least"])
def test_larger_stocks_lose_less(cars, product, rerouting):
    lost = [
        cars[product][
            (cars[product]["rerouting"] == rerouting)
            & (cars[product]["cover"] == cover)
            & (cars[product]["product"] == "total")
        ]["months_lost"].item()
        for cover in ("low", "central", "high")
    ]
    assert lost[0] >= lost[1] - 1e-9 and lost[1] >= lost[2] - 1e-9


@pytest.mark.parametrize("product", ["ice", "ev"])
def test_rerouting_loses_no_more_in_all_months_together(cars, product):
    total = cars[product][cars[product]["product"] == "total"]
    for _, group in total.groupby("cover"):
        lost = group.set_index("rerouting")["months_lost"]
        assert lost["least"] <= lost["qualified"] + 1e-6
        assert lost["qualified"] <= lost["none"] + 1e-6


def test_months_of_a_run_sum_to_what_is_lost(run):
    outcome = run(
        *SHOCK,
        "--product",
        "ev",
        "--region",
        "US",
        "--rerouting",
        "none",
        "--cover",
        "low",
        "--by-month",
        "--format",
        "json",
    )
    rows = [row for row in outcome.envelope["results"] if row["product"] == "ev"]
    months = [row for row in rows if row["month"]]
    over_all = next(row for row in rows if row["month"] is None)
    assert len(months) == 9
    assert sum(row["loss"] for row in months) == pytest.approx(over_all["months_lost"])
    first = next(row["month"] for row in months if row["loss"] > 0.005)
    assert first == over_all["first_shortage"]
    assert {row["binding"] for row in months if row["loss"] > 0.005} == {"ndfeb-hre"}


def test_history_starts_with_what_was_left_of_stocks(run, tmp_path):
    scenario = (
        "title: From September\nstart: 2025-09\nmonths: 2\ninitial: {}\nmeasures: [CN-2025-18]\n"
    )
    lost = {}
    for initial in ("base", "history"):
        (tmp_path / f"{initial}.yaml").write_text(scenario.format(initial))
        rows = run(
            "scenario",
            "run",
            tmp_path / f"{initial}.yaml",
            "--product",
            "ev",
            "--rerouting",
            "none",
            "--cover",
            "low",
            "--format",
            "json",
        ).envelope["results"]
        assert len({row["product"] for row in rows}) == 2
        lost[initial] = rows[-1]["months_lost"]
    assert lost["history"] >= lost["base"]


def test_compare_counts_from_the_first_scenario(run):
    rows = run(
        "compare",
        "busan-window",
        "snapback-2026",
        "--months",
        "6",
        "--product",
        "ev",
        "--rerouting",
        "none",
        "--by",
        "product",
        "--format",
        "json",
    ).envelope["results"]
    first = [row for row in rows if row["scenario"] == "busan-window"]
    second = [row for row in rows if row["scenario"] == "snapback-2026"]
    assert {row["change_central"] for row in first} == {0.0}
    assert all(row["region"] == "" for row in rows)
    # A need whose existence is assumed (D) stops nothing, so no grade of a loss is empty or D.
    assert {row["need_evidence"] for row in rows} <= {"A", "B", "C"}
    change = second[-1]["lost_central"] - first[-1]["lost_central"]
    assert second[-1]["change_central"] == pytest.approx(change)
    assert change > 0


def test_observed_months_of_a_file_are_scored(run, tmp_path):
    file = tmp_path / "later.csv"
    file.write_text(
        "month,series,destination,quantity_t,unit,source\n"
        "2025-09,magnets_hs85051110,World,5000,t,\n"
        "2025-09,magnets_hs85051110,Atlantis,1,t,\n"
    )
    outcome = run("backtest", "april-2025-shock", "--observed", file, "--format", "json")
    assert outcome.code == 0, outcome.err
    assert "destination 'Atlantis' is not known and was skipped" in outcome.err
    rows = outcome.envelope["results"]
    score = next(
        row
        for row in rows
        if row["month"] is None and row["role"] == "test" and row["destination"] == "World"
    )
    assert score["count"] == 3 and 0 < score["mape"] < 0.2
    scored = [
        row["base_evidence"]
        for row in rows
        if (row["role"], row["destination"]) == ("test", "World") and row["observed"] is not None
    ]
    assert score["base_evidence"] == weakest(scored) != ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("scenario", "run", "april-2025-shok"), "april-2025-shock"),
        ((*SHOCK, "--rerouting", "fre"), "rerouting 'fre' is not known"),
        ((*SHOCK, "--cover", "much"), "--cover 'much' is not known"),
        (("scenario", "run", "japan-2010"), "replays published series"),
        (("compare", "april-2025-shock"), "at least two scenarios"),
        (("backtest", "no-london"), "no back-test of 'no-london'"),
        (("backtest", "april-2025-shock", "--observed", "nowhere.csv"), "there is no file"),
    ],
)
def test_one_clear_line(run, arguments, words):
    outcome = run(*arguments)
    assert outcome.code in (1, 2) and outcome.out == ""
    errors = [line for line in outcome.err.splitlines() if line.startswith("error")]
    assert len(errors) == 1 and words in errors[0]


def test_nobody_decides_silently_what_follows_an_expiry(run):
    arguments = ("scenario", "run", "busan-window", "--months", "24", "--product", "ev")
    outcome = run(*arguments)
    assert outcome.code == 3 and "no source says what followed" in outcome.err
    chosen = ("--set", "CN-2025-70.after=renewed", "--rerouting", "none", "--cover", "central")
    assert run(*arguments, *chosen).code == 0


def test_a_bad_file_of_observed_months(run, tmp_path):
    (tmp_path / "bad.csv").write_text("month,series,quantity_t\n2025-09,magnets_hs85051110,-5\n")
    outcome = run("backtest", "april-2025-shock", "--observed", tmp_path / "bad.csv")
    assert outcome.code == 3 and "destination" in outcome.err and "Traceback" not in outcome.err


def test_a_measure_held_for_good(run):
    arguments = ("whatif", "--measure", "CN-2025-18", "--product", "ev", "--format", "json")
    may, august = (
        run(*arguments, "--at", month).envelope["results"][-1] for month in ("2025-05", "2025-08")
    )
    # Chinese cars lose nothing and are two thirds of all.
    assert may["loss_none"] > 0.2 > 5 * august["loss_none"]
    assert may["loss_least"] <= may["loss_none"] + 1e-9
    half = run(*arguments, "--at", "2025-08", "--set", "CN-2025-18.approval.US=0.3")
    rows = {row["region"]: row["loss_none"] for row in half.envelope["results"]}
    base = run(*arguments, "--at", "2025-08").envelope["results"]
    moved = {r["region"] for r in base if abs(r["loss_none"] - rows[r["region"]]) > 1e-9}
    assert moved == {"US", ""}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--measure", "CN-2025-18"), "Add --at"),
        (("--measure", "CN-2025-18", "--at", "2024-06"), "begins on 2025-04-04, after 2024-06"),
        (("--measure", "CN-2024-46", "--at", "2025-05"), "end uses"),
        ((), "nothing is taken away"),
    ],
)
def test_a_measure_that_a_static_year_cannot_hold(run, arguments, words):
    outcome = run("whatif", *arguments)
    assert outcome.code in (1, 2, 3) and words in outcome.err and outcome.out == ""


def test_a_change_is_made_in_the_scenarios_that_have_the_measure(run):
    args = ("compare", "october-licences", "october-full", "--months", "6", "--product", "ev")
    args += ("--region", "JP", "--rerouting", "none", "--format", "json")
    added = {}
    for share in ("0", "0.5", "1"):
        done = run(*args, "--set", f"CN-2025-61-CONTENT.compliance.*={share}")
        assert done.code == 0, done.err
        rows = [r for r in done.envelope["results"] if r["product"] == "ev"]
        added[share] = next(r["change_central"] for r in rows if r["scenario"] == "october-full")
    assert -1e-9 <= added["0"] <= added["0.5"] + 1e-9 <= added["1"] + 2e-9
    assert added["1"] > 0
    wrong = run(*args, "--set", "CN-2025-61-CONTNT.compliance.*=1")
    assert wrong.code == 2 and "is no measure of this scenario" in wrong.err
