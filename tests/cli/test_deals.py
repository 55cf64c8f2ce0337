"""Deals and projects from the command line."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

FAST = ("deals", "--elements", "Dy", "--years", "2030", "--portfolios", "binding")


def test_rows_are_intervals_for_the_pool_and_its_regions(run):
    rows = run(*FAST, "--format", "json").envelope["results"]
    assert [row["place"] for row in rows] == ["US+EU+JP", "US", "EU", "JP"]
    for row in rows:
        assert 0 <= row["cover_low"] <= row["cover_high"] <= 1
    assert sum(row["need"] for row in rows[1:]) == pytest.approx(rows[0]["need"])


@pytest.mark.parametrize(
    ("args", "acts_as"),
    [
        ((), "export-stop"),
        (("--as", "outage"), "outage"),
        (("--without", "process=heavy"), "outage"),
        (("--without", "process=heavy", "--as", "export-stop"), "export-stop"),
    ],
)
def test_what_stops_is_told_first(run, args, acts_as):
    done = run(*FAST, *args, "--format", "json").envelope
    assert done["params"]["as"] == acts_as
    assert done["warnings"][0].startswith(f"as {acts_as}: ")


def test_a_table_says_cover_in_per_cent_and_the_step_that_binds_in_words(run):
    done = run(*FAST, "--format", "md")
    lines = done.out.splitlines()[2:]
    names, _, row, *_ = [line.strip("| ").split(" | ") for line in lines]
    shown = dict(zip(names, row, strict=True))
    assert shown["cover_high"].endswith(" %") and "binding" not in shown
    assert shown["because"].endswith(": Sintered NdFeB magnet with Dy or Tb needs Dy or Tb")
    for word in ("cover_low: ", "cover_high: ", "cover_unsized: "):
        assert len([line for line in done.err.splitlines() if f"warning: {word}" in line]) == 1


def test_a_project_and_its_deal_say_who_may_buy(run):
    args = ("--years", "2030", "--format", "json")
    rows = run("deals", "--by", "project", *args).envelope["results"]
    told = {row["id"]: row["offtake"] for row in rows}
    assert "JARE (JOGMEC, Sojitz): heavy rare earths, 50 %, until 2038" in told["my-lynas-hre"]
    assert told["us-mp-10x-northlake"] == ["US Department of Defense: magnets, 100 %"]
    assert told["au-nolans-sep"] == []
    # The Chinese contracts of Serra Verde end in 2026.
    assert told["br-serra-verde"] == ["buyer not stated: 100 %"]
    rows = run("deals", "--by", "deal", *args).envelope["results"]
    told = {row["id"]: row["offtake"] for row in rows}
    assert told["CA-SRC-REALLOYS"] == ["REalloys: 80 %"]
    assert told["AU-ILUKA-2"] == ["subject to offtake satisfactory to the Government"]


def test_a_project_has_one_row_per_line_and_year(run):
    rows = run("deals", "--by", "project", "--years", "2030", "--format", "json").envelope[
        "results"
    ]
    lines = [row["line"] for row in rows]
    assert len(lines) == len(set(lines))
    nolans = next(row for row in rows if row["id"] == "au-nolans-sep")
    assert 0 < nolans["could_run"] < 1
    assert nolans["short_of"] == ["ore-apatite-monazite-nolans"]
    unsized = [row for row in rows if row["capacity"] is None]
    assert all(row["could_run"] is None for row in unsized) and unsized


def test_every_deal_adds_tonnes_once_or_says_why_not(run):
    rows = run("deals", "--by", "deal", "--years", "2030", "--format", "json").envelope["results"]
    assert len(rows) == 78
    for row in rows:
        added = [row[f"{s}_added"] for s in ("mine", "separation", "metal", "magnet")]
        assert bool(row["projects"]) or row["why_none"], row["id"]
        assert row["projects"] or not any(added), row["id"]
        assert not row["counted_in"] or not any(added), row["id"]
    state = next(row for row in rows if row["id"] == "FR-CAREMAG-STATE")
    assert state["counted_in"] == "JP-FR-CAREMAG" and state["separation_added"] == 0


def test_a_project_is_judged_alone_and_beside_all_others(run):
    done = run("whatif", "--remove", "country=CN", "--at", "2030-01", "--project", "au-nolans-sep")
    assert "project au-nolans-sep: alone: total loss_least stays" in done.err
    assert "short of ore-apatite-monazite-nolans" in done.err


def test_binding_projects_stand_by_default_and_others_on_demand(run):
    asked = ("whatif", "--remove", "country=CN", "--at", "2030-01", "--rerouting", "least")
    totals = {}
    for word in ("none", "binding", "announced"):
        args = (*asked, "--projects", word)
        totals[word] = run(*args, "--format", "json").envelope["results"][-1]["loss_least"]
    usual = run(*asked, "--format", "json").envelope
    assert usual["results"][-1]["loss_least"] == totals["binding"]
    assert totals["announced"] < totals["binding"] < totals["none"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("deals", "--by", "moon"), "--by 'moon' is not known"),
        (("deals", "--years", "soon"), "--years 'soon' are no years"),
        (("deals", "--years", "1990"), "year 1990 is out of"),
        (("deals", "--elements", "Dz"), "no element 'Dz'"),
        (("deals", "--portfolios", "bindng"), "Did you mean 'binding'"),
        (("deals", "--pool", "USSR"), "no region 'USSR'"),
        (("deals", "--without", "country=XX"), "XX"),
        (("deals", "--known-to", "2026"), "is not YYYY-MM"),
        (("deals", "--as", "strike"), "'strike'"),
        (("whatif", "--remove", "country=CN", "--project", "au-nolans-sep"), "Add --at"),
        (
            ("whatif", "--remove", "country=CN", "--at", "2030-01", "--project", "nolan"),
            "no project 'nolan'",
        ),
        (("scenario", "run", "april-2025-shock", "--project", "nolan"), "no project 'nolan'"),
    ],
)
def test_unknown_words_are_one_clear_line(run, args, said):
    done = run(*args)
    assert done.code == 2
    assert said in done.err and "Traceback" not in done.err


def test_a_dataset_without_projects_says_so(run):
    done = run("--dataset", "three-nodes", "deals")
    assert done.code == 2 and "has no projects" in done.err
