"""Headlines claim no more than their rows: whatever the rows, each number is a cell of one."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from program import shipped_chain
from sentences import check

from supplygraph.analysis.headlines import HEADLINES, SENTENCES, headline, sentences
from supplygraph.analysis.headlines.worst_rows import worst_first
from supplygraph.cli.answers import Look, answer
from supplygraph.results import Results
from supplygraph.schema.commands import Field, kinds_by_command, result_fields, result_params

# Columns whose words may hold digits: what is named, not units or stages.
SPOKEN = ("name", "product", "material", "region", "worst_product", "removed", "scenario", "what")
# What is counted or listed, not claimed; and of a stop that nothing feels no grade is told.
UNGRADED = ("scenarios", "deals", "projects", "outlook", "dominators")
PLACES = ("US", "CN", "EU", "JP", "ROW")


def questions():
    """Questions of the shipped data, one result each."""
    chain = shipped_chain()
    for by in ("country-process", "facility", "operator", "element-country"):
        yield f"rank {by}", lambda by=by: chain.rank(by, rerouting="none")
    for words in (
        {},
        {"region": "JP", "product": "hev"},
        {"after": 36, "product": "ev"},
        {"product": "f-35", "rerouting": "none"},
        {"sector": "defence", "rerouting": "none"},
        {"region": "US", "rerouting": "none"},
        {"acts_as": "outage", "rerouting": "none"},
        {"weights": "all", "rerouting": "none"},
        {"outside": ["CN"], "rerouting": "none"},
        {"at": "2030-01", "rerouting": "none"},
        {"at": "2030-01", "product": "ev", "projects": ["announced"], "rerouting": "none"},
    ):
        yield (
            f"rank {words}",
            lambda words=words: chain.rank("country-process", top=3, **words),
        )
    for text in ("country=CN", "country=CN process=heavy", "id=my-lynas-lamp share=0.5"):
        yield (
            f"remove {text}",
            lambda text=text: chain.remove(text).solve(rerouting="none").results,
        )
        yield (
            f"stop {text}",
            lambda text=text: chain.stop_exports(text).solve(rerouting="none").results,
        )
    yield (
        "stop heavy",
        lambda: chain.stop_exports("country=CN process=heavy").solve().results,
    )
    for product, region in (("ev", "US"), ("f-35", None), ("wind-offshore", "EU")):
        yield f"cover {product}", lambda p=product, r=region: chain.cover(p, r)
        yield (
            f"survive {product}",
            lambda p=product, r=region: chain.remove("country=CN").cover(p, r, ttr="11"),
        )
    yield "trace", lambda: chain.trace("f-35", element="Sm")
    for metric in ("concentration", "dominators", "vitality", "betweenness", "esri"):
        words = {"element": "Dy"} if metric in ("vitality", "betweenness") else {}
        yield metric, lambda m=metric, w=words: chain.structure(m, **w)
    yield "dependence", lambda: chain.structure("dependence", region="JP")
    yield "run", lambda: chain.run("april-2025-shock", months=3)
    yield "run element", lambda: chain.run("april-2025-shock", months=3, by="element")
    yield "account", lambda: chain.account("april-2025-shock", months=3)
    yield "compare", lambda: chain.compare(["april-2025-shock", "busan-window"], months=3)
    yield "backtest", lambda: chain.backtest()
    yield "deals", lambda: chain.deals(years=(2028,), elements=["Dy"], portfolios=["announced"])
    yield "projects", lambda: chain.deals("project", years=(2030,))
    yield "deal", lambda: chain.deals("deal", years=(2030,))
    yield "explain", lambda: chain.explain("f-35")
    yield "scenarios", lambda: chain.scenarios()
    yield "info", lambda: chain.info()


ASKED = dict(questions())


@pytest.mark.slow
@pytest.mark.parametrize("name", ASKED)
def test_the_first_line_is_true_of_the_rows(name):
    found = ASKED[name]()
    results = found if isinstance(found, Results) else found.results
    told = headline(results)
    assert told is not None and told.text.strip()
    assert results.kind in UNGRADED or "grade" in told.text
    check(results, told)
    for width in (80, 120):
        lines = answer(results, Look(width)).splitlines()
        assert max(map(len, lines)) <= width
        assert " ".join(lines).startswith(told.text[:40])
    for sentence in sentences(results) if results.kind in SENTENCES else []:
        check(results, sentence)


def test_forty_questions_and_every_kind_has_a_headline():
    assert len(ASKED) >= 40
    kinds = {kind for kinds in kinds_by_command().values() for kind in kinds}
    assert kinds <= set(HEADLINES)


def values(field: Field) -> st.SearchStrategy[object]:
    """Any value that a column may hold."""
    digits = ["F-35 of 2024"] if field.name in SPOKEN else []
    word = st.sampled_from(["mine-a", "ev", "Dy", *PLACES, *digits])
    kinds = {
        "number": st.floats(0, 1) | st.floats(0, 1e6),
        "integer": st.integers(0, 400),
        "boolean": st.booleans(),
        "month": st.sampled_from(["2025-04", "2026-01"]),
        "list": st.lists(word, max_size=2),
        "shares": st.dictionaries(st.sampled_from(["A", "D", "CN"]), st.floats(0, 1)),
        "record": st.just({}),
        "string": word,
    }
    found = kinds[field.type]
    if field.type == "string" and field.values:
        found = st.sampled_from(list(field.values))
    if field.name.startswith(("loss", "share", "esri")) and field.type == "number":
        found = st.floats(0, 1)
    if field.name in ("product", "id", "group", "place") and not field.values:
        found = word | st.just("total")
    return found | st.none() if field.nullable else found


@st.composite
def tables(draw, kind: str) -> Results:
    """A result of a kind with any rows."""
    fields = result_fields(kind)
    rows = draw(st.lists(st.fixed_dictionaries({f.name: values(f) for f in fields}), max_size=5))
    if kind == "whatif":
        places = ("abroad", "home", "")
        rows += [
            draw(st.fixed_dictionaries({f.name: values(f) for f in fields}))
            | {"product": "total", "place": place}
            for place in places
        ]
    table = pd.DataFrame(rows, columns=[field.name for field in fields])
    types = {"integer": "Int64", "number": "float64"}
    numeric = {f.name: types[f.type] for f in fields if f.numeric}
    params = {field.name: draw(values(field)) for field in result_params(kind)}
    return Results(kind, table.astype(numeric), {"name": "any"}, params)


@pytest.mark.parametrize("kind", sorted(HEADLINES))
@settings(deadline=None, max_examples=4, phases=[Phase.generate])  # wide rows shrink for minutes
@given(data=st.data())
def test_no_headline_claims_more_than_its_rows(kind, data):
    results = data.draw(tables(kind))
    told = headline(results)
    assert told is not None and told.text.strip()
    check(results, told)
    order = worst_first(results, each=True)
    assert sorted(order) == list(range(len(results.table)))
    assert set(worst_first(results)) <= set(order)
    for width in (60, 120):
        for line in answer(results, Look(width)).splitlines():
            assert len(line) <= width, line
    assert answer(results, Look(100, every=True, verbose=True))


def test_a_ranking_asked_of_one_bound_says_so():
    chain = shipped_chain()
    told = headline(chain.rank("country", rerouting="none"))
    assert "if nobody reroutes" in told.text and "after" not in told.text


def test_a_result_without_rows_is_told_as_such():
    ranking = shipped_chain().rank("country", rerouting="none")
    assert headline(replace(ranking, table=ranking.table.head(0))).text.startswith("Nothing")
