"""What the page says of a chosen removal, under exports that stop and under plants that stop."""

import pytest


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


def test_a_plant_without_a_stated_share_says_so(shipped, open_page, chain):
    ranked = chain.rank("facility").table
    unknown = ranked[ranked["rank"].isna()].iloc[0]
    opened = open_page(shipped, f"#node={unknown['id']}")
    text = opened.text("#losses")
    assert "No public figure states its share; at most loss" in text
    assert f"{100 * unknown['loss_upper']:.1f} %" in text


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
