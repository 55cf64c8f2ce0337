"""Sets of removals that the page answers with its own cascade, beside what the engine says."""

import json
import math
import shlex
from urllib.parse import urlencode

import pytest
from random_networks import random_network

import supplygraph as sg
from supplygraph.views import View

TOTALS = ("abroad", "home", "total")
# What is taken away, how it acts, and how much of each.
SETS = [
    (["facility:my-lynas-lamp"], "outage", 1),
    (["facility:cn-bayan-obo"], "export-stop", 1),
    (["facility:cn-heavy-rest"], "export-stop", 0.5),  # never ranked, and yet named by its id
    (["facility:cn-bayan-obo", "facility:my-lynas-lamp"], "outage", 0.5),
    (["facility:my-lynas-lamp", "facility:us-mountain-pass"], "outage", 1),
    (["country:CN"], "outage", 1),
    (["country:CN"], "export-stop", 0.25),
    (["country:MM"], "export-stop", 1),
    (["country:MM", "country:LA"], "outage", 1),
    (["country:CN", "country:MM", "country:LA"], "export-stop", 0.75),
    (["country-process:CN/heavy"], "export-stop", 1),
    (["country-process:CN/heavy", "country-process:CN/ndfeb"], "export-stop", 0.5),
    (["country-process:CN/heavy", "facility:my-lynas-lamp", "country:MM"], "outage", 1),
    (["country-stage:CN/separation"], "export-stop", 1),
    (["country-stage:CN/separation", "country-stage:CN/mine"], "outage", 0.25),
    (["process:heavy"], "outage", 1),
    (["process:ndfeb"], "export-stop", 0.75),
    (["process:hard-rock", "process:clay"], "outage", 0.5),
    (["element:Dy"], "outage", 1),
    (["element:Dy", "element:Tb"], "export-stop", 1),
    (["element:Sm", "country:JP"], "outage", 0.75),
    (["element:Nd", "process:dytb", "facility:cn-bayan-obo"], "export-stop", 0.5),
]


def address(names, acts_as, share):
    return "#" + urlencode(
        [*(("remove", name) for name in names), ("as", acts_as), ("share", share)]
    )


def go(opened, hash_):
    """Follow a link inside the page that is open, until it is answered."""
    opened.page.evaluate(
        "(to) => new Promise((done) => { addEventListener('hashchange', () => setTimeout(done),"
        " { once: true }); location.hash = to; })",
        hash_,
    )


def shown(opened):
    """Totals and rows that the panel shows, in full."""
    if opened.page.locator("#all-lost").count():
        button = opened.page.locator("#all-lost")
        if button.inner_text().startswith("Show all"):
            button.click()
    totals = opened.page.evaluate("({ ...document.getElementById('whatif').dataset })")
    rows = opened.page.evaluate(
        "[...document.querySelectorAll('#lost tbody tr')]"
        ".map((row) => [row.dataset.row, row.dataset.none])"
    )
    totals = {place: float(totals.get(place, "nan")) for place in TOTALS}
    return totals, {tuple(json.loads(key)): float(lost) for key, lost in rows}


def of_engine(chain, command):
    """The same of Python, asked with the selectors of the command that the page shows."""
    words = shlex.split(command)
    removed = [words[i + 1] for i, word in enumerate(words) if word == "--remove"]
    take = chain.stop_exports if words[words.index("--as") + 1] == "export-stop" else chain.remove
    table = take(*removed).solve(rerouting="none").results.table
    totals = table[table["product"] == "total"]
    rows = table[table["product"] != "total"]
    keys = zip(rows["product"], rows["region"], rows["segment"], strict=True)
    return (
        {
            place or "total": loss
            for place, loss in zip(totals["place"], totals["loss_none"], strict=True)
        },
        dict(zip(keys, rows["loss_none"], strict=True)),
    )


def assert_same(opened, chain):
    (totals, rows), (wanted, losses) = shown(opened), of_engine(chain, opened.text("#command"))
    for place in TOTALS:
        assert math.isnan(totals[place]) == math.isnan(wanted[place]), place
        assert math.isnan(totals[place]) or abs(totals[place] - wanted[place]) <= 1e-9, place
    assert rows.keys() <= losses.keys()
    for key, loss in losses.items():
        assert abs(rows.get(key, 0.0) - loss) <= 1e-9, (key, rows.get(key), loss)
    return max(losses.values())


def test_sets_lose_what_the_engine_says(chain, shipped, open_page):
    opened = open_page(shipped)
    most = []
    for names, acts_as, share in SETS:
        go(opened, address(names, acts_as, share))
        assert opened.page.locator("#set li").count() == len(names), names
        most.append(assert_same(opened, chain))
    assert sum(loss > 0 for loss in most) >= 20  # sets that lose nothing would prove nothing
    opened.assert_quiet()


@pytest.mark.parametrize("seed", [24, 43, 46])
def test_small_networks_with_loops_and_alternatives(seed, tmp_path, open_page):
    folder = tmp_path / "data"
    folder.mkdir()
    random_network(seed).write(folder)
    chain = sg.load(folder)
    opened = open_page(View(chain.page()).save(tmp_path / "page.html"))
    names = opened.page.evaluate(
        "Object.entries(JSON.parse(document.getElementById('page').textContent).removables.items)"
        ".filter(([, item]) => item.why === undefined).map(([id]) => id)"
    )
    assert len(names) > 3
    for number, first in enumerate(names[:8]):
        acts_as = ("outage", "export-stop")[number % 2]
        pair = [first, names[-1 - number]]
        go(opened, address(dict.fromkeys(pair), acts_as, (0.25, 0.5, 0.75, 1)[number % 4]))
        assert_same(opened, chain)
    opened.assert_quiet()


def test_a_tour_of_a_set(shipped, open_page):
    """Two things chosen, half of each, told as an upper bound, passed on as a link, cleared."""
    opened = open_page(shipped, "#node=my-lynas-lamp&as=outage")
    page = opened.page
    page.click("#panel .take")  # from its own panel
    assert page.locator("#set li").all_inner_texts() == ["Lynas Malaysia (Gebeng, Kuantan)\n×"]
    assert "after a year" in opened.text("#headline")  # solved for alone, so all bounds stand
    page.fill("#search", "heavy separation, all")
    page.keyboard.press("Shift+Enter")
    assert page.locator("#set li").count() == 2
    assert opened.text("#headline").startswith("At most ")
    assert "none alone" in opened.text("#panel")
    page.click("#depth [data-share='0.5']")
    assert opened.text("#command") == (
        "supplygraph whatif --remove 'id=my-lynas-lamp share=0.5' "
        "--remove 'process=heavy share=0.5' --as outage"
    )
    answer, link = shown(opened), opened.hash()
    again = open_page(shipped, link)
    assert (shown(again), again.hash()) == (answer, link)
    again.page.click("#set li:last-child button")
    assert again.page.locator("#set li").count() == 1
    again.page.click("#clear")
    assert again.page.locator("#set").count() == 0 and "remove" not in again.hash()
    opened.assert_quiet()
    again.assert_quiet()


def test_marks_in_the_table_and_clicks_on_dots(shipped, open_page):
    opened = open_page(shipped, "#tab=table&as=outage")
    page = opened.page
    page.click("[data-id=cn-bayan-obo] input")
    page.click("[data-id=my-lynas-lamp] input")
    assert page.locator("#set li").count() == 2
    assert page.locator("#table input:checked").count() == 2
    page.click("[data-id=my-lynas-lamp] input")
    assert page.locator("#set li").all_inner_texts() == ["Bayan Obo\n×"]
    page.click("#tab-matrix")
    page.click("[data-lane=MM]", modifiers=["Control"])
    assert page.locator("#set li").count() == 2
    assert "remove=country%3AMM" in opened.hash()
    opened.assert_quiet()


def test_what_cannot_be_taken_away_says_why(record, shipped, open_page):
    rows = record.table[record.table["part"] == "removable"]
    why = {
        id_: row["why"] for id_, row in zip(rows["id"], rows["values"], strict=True) if "why" in row
    }
    unsized = next(name for name in why if "nobody states its tonnes" in why[name])
    opened = open_page(
        shipped,
        "#"
        + urlencode([("remove", unsized), ("remove", "ev@CN"), ("remove", "x"), ("share", "2")]),
    )
    said = " ".join(opened.page.locator(".refused").all_inner_texts())
    assert why[unsized] in said and "is a product" in said
    assert "x is not part of this page" in said and "share '2'" in said
    assert opened.page.locator("#set li").count() == 0
    opened.page.click("#tab-table")
    mark = opened.page.locator(f"[data-id='{unsized.removeprefix('facility:')}'] input")
    assert mark.is_disabled() and "nobody states its tonnes" in mark.get_attribute("title")
    opened.assert_quiet()
