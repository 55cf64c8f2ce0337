"""Pictures that answer: ribbons, bands and blocks, wheel and drag, the network to walk through."""

import pytest

# Half-way points of paths, where nothing else is drawn above them.
ON_TOP = (
    "(all) => all.map((path) => { const q = path.getPointAtLength(path.getTotalLength() / 2);"
    " const at = new DOMPoint(q.x, q.y).matrixTransform(path.getScreenCTM());"
    " return document.elementFromPoint(at.x, at.y) === path ? [at.x, at.y] : null; })"
)


def test_a_plain_wheel_zooms_and_a_drag_pans_at_any_zoom(page):
    box = "document.getElementById('matrix').getAttribute('viewBox').split(' ').map(Number)"
    fit = page.page.evaluate(box)
    page.page.mouse.move(700, 500)
    page.page.mouse.down()
    page.page.mouse.move(820, 560, steps=4)
    page.page.mouse.up()
    x, y, width, _ = page.page.evaluate(box)
    assert x < fit[0] - 50 and y < fit[1] - 20 and width == pytest.approx(fit[2])
    assert page.page.locator("#chosen").count() == 0  # a drag is no click
    page.page.mouse.wheel(0, -400)
    page.wait(f"{box}[2] < {0.95 * width}")
    page.wait("location.hash.includes('zoom=')")
    page.page.click("#zoom-fit")
    assert page.page.evaluate(box) == fit and page.hash() == ""


def test_every_ribbon_answers_a_click(page):
    ribbons = page.page.locator("[data-ribbon]")
    assert ribbons.count() > 100
    on_top = [spot for spot in ribbons.evaluate_all(ON_TOP) if spot]
    opened = set()
    for spot in on_top[:12]:
        page.page.mouse.click(*spot)
        if "flow=" in page.hash():  # else a dot lay nearer
            opened.add(page.text("#chosen"))
    assert len(opened) > 3 and all("→" in name for name in opened)
    # Lines between plants begin and end at their dots.
    page.page.evaluate("location.hash = '#node=au-mt-weld'")
    page.page.wait_for_selector("[data-layer=arcs] path", state="attached")
    ends = page.page.locator("[data-layer=arcs] path").evaluate_all(
        "all => all.map((p) => [p.getPointAtLength(0), p.getPointAtLength(p.getTotalLength())]"
        ".map((q) => [q.x, q.y]))"
    )
    dots = page.page.evaluate(
        "JSON.parse(document.getElementById('nodes').textContent).filter((n) => !n.cell)"
        ".map((n) => [n.x, n.y, n.size])"
    )
    assert ends
    for pair in ends:
        for x, y in pair:
            gap = min(((x - a) ** 2 + (y - b) ** 2) ** 0.5 - r for a, b, r in dots)
            assert gap <= 1.1


def test_every_block_and_band_of_the_sankey_answers(page):
    page.page.click("#tab-sankey")
    for number in (0, 5, 11):
        block = page.page.locator("[data-box]").nth(number)
        name = block.get_attribute("aria-label").split(",")[0]
        block.dispatch_event("click")
        assert page.text("#chosen").startswith(name) and "box=" in page.hash()
    page.page.locator("[data-band]").nth(4).dispatch_event("click")
    assert "→" in page.text("#chosen") and "flow=" in page.hash()
    page.page.focus("[data-box='CN/c05']")
    page.page.keyboard.press("Enter")
    assert page.text("#chosen") == "China, magnet"
    page.page.click("#panel section:has-text('Goes to') li button >> nth=0")
    assert page.text("#chosen").startswith("China, magnet →")


def test_the_network_is_followed_expanded_dragged_zoomed(page, shipped, open_page):
    page.page.evaluate("location.hash = '#tab=network&node=my-lynas-lamp'")
    page.page.wait_for_selector("#network [data-node=my-lynas-lamp]")
    nodes = page.page.locator("#network [data-node]")
    first = nodes.count()
    assert 10 < first <= 30
    covered = page.page.locator("#network [data-node]").evaluate_all(
        "(all) => { const boxes = all.map((g) => g.getBoundingClientRect());"
        " return boxes.filter((a, i) => boxes.some((b, j) => j < i && a.left < b.right - 1"
        " && b.left < a.right - 1 && a.top < b.bottom - 4 && b.top < a.bottom - 4)).length; }"
    )
    assert covered == 0
    # Flows between what is shown are those of the panel.
    links = page.page.locator("[data-link^='my-lynas-lamp>']").count()
    assert links > 0
    page.page.click("#direction [data-dir=up]")
    assert nodes.count() < first and "dir=up" in page.hash()
    page.page.click("#direction [data-dir=both]")
    page.page.locator("[data-more]").first.dispatch_event("pointerdown")
    page.page.locator("[data-more]").first.dispatch_event("pointerup")
    assert nodes.count() > first and "open=" in page.hash()
    again = open_page(shipped, page.hash())
    assert again.page.locator("#network [data-node]").count() == nodes.count()
    again.assert_quiet()
    place = "document.querySelector('[data-node=my-lynas-lamp] circle').getBoundingClientRect().x"
    x = page.page.evaluate(place)
    page.page.hover("[data-node=my-lynas-lamp] circle >> nth=0")
    page.page.mouse.down()
    page.page.mouse.move(x + 90, 420, steps=4)
    page.page.mouse.up()
    assert page.page.evaluate(place) > x + 50 and page.text("#chosen").startswith("Lynas Malaysia")
    page.page.mouse.wheel(0, -300)
    page.wait("document.getElementById('network').getAttribute('viewBox').split(' ')[2] < 1200")
    page.page.focus("[data-node=cn-heavy-rest]")
    page.page.keyboard.press("Enter")
    assert page.text("#chosen") == "China, all heavy separation"
    assert page.page.evaluate("document.activeElement.dataset.node") == "cn-heavy-rest"
    for _ in range(60):  # never more than it can draw smoothly
        if page.page.locator("[data-more]").count() == 0:
            break
        page.page.locator("[data-more]").last.dispatch_event("pointerdown")
        page.page.locator("#network").dispatch_event("pointerup")
    assert nodes.count() <= 120
