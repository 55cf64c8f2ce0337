"""What the quoted command prints in a process of its own is what the page says."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SINGLE = "#removal=country-process%3ACN%2Fheavy"
SET = "#remove=country%3AMM&remove=facility%3Amy-lynas-lamp&as=outage&share=0.5"
PRODUCT = ("product", "region", "segment")


def run_apart(command: str) -> dict:
    """The envelope that a command of the page prints, started as a reader would."""
    program, *arguments = shlex.split(command)
    assert program == "supplygraph"
    done = subprocess.run(
        [sys.executable, "-m", program, *arguments, "--format", "json"],
        env=os.environ | {"PYTHONPATH": str(ROOT), "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=300,
    )
    return json.loads(done.stdout)


def downloaded(opened) -> dict:
    """All numbers of the page."""
    opened.page.click("#share summary")
    with opened.page.expect_download() as waiting:
        opened.page.click("#save-json")
    return json.loads(waiting.value.path().read_text(encoding="utf-8"))


def totals(rows: list[dict]) -> dict:
    return {row["place"] or "total": row for row in rows if row["product"] == "total"}


def near(value: float | None, gap: float = 1e-6) -> object:
    return None if value is None else pytest.approx(value, abs=gap)


def test_every_number_of_a_removal_and_of_a_set_is_that_of_its_command(shipped, open_page):
    opened = open_page(shipped, SINGLE)
    envelope = run_apart(opened.text("#command"))
    rows, told = envelope["results"], totals(envelope["results"])
    numbers = downloaded(opened)
    shown = {row["id"]: row for row in numbers["removals"] if row["as"] == "export-stop"}
    one = shown["country-process:CN/heavy"]
    for place in ("abroad", "home"):
        for bound in ("none", "12m", "least"):
            loss = told[place][f"loss_{bound}"]
            assert one.get(f"loss_{place}_{bound}") == near(loss), (place, bound)
    for step in ("3m", "6m"):
        assert one[f"loss_abroad_{step}"] == near(told["abroad"][f"loss_{step}"])
    known = {(row["product"], row["region"]): row for row in rows if row["product"] != "total"}
    hit = {(product, region): losses for product, region, *losses in one["products"]}
    for key, (none, *year) in hit.items():
        assert none == near(known[key]["loss_none"], 1.01e-4), key
        assert not year or year[0] == near(known[key]["loss_12m"], 1.01e-4), key
    assert len(hit) > 3
    assert numbers["dataset"] == envelope["dataset"]
    for product, weight in envelope["weights"].items():
        assert numbers["weights"].get(product, 0) == near(weight), product
    opened.assert_quiet()

    opened = open_page(shipped, SET)
    rows = run_apart(opened.text("#command"))["results"]
    asked = downloaded(opened)["set"]
    for place, row in totals(rows).items():
        assert asked[place] == near(row["loss_none"], 1e-9), place
    wanted = {tuple(r[n] for n in PRODUCT): r for r in rows if r["product"] != "total"}
    assert len(asked["rows"]) == len(wanted) > 50
    for row in asked["rows"]:
        other = wanted[tuple(row[name] for name in PRODUCT)]
        assert row["none"] == near(other["loss_none"], 1e-9)
        assert row["demand"] == pytest.approx(other["demand"], rel=1e-9)
        assert (row["unit"], row["place"]) == (other["unit"], other["place"])
    opened.assert_quiet()
