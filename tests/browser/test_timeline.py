"""The tabs of months and deals: what the commands print, chosen, played, compared, sent on."""

import csv
import io

import pytest

import supplygraph as sg
from supplygraph.analysis.origins.plant_flows import Arc, Pool, cell_flows
from supplygraph.analysis.runs.backtest import WORLD, Series

A_DIGIT = 1.01e-4  # the page cuts losses to four decimals; a tiny one is the last of them
APRIL, BUSAN = "april-2025-shock", "busan-window"


def months_of(rows: list[dict], month: str, rerouting: str = "none") -> dict:
    """Losses of a month by product, region and segment, then by size of stocks."""
    found: dict = {}
    for row in rows:
        if (row["month"], row["rerouting"]) == (month, rerouting):
            key = "/".join(row[name] or "" for name in ("product", "region", "segment"))
            found.setdefault(key, {})[row["cover"]] = row["loss"]
    return found


def near(loss: float) -> object:
    return pytest.approx(loss, abs=1e-4 if 0 < loss < 1e-4 else A_DIGIT)


def test_a_month_is_what_the_run_says(shipped, open_page, printed):
    opened = open_page(shipped, f"#tab=timeline&scenario={APRIL}&month=2025-06")
    rows = printed(opened.text("#run-command"))["results"]
    wanted = months_of(rows, "2025-06")
    total = wanted.pop("total//")
    shown = opened.page.locator("#month-table tbody tr").evaluate_all(
        "all => all.map((r) => [r.dataset.key, r.dataset.loss, r.dataset.low, r.dataset.high])"
    )
    assert {key for key, *_ in shown} == {key for key in wanted if any(wanted[key].values())}
    for key, central, low, high in shown:
        assert float(central) == near(wanted[key]["central"]), key
        assert float(low) == near(wanted[key]["high"]), key  # large stocks lose least
        assert float(high) == near(wanted[key]["low"]), key
    losses = [float(central) for _, central, *_ in shown]
    assert losses == sorted(losses, reverse=True)
    least = months_of(rows, "2025-06", "least")["total//"]["central"]
    answer = opened.text("#answer")
    assert answer.startswith(f"{100 * total['central']:.1f} % of what is made with rare earths")
    assert f"{100 * total['high']:.1f} % to {100 * total['low']:.1f} % by stocks" in answer
    assert f"{100 * least:.1f} % at best" in answer
    opened.assert_quiet()


def test_customs_stand_beside_what_the_run_ships(shipped, open_page, chain):
    opened = open_page(shipped, f"#tab=timeline&scenario={APRIL}")
    account = chain.account(APRIL, rerouting="none", covers=["central"], by_month=True).table
    ships = {
        row["month"]: row["base"] - row["quantity"]
        for row in account.to_dict("records")
        if (row["side"], row["group"]) == ("exporter", "magnet") and isinstance(row["month"], str)
    }
    customs = Series(chain.dataset.tables["series"])
    seen = {month: tonnes for (month, where), tonnes in customs.tonnes.items() if where == WORLD}
    shown = opened.page.locator("[data-seen]").evaluate_all("all => all.map((m) => m.dataset.seen)")
    known = [month for month in sorted(ships) if month in seen]
    assert [float(tonnes) for tonnes in shown] == [seen[month] for month in known]
    text = " ".join(opened.page.locator("#timeline text").all_text_contents())
    assert f"ships {sum(ships[month] for month in known):,.0f} t" in text
    assert "Calibration, no test" in text
    assert opened.page.locator("[data-stop]").count() > 3 and "Suzuki, Sagara" in text
    opened.assert_quiet()


def part_left(record, scenario: str, place: int) -> dict:
    """Part of each ribbon's flow that is left, by the rule of the record."""
    parts = record.table.groupby("part")["values"].apply(list)
    levels = next(v for v in parts["scenario"] if v["title"] == scenario)["flows"]
    of = {kind: {name: row[place] for name, row in levels[kind].items()} for kind in levels}
    cells = {node["id"]: (node["country"], node["column"]) for node in parts["node"]}
    pools, arcs = ({row["id"]: row for row in parts[kind]} for kind in ("pool", "arc"))

    def flows(of):
        now = {}
        for name, pool in pools.items():
            makers = {m: q * of["plant"].get(m, 1) for m, q in pool["makers"].items()}
            stay = pool["stay"] * of["pool"].get(name, 1)
            now[name] = Pool(
                **pool | {"makers": makers, "made": sum(makers.values()), "stay": stay}
            )
        moved = [
            Arc(**arc | {"quantity": arc["quantity"] * of["arc"].get(name, 1)})
            for name, arc in arcs.items()
        ]
        return {
            (f.origin, f.destination, f.material): f.quantity for f in cell_flows(now, moved, cells)
        }

    base, now = flows({kind: {} for kind in of}), flows(of)
    return {key: (now.get(key, 0.0), quantity) for key, quantity in base.items()}


def test_the_matrix_and_the_sankey_follow_the_month(shipped, open_page, record):
    opened = open_page(shipped)
    page = opened.page
    page.select_option("#when", APRIL)
    opened.wait("location.hash.includes('scenario=april-2025-shock')")
    assert "lost if nobody reroutes" in opened.text("#month-note") == opened.text("#status")
    page.focus("#month")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert opened.text("#month-name") == "May 2025"
    left = part_left(record, "Chinese licences of April 2025, trough and recovery", 1)
    edges = page.evaluate("JSON.parse(document.getElementById('edges').textContent)")
    shown = page.locator("[data-ribbon]").evaluate_all("all => all.map((r) => r.dataset.left)")
    compared = 0
    for edge, part in zip(edges, shown, strict=True):
        (a, c), (b, d) = (edge[end][5:].rsplit("/", 1) for end in ("from", "to"))
        keys = [k for k in left if (k[0], k[1]) == ((a, c), (b, d))]
        materials = {name for name, _ in edge["data"]["materials"]}
        if not keys or {k[2] for k in keys} != materials:  # products of several columns, or units
            continue
        now, base = (sum(left[key][i] for key in keys) for i in (0, 1))
        assert float(part) == pytest.approx(now / base, abs=2e-3), edge
        compared += now < 0.9 * base
    assert compared > 5
    link = opened.hash()
    page.click("#tab-sankey")
    assert page.locator("#sankey [data-left]").count() == page.locator("[data-box]").count()
    again = open_page(shipped, link)
    assert again.text("#month-name") == "May 2025"
    again.page.click("#reset")
    assert again.hash() == "" and not again.page.locator("#time-bar").is_visible()
    opened.assert_quiet()
    again.assert_quiet()


def test_cover_and_deals_are_what_the_commands_print(shipped, open_page, printed):
    opened = open_page(shipped, "#tab=deals&portfolio=binding&place=JP")
    rows = printed(opened.text("#deals-command"))["results"]
    asked = [row for row in rows if (row["portfolio"], row["place"]) == ("binding", "JP")]
    shown = opened.page.locator("#cover tbody tr").evaluate_all(
        "all => all.map((r) => [r.dataset.key, r.dataset.low, r.dataset.high, r.dataset.none,"
        " r.innerText])"
    )
    assert len(shown) == len(asked) == 15
    known = {f"{row['element']}/{row['year']}": row for row in asked}
    for key, low, high, none, text in shown:
        row = known[key]
        for told, name in ((low, "cover_low"), (high, "cover_high"), (none, "cover_none")):
            assert float(told) == pytest.approx(row[name], abs=1e-7), (key, name)
        assert (row["because"] or "all is covered") in text
    deals = {row["id"]: row for row in printed(opened.text("#by-deal-command"))["results"]}
    items = opened.page.locator("#deals li")
    assert items.count() == len(deals)
    texts = dict(items.evaluate_all("all => all.map((d) => [d.dataset.deal, d.innerText])"))
    held = {name: row["offtake"] for name, row in deals.items() if row["offtake"]}
    assert held and all(one in texts[name] for name, told in held.items() for one in told)
    opened.assert_quiet()


def test_a_tour_of_months_and_deals(page, shipped, open_page, chain):
    tab = page.page
    tab.click("#tab-timeline")
    tab.select_option("#scenario", BUSAN)
    assert f"scenario={BUSAN}" in page.hash()
    tab.focus("#month")
    tab.keyboard.press("Home")
    assert page.text("#month-title") == "Oct 2025" and "month=2025-10" in page.hash()
    tab.keyboard.press("ArrowRight")
    assert page.text("#month-title") == page.text("#month-name") == "Nov 2025"
    assert page.text("#status") == page.text("#answer")
    tab.focus("#play")
    tab.keyboard.press("Enter")
    assert page.text("#play") == "Pause"
    tab.locator("#month-title", has_text="Jan 2026").wait_for()
    tab.keyboard.press("Enter")
    assert page.text("#play") == "Play" and "month=2026-01" in page.hash()
    tab.select_option("#compare", APRIL)
    assert "lies in one of the two scenarios alone" in page.text("#panel")
    tab.select_option("#compare", "kl-tokyo-canberra")
    first = tab.locator("#month-table tbody tr").first
    loss, then = (float(first.get_attribute(f"data-{name}")) for name in ("loss", "then"))
    told = first.locator("td").all_inner_texts()
    assert told[1] == f"{100 * then:.1f} %"
    assert told[2] == ("the same" if loss == then else f"{100 * (then - loss):+.1f} points")
    assert tab.locator("[data-line=compare]").count() > 1
    tab.click("#sectors button[data-sector=defence]")
    table = chain.dataset.tables["products"]
    products = set(table["id"][table["sector"] == "defence"])
    keys = tab.locator("#month-table tr[data-key]").evaluate_all(
        "all => all.map((r) => r.dataset.key)"
    )
    assert keys and {key.split("/")[0] for key in keys} <= products
    again = open_page(shipped, page.hash())
    assert again.text("#month-title") == "Jan 2026"
    assert again.text("#month-table") == page.text("#month-table")
    assert again.page.input_value("#compare") == "kl-tokyo-canberra"
    tab.click("#tab-deals")
    tab.select_option("#place", "EU")
    before = page.text("#cover")
    tab.click("#portfolios [data-portfolio=late-24]")
    assert "together alone" in page.text("#view-deals")
    tab.click("#portfolios [data-portfolio=binding]")
    assert page.text("#cover") == before and "place=EU" in page.hash()
    again = open_page(shipped, page.hash())
    assert again.text("#cover") == before
    again.assert_quiet()


def test_suspended_measures_stand_apart_from_those_in_force(shipped, open_page):
    opened = open_page(shipped, f"#tab=timeline&scenario={BUSAN}")
    bars = opened.page.locator("[data-state=suspended]")
    looks = bars.evaluate_all(
        "all => all.map((b) => [b.getAttribute('fill'), b.hasAttribute('stroke-dasharray')])"
    )
    assert len(looks) == 3 and all(look == ["none", True] for look in looks)
    solid = opened.page.locator("[data-state='in force']").evaluate_all(
        "all => all.map((b) => b.getAttribute('fill'))"
    )
    assert len(solid) == 3 and "none" not in solid
    assert "suspended Nov 2025 to the end" in " ".join(
        opened.page.locator("#timeline text").all_text_contents()
    )
    opened.assert_quiet()


def test_the_months_are_saved_as_picture_and_table(shipped, open_page):
    opened = open_page(shipped, f"#tab=timeline&scenario={APRIL}")
    with opened.page.expect_download() as waiting:
        opened.page.click("#save-svg")
    text = waiting.value.path().read_text(encoding="utf-8")
    assert "Chinese licences of April 2025" in text and "var(--" not in text
    with opened.page.expect_download() as waiting:
        opened.page.click("#save-csv")
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8"))))
    assert {row["month"] for row in rows} == {f"2025-{month:02d}" for month in range(4, 13)}
    total = next(row for row in rows if row["product"] == "total" and row["month"] == "2025-06")
    assert float(total["loss_high_stocks"]) <= float(total["loss_central_stocks"])
    opened.assert_quiet()


@pytest.mark.parametrize("tab", ["timeline", "deals"])
@pytest.mark.parametrize(("width", "height"), [(1600, 1000), (390, 844)])
def test_nothing_is_wider_than_the_screen(shipped, open_page, tab, width, height):
    opened = open_page(shipped, f"#tab={tab}", width=width, height=height)
    page = opened.page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for frame in (f"#view-{tab}", "#panel"):
        assert page.evaluate(
            "(id) => { const e = document.querySelector(id);"
            " return e.scrollWidth <= e.clientWidth + 1; }",
            frame,
        )
    opened.assert_quiet()


def test_a_page_without_them_says_how_to_have_them(open_page, tmp_path):
    path = sg.load("three-nodes").view().save(tmp_path / "page.html")
    opened = open_page(path, "#tab=timeline&scenario=none&month=x&compare=y")
    assert "supplygraph view --scenario" in opened.text("#view-timeline")
    opened.page.click("#tab-deals")
    assert "view --deals" in opened.text("#view-deals")
    opened.assert_quiet()
