"""Nothing that a stranger's dataset says is ever run, or reaches the network."""

import csv
import json
import shutil
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

import supplygraph as sg
from supplygraph.results import load_results
from supplygraph.views import View

EXAMPLE = Path(sg.__file__).parents[1] / "examples" / "three-nodes"
HOSTILE = [
    "<img src=x onerror=window.ran=1>",
    "</script><script>window.ran=1</script>",
    "<!--<script>window.ran=1",
    "\"'><svg onload=window.ran=1>",
    "javascript:window.ran=1",
    "{{ 7*7 }} {% raw %} ${window.ran=1} `",
    "__proto__",
    "constructor",
    "href=javascript:window.ran=1 <a href='javascript:window.ran=1'>x</a>",
    "a\u2028b\u202ec 磁铁 🧲",
]
TEXT = {
    "countries": ("name", "note"),
    "facilities": ("name", "place", "note"),
    "materials": ("name", "note"),
    "products": ("name", "note"),
    "operators": ("name", "note"),
    "sources": ("title", "publisher", "date", "url", "accessed", "doi", "note"),
    "capacities": ("note",),
    "demand": ("note",),
    "needs": ("note",),
    "observations": ("note",),
    "recipes": ("note",),
    "stocks": ("note",),
    "trade": ("note",),
}
SOURCED = set(TEXT) - {"countries", "materials", "sources", "operators"}
ROUNDS = 3


def hostile_dataset(folder: Path, texts: Iterator[str]) -> Path:
    """The three-node dataset with one text after the other in every field that holds words."""
    shutil.copytree(EXAMPLE, folder)
    source = {"key": "s", "title": "", "publisher": "", "date": "", "url": "", "accessed": ""}
    write(folder / "sources.csv", [source])
    write(folder / "operators.csv", [{"id": "op", "name": "", "country": "CN"}])
    for table, columns in TEXT.items():
        file = folder / f"{table}.csv"
        rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
        for row in rows:
            row |= {column: next(texts) for column in columns}
            if table in SOURCED:
                row["source"] = "s"
                row |= {} if table == "needs" else {"evidence": "A"}
        write(file, rows)
    # JSON is YAML: whatever a text holds, it stays one text.
    stop = {"id": "stop", "kind": "outage", "title": next(texts), "select": "id=mine-a"}
    told = {name: next(texts) for name in ("title", "description", "note")}
    told |= {"start": "2025-04", "months": 3, "measures": [stop]}
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "stop.yaml").write_text(json.dumps(told), encoding="utf-8")
    return folder


def with_deals(record: dict, texts: Iterator[str]) -> dict:
    """A record that also holds cover by year and a deal, all of whose words are hostile."""
    words = ("portfolio", "element", "place", "unit", "evidence", "because")
    shares = ("cover_none", "cover_low", "cover_high", "cover_unsized", "need")
    cover = {word: next(texts) for word in words} | dict.fromkeys(shares, 0.5) | {"year": 2030}
    words = ("id", "name", "date", "firmness", "kind", "counted_in", "why_none", "evidence")
    numbers = ("mine_added", "separation_added", "metal_added", "magnet_added", "could_run")
    deal = {word: next(texts) for word in words} | dict.fromkeys(numbers, 1.0)
    deal |= {word: [next(texts)] for word in ("parties", "projects", "offtake")}
    deal |= {"year": 2030, "unsized": 0}
    names = {cover["place"]: next(texts)}
    params = {"without": next(texts), "portfolios": [next(texts)]}
    asked = {"params": params, "notes": [next(texts)], "places": names}
    added = (("cover", cover), ("deal", deal), ("outlook", asked))
    for part, values in added:
        name = "question" if part == "outlook" else next(texts)
        record["results"].append({"part": part, "id": name, "values": values})
    return record


def write(file: Path, rows: list[dict]) -> None:
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def tour(opened) -> None:
    """Open everything that can be opened."""
    page = opened.page
    ids = page.evaluate(
        "JSON.parse(document.getElementById('nodes').textContent)"
        ".filter((n) => !n.cell).map((n) => n.id)"
    )
    removals = page.evaluate(
        "(() => { const r = JSON.parse(document.getElementById('page').textContent).removals;"
        " return r.rows.map((row) => row[r.names.indexOf('id')]); })()"
    )
    for key, values in (("node", ids), ("removal", removals)):
        for value in values:
            page.evaluate(
                "([key, value]) => { location.hash = new URLSearchParams([[key, value]]); }",
                [key, value],
            )
            page.wait_for_timeout(30)
            page.mouse.move(400, 300)
    page.evaluate("location.hash = ''")
    page.check("#as-outage")
    for tab in ("sankey", "network", "map", "timeline", "deals", "table", "sources", "matrix"):
        page.click(f"#tab-{tab}")
    page.fill("#search", "a")
    page.fill("#search", "<")
    page.keyboard.press("Escape")
    page.click("#share summary")
    page.click("#save-json")
    page.click("#save-svg")
    page.click("#save-png")
    page.wait_for_timeout(150)
    for handler in ("onerror", "onload", "onclick"):
        assert page.locator(f"[{handler}]").count() == 0
    links = page.locator("a[href]").evaluate_all("all => all.map((a) => a.href)")
    assert not [link for link in links if link.startswith("javascript")]
    assert page.locator("img, iframe, object, embed").count() == 0
    opened.assert_quiet()


@pytest.mark.parametrize("first", range(0, len(HOSTILE), len(HOSTILE) // ROUNDS))
def test_hostile_words_never_run(first, tmp_path, open_page):
    texts = cycle(HOSTILE[first:] + HOSTILE[:first])
    chain = sg.load(hostile_dataset(tmp_path / "toy", texts))
    opened = open_page(chain.view(scenarios=["stop"]).save(tmp_path / "page.html"))
    tour(opened)
    opened.page.click("#tab-timeline")
    assert opened.page.locator("#month-table tbody tr").count() == 1


@pytest.mark.parametrize("first", range(0, len(HOSTILE), len(HOSTILE) // ROUNDS))
def test_hostile_ids_never_run(first, tmp_path, open_page):
    """Ids that the reader would refuse, as a record from elsewhere might hold them."""
    record = sg.load("three-nodes").page().save(tmp_path / "record.json").read_text("utf-8")
    names = ("mine-a", "plant-b", "ev", "ore-a", "sinter", "JP", "Car", "three-nodes")
    for name, text in zip(names, cycle(HOSTILE[first:] + HOSTILE[:first]), strict=False):
        bad = json.dumps(text, ensure_ascii=False)[1:-1] + name
        for before in ('"', "@", ":"):
            for after in ('"', "@"):
                record = record.replace(f"{before}{name}{after}", f"{before}{bad}{after}")
    record = with_deals(json.loads(record), cycle(HOSTILE[first:] + HOSTILE[:first]))
    (tmp_path / "hostile.json").write_text(json.dumps(record), encoding="utf-8")
    page = View(load_results(tmp_path / "hostile.json")).save(tmp_path / "page.html")
    tour(open_page(page))


def test_the_tour_would_see_a_script_that_runs(tmp_path, open_page):
    """A page without our defences is caught, so the tests above can fail."""
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><img src='https://example.org/x' onerror='window.ran=1'>")
    opened = open_page(page)
    opened.page.wait_for_timeout(100)
    with pytest.raises(AssertionError):
        opened.assert_quiet()
