"""Keyboard, names for who cannot see, narrow windows, zoom, dark and print."""

import re

import pytest


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
