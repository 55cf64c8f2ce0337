"""The one grammar that names nodes: what it matches, and what it says when it cannot."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplygraph.errors import SelectorError
from supplygraph.hints import did_you_mean
from supplygraph.selectors import (
    FUNCTIONS,
    match,
    parse_expression,
    parse_removal,
    parse_selector,
)
from supplygraph.vocabulary import SELECTOR_KEYS

TABLE = {
    "id": ["cn-heavy", "cn-light", "my-lamp", "mm-clay"],
    "country": ["CN", "CN", "MY", "MM"],
    "process": ["heavy", "light", "light", "clay"],
    "operator": ["China RE", "Northern", "Lynas Rare Earths", ""],
    "element": [("Dy", "Tb"), ("Nd", "Pr"), ("Nd", "Pr", "Ce"), ()],
}


def names(text: str) -> list[str]:
    rows = match(parse_selector(text), TABLE)
    return [name for name, hit in zip(TABLE["id"], rows, strict=True) if hit]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("country=CN", ["cn-heavy", "cn-light"]),
        ("country=CN process=heavy", ["cn-heavy"]),
        ("country=CN country=MY", []),
        ("country=MY|MM", ["my-lamp", "mm-clay"]),
        ("country!=CN", ["my-lamp", "mm-clay"]),
        ("country!=CN|MY", ["mm-clay"]),
        ("id=cn-*", ["cn-heavy", "cn-light"]),
        ("id=m?-*", ["my-lamp", "mm-clay"]),
        ("id!=*-l*", ["cn-heavy", "mm-clay"]),
        ("operator=~lynas", ["my-lamp"]),
        ("operator='Lynas Rare Earths'", ["my-lamp"]),
        ('operator="China RE"', ["cn-heavy"]),
        ("element=Nd", ["cn-light", "my-lamp"]),
        ("element=Ce|Tb", ["cn-heavy", "my-lamp"]),
        ("element!=Nd", ["cn-heavy", "mm-clay"]),
        ("  country=CN \t process=light ", ["cn-light"]),
    ],
)
def test_what_a_selector_names(text, found):
    assert names(text) == found


def test_plain_values_are_exact_and_case_counts():
    with pytest.raises(SelectorError, match=r"no country 'cn'"):
        names("country=cn")
    assert names("operator=~LYNAS") == ["my-lamp"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "selector is empty"),
        ("   ", "selector is empty"),
        ("CN", "'CN' is not key=value"),
        ("country>CN", "'country>CN' is not key=value"),
        ("country = CN", "'country' is not key=value"),
        ("countri=CN", "unknown key 'countri'. Did you mean 'country'?"),
        ("Country=CN", "unknown key 'Country'. Did you mean 'country'"),
        ("country=", "'country' has an empty value"),
        ("country=CN|", "'country' has an empty value"),
        ("country='CN", "Close the quotes"),
        ("share=0.5", "unknown key 'share'"),
    ],
)
def test_what_does_not_parse(text, message):
    with pytest.raises(SelectorError) as caught:
        parse_selector(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("country=CM", "no country 'CM'"),
        ("id=cn-haevy", "no id 'cn-haevy'. Did you mean 'cn-heavy'?"),
        ("id=zz*", "no id 'zz*'"),
        ("country!=XX", "no country 'XX'"),
        ("country=CN|XX", "no country 'XX'"),
        ("operator=~tesla", "no operator 'tesla'"),
        ("stage=mine", "'stage' does not apply here"),
    ],
)
def test_a_value_that_occurs_nowhere_is_an_error(text, message):
    with pytest.raises(SelectorError) as caught:
        names(text)
    assert message in str(caught.value)


def test_an_empty_table_matches_nothing():
    with pytest.raises(SelectorError, match="Nothing is known here"):
        match(parse_selector("id=a"), {"id": []})


@pytest.mark.parametrize(
    ("text", "share"), [("id=a", 1.0), ("id=a share=0.25", 0.25), ("share=0 id=a", 0.0)]
)
def test_removals(text, share):
    removal = parse_removal(text)
    assert removal.share == share
    assert [term.key for term in removal.selector.terms] == ["id"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("share=0.5", "Give a selector and at most one share"),
        ("id=a share=0.5 share=0.6", "at most one share"),
        ("id=a share=1.01", "share '1.01' is not between 0 and 1"),
        ("id=a share=-0.1", "is not between 0 and 1"),
        ("id=a share=nan", "is not between 0 and 1"),
        ("id=a share=50%", "share '50%' is not between 0 and 1"),
        ("id=a share!=0.5", "is not between 0 and 1"),
    ],
)
def test_removals_that_are_refused(text, message):
    with pytest.raises(SelectorError) as caught:
        parse_removal(text)
    assert message in str(caught.value)


def test_expressions():
    parsed = parse_expression("output(country=CN) + output(id=a) / output(stage=mine)")
    assert [call.selector.text for call in parsed.numerator] == ["country=CN", "id=a"]
    assert [call.function for call in parsed.denominator] == ["output"]
    flow = parse_expression("trade(material=nd-oxide from=CN|MM to=JP)").numerator[0]
    assert (flow.origin, flow.destination) == ("CN|MM", "JP")
    assert [term.key for term in flow.selector.terms] == ["material"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot read ''"),
        ("output", "cannot read 'output'"),
        ("output()", "selector is empty"),
        ("outputs(id=a)", "unknown function 'outputs'. Did you mean 'output'?"),
        ("output(id=a) - output(id=b)", "'- output(id=b)' follows a term. Join"),
        ("output(id=a) +", "cannot read ''"),
        ("output(id=a)/use(id=b)/use(id=c)", "more than one '/'"),
        ("trade(from=CN)", "trade() names nothing. Write a selector"),
        ("output(id=a from=CN)", "unknown key 'from'"),
    ],
)
def test_expressions_that_are_refused(text, message):
    with pytest.raises(SelectorError) as caught:
        parse_expression(text)
    assert message in str(caught.value)
    assert re.search(r"\. [A-Z].*[.?]$", str(caught.value)), "no way out"


def test_hints():
    assert did_you_mean("heavvy", ["heavy", "light"]) == "Did you mean 'heavy'?"
    assert did_you_mean("zzz", ["b", "a"]) == "Known: a, b."
    assert did_you_mean("zzz", [str(n) for n in range(10)]).endswith("7, ….")
    assert did_you_mean("zzz", []) == "Nothing is known here."


@pytest.mark.slow
@given(st.text(max_size=40))
def test_any_text_parses_or_says_why(text):
    for parse in (parse_selector, parse_removal, parse_expression):
        with suppress(SelectorError):
            parse(text)


WORD = st.text("abcXYZ09-_. ", min_size=1, max_size=8).filter(lambda word: word.strip())


@given(st.sampled_from(SELECTOR_KEYS), st.lists(WORD, min_size=1, max_size=3))
def test_what_is_written_in_quotes_is_what_is_read(key, values):
    term = parse_selector(f"{key}='{'|'.join(values)}'").terms[0]
    assert (term.key, term.op, term.values) == (key, "=", tuple(values))


@given(st.sets(st.sampled_from(TABLE["id"]), min_size=1))
def test_excluding_is_the_complement(ids):
    text = "|".join(sorted(ids))
    assert set(names(f"id={text}")) == ids
    assert set(names(f"id!={text}")) == set(TABLE["id"]) - ids


def test_every_function_is_known():
    for function in FUNCTIONS:
        text = f"{function}(material=a)"
        assert parse_expression(text).numerator[0].function == function
