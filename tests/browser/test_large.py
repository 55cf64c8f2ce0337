"""Two thousand plants on one screen."""

import pytest
from large_page import large_record

from supplygraph.views import View

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return View(large_record(2000)).save(tmp_path_factory.mktemp("large") / "large.html")


def test_two_thousand_plants_are_small_and_drawn_soon(large, open_page):
    times = []
    while len(times) < 5 and min(times, default=2000) >= 2000:  # the machine may be busy
        opened = open_page(large)
        times.append(opened.page.evaluate("Number(document.documentElement.dataset.drawn)"))
        opened.assert_quiet()
    assert min(times) < 2000, times
    assert large.stat().st_size < 2.5 * MEGABYTE
    assert opened.page.locator("[data-layer=dots] > *").count() == 2500
    height = opened.page.locator("#matrix").bounding_box()["height"]
    assert height < 1000


def test_a_click_is_answered_at_once(large, open_page):
    opened = open_page(large)
    took = opened.page.evaluate(
        "async () => { const t = performance.now(); location.hash = '#node=plant-1';"
        " await new Promise((r) => addEventListener('hashchange', () => setTimeout(r)));"
        " return performance.now() - t; }"
    )
    assert opened.text("#chosen") == "Plant number 1 of the chain"
    assert took < 1500
    opened.page.click("#tab-table")
    assert opened.page.locator("#table tbody tr").count() == 600
    opened.page.click("#all-rows")
    assert opened.page.locator("#table tbody tr").count() == 2500
    opened.assert_quiet()
