"""Pictures: every kind drawn from real results, nothing cut, nothing over anything else."""

import sys
from dataclasses import replace
from functools import cache

import matplotlib
import pandas as pd
import pytest
from matplotlib.figure import Figure
from program import shipped_chain

import supplygraph as sg
from supplygraph.errors import SupplygraphError, UsageError
from supplygraph.results import Results
from supplygraph.views.pictures import DRAWN, check_picture, picture, picture_bytes
from supplygraph.views.style import PAPER

pytestmark = pytest.mark.sampled

SHOCK = "april-2025-shock"


@cache
def toy() -> sg.api.Chain:
    return sg.load("three-nodes")


def _run(**asked) -> Results:
    return shipped_chain().run(SHOCK, months=3, product="ice", **asked).results


QUESTIONS = {
    "chokepoints": lambda: toy().rank("facility"),
    "whatif": lambda: toy().remove("id=mine-a").solve().results,
    "run": lambda: _run(by_month=True),
    "run-whole": _run,
    "run-by-element": lambda: _run(by_month=True, by="element"),
    "cover": lambda: shipped_chain().cover(product="ev", region="US"),
    "cover-all": lambda: shipped_chain().cover(product="ev"),
    "survival": lambda: toy().remove("id=mine-a").cover(ttr="3"),
    "outlook": lambda: shipped_chain().deals(
        elements=["Dy"], years=(2028,), portfolios=["announced", "binding"]
    ),
    "backtest": lambda: shipped_chain().backtest(6),
    "comparison": lambda: shipped_chain().compare(
        ["busan-window", "snapback-2026-partial"], months=2, product="ev"
    ),
    "account": lambda: shipped_chain().account(SHOCK, months=2),
    "concentration": lambda: toy().structure("concentration"),
    "trace": lambda: toy().trace("ev"),
}


OF_TOYS = ("chokepoints", "whatif", "survival", "concentration", "trace")
ALL = [
    name if name in OF_TOYS else pytest.param(name, marks=pytest.mark.slow) for name in QUESTIONS
]


@cache
def asked(name: str) -> Results:
    return QUESTIONS[name]()


@cache
def drawn(name: str) -> Figure:
    return picture(asked(name))


def labels(figure: Figure, panel: int = 0) -> list[str]:
    return [label.get_text() for label in figure.axes[panel].get_yticklabels()]


def texts(figure: Figure) -> list:
    return [
        text
        for text in figure.findobj(matplotlib.text.Text)
        if text.get_text() and text.get_visible()
    ]


@pytest.mark.slow
def test_every_kind_with_a_picture_is_drawn_here():
    assert {asked(name).kind for name in QUESTIONS} == set(DRAWN)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_no_text_leaves_the_figure_and_no_label_lies_on_another(name):
    figure = drawn(name)
    figure.canvas.draw()
    renderer, page = figure.canvas.get_renderer(), figure.bbox
    seen = []
    for text in texts(figure):
        if text in [tick for axes in figure.axes for tick in _unshown(axes)]:
            continue
        box = text.get_window_extent(renderer)
        assert page.x0 <= box.x0 and box.x1 <= page.x1, text.get_text()
        assert page.y0 <= box.y0 and box.y1 <= page.y1, text.get_text()
        seen.append((text.get_text(), box.padded(-1)))
    for place, (words, box) in enumerate(seen):
        over = [other for other, around in seen[place + 1 :] if box.overlaps(around)]
        assert over == [], words


def _unshown(axes) -> list:
    """Labels of ticks outside the view: matplotlib keeps them and draws none."""
    found = []
    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if not min(low, high) <= tick.get_loc() <= max(low, high):
                found += [tick.label1, tick.label2]
    return found


@pytest.mark.parametrize("name", ALL)
def test_title_unit_and_source_stand_in_every_picture(name):
    figure, results = drawn(name), asked(name)
    said = "\n".join(text.get_text() for text in texts(figure))
    assert results.dataset["name"] in said and results.dataset["hash"][:12] in said
    assert any(axes.get_xlabel() for axes in figure.axes)
    unit = ("%", "month", "Month", "dollars", "Tonnes")
    assert any(word in said for word in unit)
    wanted = picture(results, "A title of its own")
    assert wanted.texts[0].get_text() == "A title of its own"


def test_a_ranking_has_a_row_with_a_mark_for_each_removal():
    figure = drawn("chokepoints")
    losses = asked("chokepoints").table["loss_abroad_12m"].dropna()  # a plant may export nothing
    assert labels(figure) == ["Mine A"]
    marks = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in marks] == list(losses)
    assert {line.get_color() for line in marks} == {PAPER["loss"]}


@pytest.mark.slow
def test_rows_are_full_names_and_wrapped_not_cut():
    said = " ".join(" ".join(labels(drawn("cover"))).split())
    assert "Sintered NdFeB magnet with Dy or Tb, held by its maker, United States" in said


def test_a_removal_shows_its_totals_over_the_months():
    figure = drawn("whatif")
    assert labels(figure) == ["Car, Japan"]
    total = figure.axes[1].lines[0]
    assert list(total.get_xdata()) == [0, 3, 6, 12, 24, 36]


@pytest.mark.slow
def test_months_have_bands_of_stocks_and_the_measures_in_force():
    figure = drawn("run")
    *panels, measures = figure.axes
    assert 1 <= len(panels) <= 6 and all(axes.collections for axes in panels)
    assert len(measures.patches) == 1 and "CN-2025-18" in {t.get_text() for t in figure.texts}
    assert measures.get_xticklabels()[0].get_text() == "Apr 2025"


def test_time_to_recover_is_a_line():
    ends = [line.get_xdata()[0] for line in drawn("survival").axes[0].lines]
    assert 3 in ends


@pytest.mark.slow
def test_scenarios_stand_side_by_side():
    axes = drawn("comparison").axes[0]
    assert len(axes.patches) == 2 * len(labels(drawn("comparison")))


def test_shares_fill_the_bar():
    axes = drawn("concentration").axes[0]
    widths = sum(bar.get_width() for bar in axes.patches)
    assert widths == pytest.approx(len(labels(drawn("concentration"))))


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["png", "svg", "pdf"])
def test_same_result_same_bytes(format_):
    first = picture_bytes(asked("chokepoints"), format_)
    assert picture_bytes(asked("chokepoints"), format_) == first
    assert not [
        word for word in (b"<script", b"dc:date", b"CreationDate", b"tIME") if word in first
    ]


@pytest.mark.slow
def test_names_are_no_markup_and_break_nothing():
    rows = pd.concat([asked("chokepoints").table.head(1)] * 2)
    table = rows.assign(name=["$\\frac{1}{$ <script>", "w" * 300], id=["a", "b"])
    hostile = Results("chokepoints", table, {"name": "$x$", "version": None, "hash": None})
    assert "$\\frac{1}{$ <script>" in labels(picture(hostile))
    text = labels(picture(hostile))[1].replace("\n", "")
    assert text == "w" * 300
    assert b"<script" not in picture_bytes(hostile, "svg")


@pytest.mark.slow
def test_the_reader_s_settings_neither_change_it_nor_are_changed():
    before = picture_bytes(asked("chokepoints"), "svg")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black"}):
        assert picture_bytes(asked("chokepoints"), "svg") == before
        assert matplotlib.rcParams["font.size"] == 30
    assert "matplotlib.pyplot" not in sys.modules


def test_a_kind_without_a_picture_names_those_that_have_one():
    with pytest.raises(UsageError, match=r"'info' has no picture\. Kinds that have one: account"):
        picture(toy().info())


def test_nothing_to_draw_is_said():
    table = asked("chokepoints").table
    with pytest.raises(UsageError, match="no rows"):
        picture(Results("chokepoints", table.head(0), {}))
    unknown = table.filter(like="loss_").assign(
        **{name: float("nan") for name in table.filter(like="loss_")}
    )
    with pytest.raises(UsageError, match="no row knows a loss"):
        picture(Results("chokepoints", pd.concat([table[["id"]], unknown], axis=1), {}))


def test_without_matplotlib_the_way_out_is_named(monkeypatch):
    monkeypatch.setattr("supplygraph.views.pictures.find_spec", lambda _: None)
    with pytest.raises(SupplygraphError, match=r"Install supplygraph\[plot\]"):
        check_picture("whatif")


def test_a_saved_result_is_drawn_like_the_one_that_was_saved(tmp_path):
    from supplygraph.results import load_results

    saved = load_results(asked("chokepoints").save(tmp_path / "ranking.json"))
    assert labels(picture(saved)) == labels(drawn("chokepoints"))


def test_owners_are_not_drawn_as_places():
    results = toy().trace("ev", by="owner")
    table = results.table.assign(share=[0.75, 0.25, 0, 0, 1, 1])
    table.loc[[0, 1], "owner_country"] = ["CN", "JP"]
    figure = picture(replace(results, table=table))
    said = {text.get_text() for text in figure.texts}
    assert {results.names["CN"], "Japan", "not stated"} <= said
    widths = [bar.get_width() for bar in figure.axes[0].patches if bar.get_width() > 0]
    assert widths == pytest.approx([0.75, 0.25, 1])


@pytest.mark.slow
def test_the_key_names_the_stocks_that_were_asked_for():
    said = {text.get_text() for text in picture(_run(covers=("low",))).texts}
    assert "nobody reroutes, low stocks" in said
    assert not [text for text in said if "central" in text]
