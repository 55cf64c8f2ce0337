"""``!=``, ``=~`` and globs mean the same for plants, materials, arcs and observations."""

import pytest

from supplygraph.dataset import read_dataset
from supplygraph.errors import SelectorError
from supplygraph.graph import compile_graph
from supplygraph.scenario import parse_shock
from supplygraph.selectors import parse_expression, parse_removal, parse_selector


@pytest.fixture(scope="module")
def graph():
    return compile_graph(read_dataset("three-nodes"))


def test_values_asked_with_another_operator_are_not_named():
    selector = parse_selector("id!=a id=~b")
    assert selector.value("id") == ()


def test_excluding_an_arc_does_not_remove_it(graph):
    with pytest.raises(SelectorError, match="no id 'ore-a:CN>JP'"):
        parse_shock(graph, ["id!=ore-a:CN>JP"])


@pytest.mark.parametrize("name", ["ore-a:*>JP", "*>JP", "ore-?:CN>*"])
def test_a_glob_names_arcs(graph, name):
    assert parse_shock(graph, [f"id={name}"]).arc.tolist() == [0.0]


def test_a_glob_that_names_no_arc(graph):
    with pytest.raises(SelectorError, match=r"no arc 'mag\*>JP'. "):
        parse_shock(graph, ["id=mag*>JP"])


@pytest.mark.parametrize("place", ["country=C*", "country=~cn", "country!=JP", "country=CN|CN"])
def test_countries_of_materials_take_every_operator(graph, place):
    made = parse_shock(graph, [f"material=ore-a {place}"]).made
    named = dict(zip(graph.pools["id"], made.tolist(), strict=True))
    assert named == {"mag-a@JP": 1.0, "ore-a@CN": 0.0, "ore-a@JP": 1.0}


def test_a_country_that_matches_nothing(graph):
    with pytest.raises(SelectorError, match=r"no country 'X\*'"):
        parse_shock(graph, ["material=ore-a country=X*"])


def test_two_shares_in_one_term_are_refused():
    with pytest.raises(SelectorError, match=r"share '0.5\|0.9' is not between 0 and 1"):
        parse_removal("id=mine-a share=0.5|0.9")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trade(material=a from!=CN to=JP)", "'from' cannot take '!='"),
        ("trade(material=a from=CN to=~JP)", "'to' cannot take '=~'"),
        ("trade(material=a country=CN)", r"trade\(\) cannot take 'country'"),
    ],
)
def test_trade_says_what_it_cannot_take(text, message):
    with pytest.raises(SelectorError, match=message):
        parse_expression(text)


def test_use_excludes_users(graph):
    """Everybody but the plant: the product's draw, not the plant's."""
    call = parse_expression("use(id!=plant-b)").numerator[0]
    users = [int(graph.inputs.user[index]) for _, index, _ in graph.call_terms(call)]
    assert users == [graph.n_activities]


def test_a_kind_that_is_absent_may_be_excluded_but_not_misspelt(graph):
    assert parse_shock(graph, ["operator=op kind!=rest|country"]).activity.tolist() == [0.0, 0.0]
    with pytest.raises(SelectorError, match="no kind 'rests'"):
        parse_shock(graph, ["operator=op kind!=rests"])
