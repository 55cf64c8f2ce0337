"""The page of the shipped data, opened from disk without a network and clicked through."""

import csv
import io
import re

import pytest

MEGABYTE = 1_000_000


@pytest.fixture
def page(shipped, open_page):
    opened = open_page(shipped)
    yield opened
    opened.assert_quiet()


def test_it_is_small_and_drawn_soon(shipped, open_page):
    times = []
    while len(times) < 5 and min(times, default=2000) >= 2000:  # the machine may be busy
        opened = open_page(shipped)
        times.append(opened.page.evaluate("Number(document.documentElement.dataset.drawn)"))
        opened.assert_quiet()
    assert min(times) < 2000, times
    assert shipped.stat().st_size < 1.6 * MEGABYTE


def test_first_sight(page):
    assert page.page.locator("#matrix").count() == 1
    dots = page.page.locator("#matrix [data-layer=dots] > *").count()
    assert dots > 400
    first = page.page.locator("#top li").first.inner_text()
    assert "China" in first and "%" in first
    assert "at best" in first and "if nobody reroutes" in first  # for who cannot see the bar
    assert "nobody reroutes" in page.text("#panel")
    assert page.page.locator("#as-export-stop").is_checked()


@pytest.mark.parametrize("acts_as", ["export-stop", "outage"])
@pytest.mark.parametrize(
    "address",
    [
        "#node=cn-bayan-obo",
        "#node=my-lynas-lamp",
        "#removal=country-process%3ACN%2Fheavy",
        "#removal=country-stage%3ACN%2Fseparation",
        "#removal=country%3ACN",
        "#removal=country%3AMM",
        "#removal=element%3ADy",
    ],
)
def test_the_panel_shows_what_the_command_prints(shipped, open_page, printed, address, acts_as):
    opened = open_page(shipped, f"{address}&as={acts_as}")
    losses = opened.page.locator("#losses")
    command = opened.text("#command")
    assert command.endswith(f"--as {acts_as}")
    envelope = printed(command)
    rows = envelope["results"]
    abroad, home = (next(r for r in rows if is_total(r, place)) for place in ("abroad", "home"))
    wanted = {"none": abroad["loss_none"], "year": abroad["loss_12m"], "home": home["loss_12m"]}
    if acts_as == "export-stop":
        wanted["least"] = abroad["loss_least"]
    for name, value in wanted.items():
        shown = losses.get_attribute(f"data-{name}")
        assert (value is None) == (shown is None), name
        if value is not None:
            assert float(shown) == pytest.approx(value, abs=1e-6), name
    assert percent(abroad["loss_12m"]) in losses.inner_text()
    hit = opened.page.locator("#hit li").all_inner_texts()
    weighs = envelope["weights"]
    worst = max(row["loss_12m"] for row in rows if weighs.get(row["product"], 0) > 0)
    assert worst == 0 or percent(worst) in hit[0]
    opened.assert_quiet()


def percent(share: float) -> str:
    return "0 %" if share == 0 else f"{100 * share:.1f} %"


def is_total(row: dict, place: str) -> bool:
    return row["product"] == "total" and row["place"] == place


def test_the_headline_is_the_loss_abroad_after_a_year(shipped, open_page, record):
    table = record.table
    rows = table[(table["part"] == "removal") & (table["id"] == "country-process:CN/ndfeb")]
    row = rows["values"].iloc[0]
    shares = (100 * row[f"loss_abroad_{b}"] for b in ("none", "12m", "least"))
    none, year, least = (f"{x:.0f}" if x >= 9.95 else f"{x:.1f}" for x in shares)
    opened = open_page(shipped, "#removal=country-process%3ACN%2Fndfeb")
    assert opened.text("#headline") == (
        f"If its exports stop: {year} % of what the rest of the world makes with rare earths is "
        f"lost after a year; {least} % at best, {none} % if nobody reroutes."
    )
    text = opened.text("#losses")
    assert "lost abroad after 12 months" in text and "lost at home" in text
    steps = (f"{percent(row[f'loss_abroad_{n}m'])} after {n} months" for n in (3, 6))
    assert f"On the way: {', '.join(steps)}." in text
    assert opened.text("#headline") in opened.text("#status")  # read out too
    opened.assert_quiet()


def test_the_switch_redraws_everything(page):
    page.page.evaluate("location.hash = '#removal=country-process%3ACN%2Fheavy&tab=table'")
    page.page.wait_for_selector("#table")
    arcs = "[data-layer=arcs] path"

    def seen() -> list:
        page.page.click("#tab-table")
        table = page.text("#table tbody")
        page.page.click("#tab-matrix")
        lines = page.page.locator(arcs).evaluate_all("all => all.map((p) => p.getAttribute('d'))")
        dots = page.page.locator("[data-layer=dots] > *").evaluate_all(
            "all => all.map((d) => d.getAttribute('opacity'))"
        )
        return [page.text("#losses"), page.text("#hit"), page.text("#command"), table, lines, dots]

    exports = seen()
    page.page.check("#as-outage")
    assert "as=outage" in page.hash() and "removal=" in page.hash()
    assert "Plants stop" in page.text("#status") and "If its plants stop" in page.text("#status")
    outages = seen()
    assert all(one != other for one, other in zip(exports, outages, strict=True))
    assert "If its plants stop" in outages[0] and outages[2].endswith("--as outage")
    page.page.check("#as-export-stop")
    assert "as=" not in page.hash()
    assert seen() == exports


def test_the_switch_by_keyboard(page):
    page.page.focus("#as-export-stop")
    page.page.keyboard.press("ArrowRight")
    assert page.page.evaluate("document.activeElement.id") == "as-outage"
    assert page.hash() == "#as=outage"
    first = page.page.locator("#top li").first.inner_text()
    outline = "getComputedStyle(document.activeElement.nextElementSibling).outlineStyle"
    assert page.page.evaluate(outline) == "solid"
    page.page.keyboard.press("/")
    assert page.page.evaluate("document.activeElement.id") == "search"
    page.page.focus("#as-outage")
    page.page.keyboard.press("ArrowLeft")
    assert page.hash() == ""
    assert page.page.locator("#top li").first.inner_text() != first


def test_the_switch_stands_in_the_address(shipped, open_page):
    opened = open_page(shipped, "#as=outage&tab=table")
    assert opened.page.locator("#as-outage").is_checked()
    assert opened.hash() == "#as=outage&tab=table"
    rows = opened.page.locator("#top li .num").all_inner_texts()
    shown = [float(text.split("%")[0]) for text in rows]
    assert shown == sorted(shown, reverse=True)
    opened.page.evaluate("location.hash = '#as=nonsense'")
    opened.page.wait_for_function("document.getElementById('as-export-stop').checked")
    opened.page.check("#as-outage")
    opened.page.click("#reset")
    assert opened.hash() == "#as=outage"  # a reset clears filters and choice, not the question
    opened.assert_quiet()


def test_a_click_on_a_dot_opens_it(page):
    node = page.page.evaluate(
        "JSON.parse(document.getElementById('nodes').textContent)"
        ".find((n) => n.id === 'cn-bayan-obo')"
    )
    box = page.page.locator("#matrix").bounding_box()
    scale = page.page.evaluate(
        "(() => { const m = document.getElementById('matrix').viewBox.baseVal;"
        " return [m.x, m.y, m.width]; })()"
    )
    k = box["width"] / scale[2]
    at = (box["x"] + (node["x"] - scale[0]) * k, box["y"] + (node["y"] - scale[1]) * k)
    page.page.mouse.move(*at)
    assert "Bayan Obo" in page.text("#tip")
    page.page.mouse.click(*at)
    assert page.text("#chosen") == "Bayan Obo"
    assert page.hash() == "#node=cn-bayan-obo"
    arcs = page.page.locator("[data-layer=arcs] path").count()
    assert 0 < arcs <= 60
    page.page.keyboard.press("Escape")
    assert page.hash() == ""
    assert page.page.locator("#chosen").count() == 0


def test_search_filter_and_reset(page):
    page.page.keyboard.press("/")
    page.page.keyboard.type("lynas mal")
    assert "Lynas Malaysia" in page.page.locator("#suggestions li").first.inner_text()
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("Enter")
    assert page.text("#chosen").startswith("Lynas Malaysia")
    assert "Australia" in page.text("#panel")  # owned from
    page.page.select_option("#f-element", "Dy")
    faded = "[data-layer=dots] > [opacity='0.1']"
    assert page.page.locator(faded).count() > 50
    assert page.hash() == "#element=Dy"
    page.page.select_option("#f-country", "JP")
    page.page.click("#tab-table")
    cells = page.page.locator("#table tbody tr").count()
    assert 0 < cells < 40
    page.page.click("#reset")
    assert page.page.locator("#table tbody tr").count() > 400
    page.page.fill("#search", "no such thing")
    assert "Nothing found" in page.text("#suggestions")


def test_a_link_brings_back_what_was_seen(page, shipped, open_page):
    page.page.click("#tab-sankey")
    page.page.select_option("#f-country", "US")
    page.page.click("#tab-matrix")
    page.page.locator("#top li button").nth(2).click()
    address, heading = page.hash(), page.text("#chosen")
    assert "removal=" in address and "country=US" in address
    again = open_page(shipped, address)
    assert again.text("#chosen") == heading
    assert again.page.input_value("#f-country") == "US"
    again.page.evaluate("location.hash = '#tab=sources'")
    again.page.wait_for_selector("#sources")
    again.assert_quiet()


@pytest.mark.parametrize("address", ["#node=nobody", "#tab=map&element=Xx", "#%%%", "#removal=x:y"])
def test_an_address_that_names_nothing_shows_the_overview(shipped, open_page, address):
    opened = open_page(shipped, address)
    assert opened.page.locator("#top li").count() > 5
    opened.assert_quiet()


def test_tabs_hold_their_pictures(page):
    for tab, selector, least in (
        ("sankey", "#sankey rect", 30),
        ("table", "#table tbody tr", 400),
        ("sources", "#sources tbody tr", 300),
        ("matrix", "[data-layer=ribbons] path", 100),
    ):
        page.page.click(f"#tab-{tab}")
        assert page.page.locator(selector).count() > least
        assert page.page.locator(f"#tab-{tab}").get_attribute("aria-selected") == "true"
    links = page.page.locator("#sources a").evaluate_all("all => all.map((a) => [a.href, a.rel])")
    assert all(href.startswith("http") and "noopener" in rel for href, rel in links)


def test_table_sorts_and_saves(page, chain):
    page.page.click("#tab-table")
    rows = page.page.locator("#table tbody tr")
    ranked = chain.rank("facility").table
    assert rows.first.get_attribute("data-id") == ranked["id"].iat[0]
    page.page.click("#table th button:has-text('Name')")
    names = page.page.locator("#table tbody td:nth-child(2)").all_inner_texts()
    assert names == sorted(names, key=str.casefold) or len(set(names)) > 100
    page.page.click("#table th button:has-text('if nobody reroutes')")
    with page.page.expect_download() as waiting:
        page.page.click("#save-csv")
    text = waiting.value.path().read_text(encoding="utf-8")
    table = list(csv.DictReader(io.StringIO(text)))
    assert len(table) > 400
    saved = {row["id"]: row for row in table}
    for row in ranked[ranked["rank"].notna()].head(20).to_dict("records"):
        for name in ("loss_abroad_none", "loss_abroad_12m", "loss_abroad_least"):
            assert float(saved[row["id"]][name]) == pytest.approx(row[name], abs=1e-6)
        assert saved[row["id"]]["as"] == "export-stop"
    unknown = ranked[ranked["rank"].isna()].iloc[0]
    assert saved[unknown["id"]]["loss_abroad_none"] == ""
    assert float(saved[unknown["id"]]["loss_upper"]) == pytest.approx(
        unknown["loss_upper"], abs=1e-6
    )


@pytest.mark.parametrize("tab", ["matrix", "sankey"])
def test_pictures_are_saved_and_stand_alone(page, tab):
    page.page.click(f"#tab-{tab}")
    with page.page.expect_download() as waiting:
        page.page.click("#save-svg")
    text = waiting.value.path().read_text(encoding="utf-8")
    assert text.startswith("<svg") and "China" in text and "base year" in text
    assert "<script" not in text and "href" not in text and "var(--" not in text
    with page.page.expect_download() as waiting:
        page.page.click("#save-png")
    data = waiting.value.path().read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) > 50_000


def test_a_plant_without_a_stated_share_says_so(shipped, open_page, chain):
    ranked = chain.rank("facility").table
    unknown = ranked[ranked["rank"].isna()].iloc[0]
    opened = open_page(shipped, f"#node={unknown['id']}")
    text = opened.text("#losses")
    assert "No public figure states its share; at most loss" in text
    assert f"{100 * unknown['loss_upper']:.1f} %" in text


def test_keyboard_alone(page):
    page.page.focus("#matrix")
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("ArrowDown")
    assert page.page.locator("[data-layer=ring] circle").count() == 1
    said = page.text("#status")
    page.page.keyboard.press("Enter")
    assert page.text("#chosen") and page.text("#chosen") in said
    page.page.keyboard.press("Escape")
    assert page.page.locator("#chosen").count() == 0
    page.page.focus("#tab-matrix")
    page.page.keyboard.press("ArrowRight")
    assert page.page.locator("#view-sankey").is_visible()
    assert page.page.evaluate("document.activeElement.id") == "tab-sankey"
    outline = page.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_a_row_pressed_in_the_panel_keeps_the_focus_there(page):
    page.page.focus("#top li button")
    page.page.keyboard.press("Enter")
    assert page.page.evaluate("document.activeElement.id") == "panel"
    page.page.keyboard.press("Tab")
    assert page.page.evaluate("document.activeElement.id") == "back"


def test_a_row_of_the_table_opens_and_stays_in_place(page):
    page.page.click("#tab-table")
    link = page.page.locator("#table tbody tr a").nth(45)
    link.focus()
    name = link.inner_text()
    scrolled = page.page.evaluate("document.getElementById('view-table').scrollTop")
    assert scrolled > 0
    page.page.keyboard.press("Enter")
    assert page.text("#chosen") == name
    assert page.page.evaluate("document.getElementById('view-table').scrollTop") == scrolled
    assert page.page.evaluate("document.activeElement.textContent") == name


def test_flows_as_a_table(page, record):
    page.page.click("#tab-table")
    page.page.click("text=Flows")
    rows = page.page.locator("#table tbody tr").all_inner_texts()
    assert len(rows) > 100
    assert rows[0].startswith("China, mine") and "t REO a year" in rows[0]


def test_every_control_has_a_name(page):
    nameless = page.page.evaluate(
        "[...document.querySelectorAll('button, input, select, [role=tabpanel], svg[role]')]"
        ".filter((e) =>"
        " !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby')"
        " || e.textContent.trim() || e.id === 'tip' || e.id === 'suggestions'))"
        ".map((e) => e.outerHTML.slice(0, 80))"
    )
    assert nameless == []


@pytest.mark.parametrize(("width", "height"), [(800, 500), (800, 1200), (400, 800)])
def test_narrow_windows_and_zoom(shipped, open_page, width, height):
    """800 x 500 is a window of 1600 x 1000 at 200 %."""
    opened = open_page(shipped, "#node=cn-bayan-obo", width=width, height=height)
    page = opened.page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#chosen").scroll_into_view_if_needed()
    assert page.locator("#chosen").is_visible() and page.locator("#command").is_visible()
    sizes = page.locator("[data-layer=labels] text").evaluate_all(
        "all => all.map((t) => t.getBoundingClientRect().height)"
    )
    assert sizes and min(sizes) > 9
    opened.assert_quiet()


def test_zoom_shows_more_names(page):
    def shown() -> set[str]:
        return set(page.page.locator("[data-layer=labels] text").all_text_contents())

    before = shown()
    page.page.click("#zoom-in")
    page.page.click("#zoom-in")
    page.page.click("#zoom-in")
    longer = {name for name in shown() if not name.endswith("…")}
    assert len(longer - before) > 5
    page.page.click("#zoom-fit")
    assert shown() == before


def test_names_do_not_cover_each_other(page):
    boxes = page.page.locator("[data-layer=labels] text").evaluate_all(
        "all => all.map((t) => { const b = t.getBoundingClientRect();"
        " return [b.x, b.y + 2, b.right, b.bottom - 2]; })"
    )
    assert len(boxes) > 100
    covered = [
        (a, b)
        for i, a in enumerate(boxes)
        for b in boxes[:i]
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ]
    assert len(covered) == 0


def test_light_dark_and_print(shipped, open_page):
    opened = open_page(shipped, color_scheme="dark")
    page = opened.page
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.click("#theme")
    light = page.evaluate(ground)
    assert sum(map(int, re.findall(r"\d+", dark)[:3])) < 150
    assert sum(map(int, re.findall(r"\d+", light)[:3])) > 650
    page.click("#theme")
    page.emulate_media(media="print")
    page.locator("#matrix rect[fill='#f3f1eb']").first.wait_for()
    assert not page.locator("#search").is_visible()
    assert page.locator("#matrix").is_visible() and page.locator("#panel").is_visible()
    page.emulate_media(media="screen")
    page.locator("#matrix rect[fill='#171c24']").first.wait_for()
    opened.assert_quiet()


def test_flows_add_up_to_those_of_the_record(page, record):
    """What the page mixes for single plants sums to the ribbons that Python summed."""
    table = record.table
    flows = table.loc[table["part"] == "flow", "values"]
    wanted = sum(f["quantity"] for f in flows if tuple(f["origin"]) == ("CN", "c03"))
    page.page.click("#top li button >> nth=0")
    nodes = [
        row["id"]
        for row in table.loc[table["part"] == "node", "values"]
        if row["column"] == "c03" and row["country"] == "CN" and row["quantity"] > 0
    ]
    total = 0.0
    for node in nodes:
        page.page.evaluate(f"location.hash = '#node={node}'")
        page.page.wait_for_function(f"location.hash === '#node={node}'")
        text = page.page.locator("section:has([data-flows=out]) > p").first.inner_text()
        total += sum(float(x.replace(",", "")) for x in re.findall(r"([\d,.]+) t", text))
    assert total == pytest.approx(wanted, rel=1e-3)


def test_the_answer_stands_first_and_can_be_asked_for_cars_arms_or_chips(page, chain):
    table = chain.rank("country-process", weights="level").table
    first = table.iloc[0]
    told = page.text("#answer")
    assert told.startswith("Heavy separation, China. If its exports stop: ")
    assert f"{100 * first['loss_abroad_12m']:.0f} % of" in told
    for sector, words in (("autos", "cars"), ("defence", "arms"), ("chips", "chips")):
        page.page.locator(f"#sectors button[data-sector={sector}]").click()
        row = table.sort_values(f"loss_abroad_12m_{sector}", ascending=False).iloc[0]
        told = page.text("#answer")
        assert f"{100 * row[f'loss_abroad_12m_{sector}']:.0f} % of the rest" in told
        assert words in told and f"sector={sector}" in page.page.evaluate("location.hash")
        top = page.page.locator("#top li .name").first.inner_text()
        assert told.startswith(top)
    page.page.reload()
    assert "chips" in page.text("#answer")
    page.page.locator("#reset").click()
    assert page.page.evaluate("location.hash") == ""
