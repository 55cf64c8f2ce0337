"""The map: plants where they stand, one selection on every tab."""

import csv
import io


def test_plants_stand_where_the_data_say(shipped, open_page, chain):
    opened = open_page(shipped, "#tab=map")
    with opened.page.expect_download() as waiting:
        opened.page.click("#save-csv")
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8"))))
    plants = chain.dataset.tables["facilities"].set_index("id")
    assert len(rows) > 200
    for row in rows:
        for name in ("latitude", "longitude"):
            assert abs(float(row[name]) - plants[name][row["id"]]) <= 0.00501, row["id"]
    # As drawn: south is down, east is right, in tenths of a degree, 1.3 times as high.
    for name in ("my-lynas-lamp", "us-mountain-pass"):
        spot = opened.page.locator(f"[data-site={name}]").evaluate(
            "(dot) => [dot.cx.baseVal.value, dot.cy.baseVal.value]"
        )
        there = (10 * plants["longitude"][name], -13 * plants["latitude"][name])
        assert max(abs(a - b) for a, b in zip(spot, there, strict=True)) <= 0.0651
    opened.assert_quiet()


def test_a_tour_of_the_map(shipped, open_page):
    opened = open_page(shipped, "#tab=map")
    page = opened.page
    flows = page.locator("[data-flow]").count()
    assert flows > 30
    page.locator("[data-site=my-lynas-lamp]").click()
    assert opened.text("#chosen").startswith("Lynas Malaysia")
    assert page.locator("#map [data-flow]").count() == 0  # lines of the selection stand instead
    page.click("#tab-matrix")
    assert opened.text("#chosen").startswith("Lynas Malaysia")  # one selection everywhere
    page.click("#tab-map")
    box = "document.getElementById('map').getAttribute('viewBox').split(' ').map(Number)"
    whole = page.evaluate(box)
    page.mouse.move(700, 500)
    page.mouse.wheel(0, -300)
    opened.wait(f"{box}[2] < {whole[2] - 100}")
    before = page.evaluate(box)
    page.mouse.down()
    page.mouse.move(760, 540, steps=3)
    page.mouse.up()
    assert page.evaluate(box)[0] < before[0]
    page.click("#zoom-fit")
    assert page.evaluate(box) == whole
    page.keyboard.press("Escape")
    page.locator("[data-flow]").first.dispatch_event("pointerdown")
    page.locator("[data-flow]").first.dispatch_event("pointerup", {"bubbles": True})
    assert "→" in opened.text("#chosen") and "flow=" in opened.hash()
    opened.assert_quiet()
