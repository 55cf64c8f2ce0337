"""Every tab at three sizes: nothing cut, nothing wider than the screen, no text on another."""

TABS = ["matrix", "sankey", "network", "map", "timeline", "deals", "table", "sources"]
SIZES = [(1600, 1000), (800, 1200), (390, 844)]
# Elements whose words are wider than they show.
CUT = """() => [...document.querySelectorAll('main *, header *')].filter((e) => e.clientWidth > 1
  && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'visible'
  && !e.matches('.view, select, input, .unseen, aside')).map((e) => e.outerHTML.slice(0, 90))"""
# Pairs of texts of the picture that lie on each other, by more than a hair.
COVERED = """(id) => {
  const all = [...document.querySelectorAll(`#view-${id} svg[role] text`)]
    .filter((t) => t.textContent.trim() && !t.closest('[data-layer=heads], [data-layer=names]'))
    .map((t) => ({ b: t.getBoundingClientRect(), words: t.textContent }))
    .sort((x, y) => x.b.top - y.b.top);
  const beside = (p, q) => p.left + 1.5 >= q.right || q.left + 1.5 >= p.right;
  const found = [];
  all.forEach((one, i) => {
    for (let j = i + 1; j < all.length && all[j].b.top + 2.5 < one.b.bottom; j++)
      if (!beside(one.b, all[j].b)) found.push([one.words, all[j].words]);
  });
  return found;
}"""


def test_nothing_is_cut_wider_or_on_another(shipped, open_page):
    opened = open_page(shipped)
    page = opened.page
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for tab in TABS:
            page.click(f"#tab-{tab}")
            where = (tab, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, where
            assert page.evaluate(CUT) == [], where
            assert "…" not in opened.text("main"), where
            assert page.evaluate(COVERED, tab) == [], where
    opened.assert_quiet()


def test_a_telephone_shows_first_what_is_lost(shipped, open_page):
    opened = open_page(shipped, width=390, height=844)
    box = opened.page.locator("#top li").first.bounding_box()
    assert opened.page.locator("#answer").bounding_box()["y"] < box["y"] < 600
    frame = "(() => { const v = document.getElementById('view-matrix');"
    assert opened.page.evaluate(frame + " return v.scrollWidth > v.clientWidth; })()")
    opened.page.evaluate("document.getElementById('view-matrix').scrollTo(400, 0)")
    opened.page.evaluate("location.hash = '#node=my-lynas-lamp'")
    opened.page.wait_for_selector("#chosen")
    below = "document.getElementById('legend').getBoundingClientRect().bottom"
    assert opened.page.evaluate(f"document.documentElement.scrollHeight - scrollY - {below}") < 20
    opened.page.evaluate("document.getElementById('view-matrix').scrollTo(400, 0)")
    assert opened.page.evaluate("[scrollX, document.getElementById('view-matrix').scrollLeft]") == [
        0,
        400,
    ]
    opened.assert_quiet()


def test_a_change_of_tab_is_read_out_and_keeps_the_focus(shipped, open_page):
    opened = open_page(shipped)
    page = opened.page
    page.focus("#tab-matrix")
    for tab in [*TABS[1:], TABS[0]]:
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.id") == f"tab-{tab}"
        assert opened.text("#status").startswith(page.inner_text(f"#tab-{tab}"))
    page.focus("#sectors button >> nth=1")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.sector") == "autos"
    page.click("#tab-table")
    page.click("text=Flows")
    page.focus("#table tbody a >> nth=0")
    page.keyboard.press("Enter")  # a ribbon is opened from the keyboard too
    assert "→" in opened.text("#chosen") and "flow=" in opened.hash()
    opened.assert_quiet()
