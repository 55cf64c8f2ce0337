"""Sets of removals that the page answers with its own cascade, beside what the engine says."""

import json
import math
import shlex
from itertools import pairwise
from urllib.parse import urlencode

import pytest
from random_networks import random_network

import supplygraph as sg
from supplygraph.scenario.export_stops import as_export_stop
from supplygraph.scenario.shocks import parse_shock
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
# What is licensed, and the share approved by destination (* for all others).
LICENCES = [
    (["facility:cn-heavy-rest"], {"*": 1, "US": 0.3}),
    (["country:CN"], {"*": 0.9, "US": 0.3, "EU": 0.6, "JP": 0.8}),
    (["country-process:CN/heavy"], {"*": 0, "JP": 0.55}),
    (["pool:dy-oxide@CN"], {"*": 0.25, "EU": 1, "JP": 0}),
    (["country:MM", "facility:my-lynas-lamp", "element:Nd"], {"*": 0.5, "JP": 0.125, "US": 1}),
]


def licence_of(names, approved):
    parts = [*(("remove", name) for name in names), ("as", "export-stop")]
    return "#" + urlencode([*parts, *(("licence", f"{m}:{x}") for m, x in approved.items())])


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


def removed_by(command):
    return [after for word, after in pairwise(shlex.split(command)) if word == "--remove"]


def of_engine(chain, command):
    """The same of Python, asked with the selectors of the command that the page shows."""
    words = shlex.split(command)
    removed = removed_by(command)
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


def test_licences_lose_what_the_engine_says(chain, record, shipped, open_page):
    """The command names routes; each keeps what a stop of exports of that share leaves it."""
    opened = open_page(shipped)
    graph, live = chain.network, chain.baseline.block("arc") > 0
    to = graph.pools["market"].to_numpy()[graph.arcs["destination"].to_numpy()]
    known = record.table[record.table["part"] == "removable"].set_index("id")["values"]
    for names, approved in LICENCES:
        go(opened, licence_of(names, approved))
        assert opened.page.locator("#set li").count() == len(names), names
        assert assert_same(opened, chain) > 0, names
        selectors = [
            known[name]["selector"] if name in known else f"id={name.removeprefix('pool:')}"
            for name in names
        ]
        named = parse_shock(graph, removed_by(opened.text("#command"))).arc
        for market in set(to):
            share = 1 - approved.get(market, approved["*"])
            outage = parse_shock(graph, [f"{text} share={share}" for text in selectors])
            there = live & (to == market)
            left = as_export_stop(chain.baseline, outage).arc
            assert named[there] == pytest.approx(left[there], abs=1e-9), (names, market)
    opened.assert_quiet()


def test_a_licence_set_by_hand(shipped, open_page, printed):
    """Half of all exports, then a share for one destination; its command prints the same."""
    opened = open_page(shipped, address(["country-process:CN/heavy"], "outage", 0.5))
    page = opened.page
    page.click("#licence")
    assert page.locator("#as-export-stop").is_checked()
    assert page.input_value("#approved-\\*") == "50"
    even = float(page.locator("#whatif").get_attribute("data-abroad"))
    go(opened, address(["country-process:CN/heavy"], "export-stop", 0.5))
    assert float(page.locator("#whatif").get_attribute("data-abroad")) == pytest.approx(even)
    page.click("#licence")
    shown_first = page.locator(".licence input").evaluate_all("all => all.map((one) => one.id)")
    assert shown_first == ["approved-US", "approved-EU", "approved-JP", "approved-*"]
    page.fill("#approved-US", "0")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "approved-US"
    loss = float(page.locator("#whatif").get_attribute("data-abroad"))
    assert loss > even and "licence=US%3A0" in opened.hash()
    rows = printed(opened.text("#command"))["results"]
    total = next(r for r in rows if r["product"] == "total" and r["place"] == "abroad")
    assert total["loss_none"] == pytest.approx(loss, abs=1e-6)
    page.select_option("#approve-more", "KR")
    page.fill("#approved-KR", "120")
    page.keyboard.press("Enter")
    assert "'120' is not between 0 and 100 %" in opened.text(".refused")
    again = open_page(shipped, opened.hash())
    assert shown(again) == shown(opened) and again.page.input_value("#approved-KR") == "50"
    again.page.fill("#approved-US", "100")
    again.page.fill("#approved-KR", "100")
    again.page.fill("#approved-\\*", "100")
    again.page.keyboard.press("Enter")
    assert "nothing is taken away" in again.text("#panel")
    assert again.page.locator("#command").count() == 0
    again.page.click("#licence")
    assert "licence" not in again.hash() and again.page.locator("#depth").count() == 1
    opened.assert_quiet()
    again.assert_quiet()


def test_a_link_with_a_licence_of_nothing_says_so(shipped, open_page):
    made = [("remove", "country:CN"), ("licence", "Mars:0.5"), ("licence", "US:7")]
    opened = open_page(shipped, "#" + urlencode(made))
    said = opened.page.locator(".refused").all_inner_texts()
    assert ["Mars:0.5" in said[0], "US:7" in said[1]] == [True, True]
    opened.assert_quiet()


def test_a_box_drawn_with_shift_takes_the_plants_inside(record, shipped, open_page):
    opened = open_page(shipped)
    page = opened.page
    spots = page.evaluate(
        "(() => { const m = document.getElementById('matrix'), b = m.getBoundingClientRect(),"
        " v = m.viewBox.baseVal, k = b.width / v.width;"
        " return JSON.parse(document.getElementById('nodes').textContent).filter((n) => !n.cell)"
        ".map((n) => [n.id, b.left + (n.x - v.x) * k, b.top + (n.y - v.y) * k]); })()"
    )
    x, y = next(at for name, *at in spots if name == "cn-bayan-obo")
    box = (x - 30, y - 30, x + 30, y + 30)
    inside = {n for n, a, b in spots if box[0] < a < box[2] and box[1] < b < box[3]}
    known = record.table[record.table["part"] == "removable"].set_index("id")["values"]
    wanted = {n for n in inside if "why" not in known[f"facility:{n}"]}
    assert len(wanted) > 1 and len(wanted) < len(spots) / 4
    page.keyboard.down("Shift")
    page.mouse.move(*box[:2])
    page.mouse.down()
    page.mouse.move(*box[2:], steps=3)
    assert page.locator("[data-lasso]").count() == 1
    page.mouse.up()
    page.keyboard.up("Shift")
    assert page.locator("[data-lasso]").count() == 0
    taken = page.evaluate("new URLSearchParams(location.hash.slice(1)).getAll('remove')")
    assert set(taken) == {f"facility:{name}" for name in wanted}
    assert page.locator(".refused").count() == (len(inside) > len(wanted))
    assert "zoom" not in opened.hash()
    page.mouse.move(*box[:2])
    page.mouse.down()
    page.mouse.move(*box[2:], steps=3)  # without Shift the picture moves, and the set stays
    page.mouse.up()
    opened.wait("location.hash.includes('zoom=')")
    assert page.locator("#set li").count() == len(wanted)
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
