"""What a reader takes along: links, frames, citations, tables, pictures, numbers with caveats."""

import csv
import io
import json

import pytest

APRIL = "april-2025-shock"
# A state of every kind, whose link shows the same again.
LINKS = [
    "#removal=country-process%3ACN%2Fheavy&as=outage&sector=defence&zoom=84%2C68%2C900",
    "#remove=country%3AMM&remove=process%3Aheavy&as=export-stop&share=0.5&tab=sankey",
    "#tab=table&rows=country-process&sort=-none&country=CN&rank=country",
    f"#tab=timeline&scenario={APRIL}&month=2025-06&compare=busan-window&product=ev",
    "#tab=deals&place=JP&portfolio=binding",
    "#tab=network&node=my-lynas-lamp&dir=down&open=cn-heavy-rest",
    "#tab=map&node=my-lynas-lamp&scenario=busan-window&month=2026-02",
    "#flow=CN%2Fc04%3ECN%2Fc05%3Et+metal+a+year",
    "#box=CN%2Fc05&tab=sankey",
]


def saved(opened, button: str) -> str:
    with opened.page.expect_download() as waiting:
        opened.page.click(button)
    return waiting.value.path().read_text(encoding="utf-8")


def seen(opened) -> list[str]:
    return [opened.text("#panel"), opened.text("main .view:not([hidden])")]


def test_a_link_shows_what_its_sender_saw(shipped, open_page):
    opened, again = open_page(shipped), open_page(shipped)
    for link in LINKS:
        opened.page.goto("about:blank")
        opened.page.goto(shipped.as_uri() + link)
        first, state = seen(opened), opened.hash()
        asked = set(link[1:].replace("%20", "+").split("&"))
        assert asked <= set(state[1:].split("&")), (link, state)
        opened.page.click("#share summary")
        shared = opened.text("#share-link")
        again.page.goto("about:blank")
        again.page.goto(shared)
        assert (seen(again), again.hash()) == (first, state), link
    opened.assert_quiet()
    again.assert_quiet()


def test_copy_frame_citation(shipped, open_page):
    opened = open_page(
        shipped, "#node=my-lynas-lamp", permissions=["clipboard-read", "clipboard-write"]
    )
    page = opened.page
    page.focus("#share summary")
    page.keyboard.press("Enter")
    page.click("#share-menu .cmd button >> nth=0")
    page.locator("#share-menu button", has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    assert "rare-earths.html#embed&amp;node=my-lynas-lamp" in opened.text("#share-embed")
    cited = opened.text("#share-cite")
    assert cited.startswith("supplygraph, dataset rare-earths") and "base year 2024" in cited
    assert cited.endswith(f"Reproduced by: {opened.text('#command')}")
    page.keyboard.press("Escape")
    assert not page.locator("#share-menu").is_visible()
    assert page.locator("#chosen").count() == 1  # Escape closes what is on top alone
    opened.assert_quiet()


def test_a_frame_shows_the_picture_alone(shipped, open_page):
    opened = open_page(shipped, "#embed&node=my-lynas-lamp")
    assert opened.page.locator("#matrix").is_visible() and opened.page.locator("#foot").is_visible()
    for chrome in ("header", ".bar", "#panel"):
        assert not opened.page.locator(chrome).is_visible()
    assert "is lost after a year" in opened.text("#foot") and "base year 2024" in opened.text(
        "#foot"
    )
    assert opened.page.get_attribute("#foot a", "href") == "#node=my-lynas-lamp"
    opened.assert_quiet()


@pytest.mark.parametrize(
    "tab", ["matrix", "sankey", "network", "map", "timeline", "deals", "sources"]
)
def test_every_tab_has_its_table(shipped, open_page, tab):
    opened = open_page(shipped, f"#tab={tab}")
    rows = list(csv.DictReader(io.StringIO(saved(opened, "#save-csv"))))
    assert len(rows) > 20 and len({len(row) for row in rows}) == 1
    if tab in ("matrix", "sankey", "network"):
        assert all(float(row["quantity"]) > 0 and row["unit"] for row in rows)
    if tab == "deals":
        listed = list(csv.DictReader(io.StringIO(saved(opened, "#save-deals"))))
        assert len(listed) == opened.page.locator("#deals li").count()
    opened.assert_quiet()


def test_numbers_as_json_name_their_caveats(shipped, open_page, record):
    opened = open_page(shipped, "#remove=country%3AMM&remove=country%3ALA")
    opened.page.click("#share summary")
    told = json.loads(saved(opened, "#save-json"))
    table = record.table
    ranked = table[table["part"] == "removal"].set_index("id")["values"]
    exports = {row["id"]: row for row in told["removals"] if row["as"] == "export-stop"}
    assert exports.keys() == set(ranked.index)
    for name, values in ranked.items():
        for bound in ("none", "12m", "least"):
            loss = values[f"loss_abroad_{bound}"]
            assert exports[name].get(f"loss_abroad_{bound}") == (
                None if loss is None else pytest.approx(loss, abs=1e-6)
            )
        assert set(values["flags"]) <= set(exports[name]["caveats"])
    parts = ("removals", "months", "cover", "flows")
    used = {name for part in parts for row in told[part] for name in row["caveats"]}
    assert used and used <= told["caveats"].keys()
    assert {row["scenario"] for row in told["months"]} >= {APRIL}
    whatif = opened.page.get_attribute("#whatif", "data-abroad")
    assert told["set"]["abroad"] == float(whatif) and told["set"]["caveats"] == ["upper_bound"]
    opened.assert_quiet()


def test_paper_has_the_whole_table_and_its_source(shipped, open_page):
    opened = open_page(shipped, "#tab=table")
    opened.page.emulate_media(media="print")
    assert not opened.page.locator("header .tabs, .bar, #share").first.is_visible()
    assert "base year 2024" in opened.text("#foot")
    frame = "(() => { const v = document.getElementById('view-table');"
    assert opened.page.evaluate(frame + " return v.scrollHeight <= v.clientHeight + 1; })()")
    opened.assert_quiet()
