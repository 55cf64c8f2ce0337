"""Ids by what people call them: every form, the order in which forms count, and what is refused."""

import csv
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from program import shipped_chain
from toy import toy

from supplygraph import load
from supplygraph.dataset import read_dataset
from supplygraph.dataset.names import spoken_names, spoken_selector
from supplygraph.errors import CallError, SelectorError, UsageError
from supplygraph.scenario.portfolios import WORDS
from supplygraph.schema.queries import queries
from supplygraph.schema.spoken import COLUMNS, FOLDERS, JOINED, SpokenNames
from supplygraph.vocabulary import PROJECT_WORDS, SELECTOR_KEYS

pytestmark = pytest.mark.sampled

NAMES = spoken_names(shipped_chain().dataset)
KEYS = [*COLUMNS, *FOLDERS, *JOINED]


def of(**listed: dict[str, str]) -> SpokenNames:
    return SpokenNames(listed.get)


@pytest.mark.parametrize(
    ("key", "word", "meant"),
    [
        *(("country", word, "CN") for word in ("China", "CHINA", "cn", "chn", "CHN", "156")),
        *(("country", word, "MM") for word in ("Burma (Myanmar)", "burma", "Myanmar", "104")),
        *(("region", word, "US") for word in ("USA", "United States", "united states", "840")),
        *(("region", word, "EU") for word in ("europe", "European Union", "eu")),
        ("region", "rest of the world", "ROW"),
        ("market", "South Korea", "KR"),
        *(("product", word, "ev") for word in ("EV", "EVs", "electric cars", "Electric Vehicle")),
        *(("product", word, "f-35") for word in ("F-35", "f35", "F35s", "F-35 fighters", "F 35")),
        ("product", "battery and plug-in hybrid cars", "ev"),
        ("product", "offshore wind turbine", "wind-offshore"),
        ("element", "dysprosium", "Dy"),
        ("element", "DY", "Dy"),
        ("elements", "ndpr", "NdPr"),
        ("process", "Heavy", "heavy"),
        ("stage", "Magnets", "magnet"),
        ("material", "neodymium oxide", "nd-oxide"),
        ("material", "Nd oxides", "nd-oxide"),
        ("operator", "Lynas", "lynas"),
        ("operator", "Lynas Rare Earths", "lynas"),
        ("sector", "cars", "autos"),
        ("sector", "Defense", "defence"),
        ("scenario", "April-2025-Shock", "april-2025-shock"),
        ("measure", "cn-2025-18", "CN-2025-18"),
        ("project", "Binding", "binding"),
        ("id", "Mt. Weld", "au-mt-weld"),
        ("thing", "Neodymium", "Nd"),
        ("thing", "ndfeb hre", "ndfeb-hre"),
    ],
)
def test_what_people_write(key, word, meant):
    assert NAMES.resolve(key, word) == meant


@pytest.mark.parametrize(
    ("key", "word"),
    [("country", "Narnia"), ("region", "Germany"), ("product", "wind"), ("id", "nd-oxide:CN>JP")],
)
def test_what_means_nothing_or_too_much_stays_as_it_is(key, word):
    """The question it is asked of says what is wrong with it, or knows it."""
    assert NAMES.resolve(key, word) == word


def test_an_exact_id_wins_over_every_name_and_code():
    names = of(country={"China": "Taiwan", "CN": "China", "chn": "Chinese Antarctica"})
    assert names.resolve("country", "China") == "China"
    assert names.resolve("country", "chn") == "chn"
    assert names.resolve("country", "CN") == "CN"
    assert names.resolve("country", "156") == "CN"
    assert names.resolve("country", "CHN") == "chn"


def test_what_fits_two_ids_is_refused_with_both():
    names = of(plant={"a-1": "North mine", "b-2": "north  MINE", "c-3": "South mine"})
    with pytest.raises(UsageError, match=r"plant 'NORTH mine' fits 'a-1' \(North mine\) and 'b-2'"):
        names.resolve("plant", "NORTH mine")
    assert names.resolve("plant", "south mine") == "c-3"
    with pytest.raises(UsageError, match=r"id 'la' fits 'LA' \(Laos\) and 'La' \(Lanthanum\)"):
        NAMES.resolve("id", "la")
    assert NAMES.resolve("element", "la") == "La"
    assert NAMES.resolve("country", "la") == "LA"


def test_the_closer_form_counts_before_the_looser():
    names = of(product={"car": "Motor car", "cars": "Toy cars"})
    assert names.resolve("product", "CAR") == "car"
    assert names.resolve("product", "Cars") == "cars"
    names = of(plant={"a": "Weld (north)", "b": "Weld"})
    assert names.resolve("plant", "weld") == "b"


@pytest.mark.parametrize(
    "name", ["", " ", "*", "?", "|", "--", "\n", "\x1b[31m", "()", "(a)", "磁铁"]
)
def test_a_hostile_name_takes_no_word(name):
    names = of(country={"XX": name, "CN": "China"})
    for word in ("China", "CN", "cn", "156", "chn"):
        assert names.resolve("country", word) == "CN"
    for word in ("", " ", "*", "--", "Narnia", "\x00"):
        assert names.resolve("country", word) in (word, "XX")
    assert names.resolve("country", "xx") == "XX"


def test_another_word_counts_only_where_the_id_has_the_name_beside_it():
    named = of(product={"ev": "Battery and plug-in hybrid cars"})
    assert named.resolve("product", "electric cars") == "ev"
    assert of(product={"ev": "Evaporator"}).resolve("product", "electric cars") == "electric cars"


def test_every_other_word_is_of_something_shipped():
    text = files("supplygraph.schema").joinpath("other_names.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        listed = NAMES.listed(row["key"])
        assert row["id"] in listed, row
        assert row["name"] in ("", listed[row["id"]]), row
        for word in row["words"].split(";"):
            assert NAMES.resolve(row["key"], word) == row["id"], word


def mixed(text: str, flips: list[bool]) -> str:
    return "".join(
        letter.swapcase() if flip and len(letter.swapcase()) == 1 else letter
        for letter, flip in zip(text, flips * (len(text) // len(flips) + 1), strict=False)
    )


@pytest.mark.parametrize("key", KEYS)
@given(st.data(), st.lists(st.booleans(), min_size=1, max_size=7))
def test_every_id_and_every_full_name_in_any_case(key, data, flips):
    listed = NAMES.listed(key)
    word = data.draw(st.sampled_from(sorted(listed)))
    for text in filter(str.strip, (word, listed[word])):
        spoken = mixed(text, flips)
        try:
            found = NAMES.resolve(key, spoken)
        except UsageError as error:
            named = [one for one in listed if f"'{one}'" in str(error)]
            assert word in named and len(named) > 1
        else:
            assert found == word or spoken in listed


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("country=China", "country=CN"),
        ("country=chn|Japan process=Heavy", "country=CN|JP process=heavy"),
        ("Country!=156 stage=Magnets share=0.5", "country!=CN stage=magnet share=0.5"),
        ("material='neodymium oxide'", "material=nd-oxide"),
        ("material=neodymium oxide country=United States", "material=nd-oxide country=US"),
        ("operator=Lynas kind!=rest|country", "operator=lynas kind!=rest|country"),
        ("measure=cn-2025-18", "measure=CN-2025-18"),
        ("id='Mt Weld'", "id=au-mt-weld"),
        ("operator='Nobody Ltd' country=china", "'operator=Nobody Ltd' country=CN"),
    ],
)
def test_selectors(text, meant):
    assert spoken_selector(shipped_chain().dataset, text) == meant
    assert spoken_selector(shipped_chain().dataset, meant) == meant


@pytest.mark.parametrize(
    "text",
    [
        "country=CN process=heavy",
        "country=C*",
        "id=~china",
        "id='nd-oxide:CN>JP'",
        "id=CN/heavy",
        "country='CN",
        "China",
        "",
        "material=neodymium oxyde",
        "  country=CN   share=1 ",
    ],
)
def test_a_selector_without_such_words_is_not_touched(text):
    assert spoken_selector(shipped_chain().dataset, text) == text


@given(st.text(max_size=30))
def test_no_text_breaks_a_selector(text):
    dataset = shipped_chain().dataset
    try:
        once = spoken_selector(dataset, text)
    except SelectorError:
        return
    assert spoken_selector(dataset, once) == once


def test_ids_of_selectors_have_a_list_or_are_words():
    assert set(SELECTOR_KEYS) <= set(KEYS)
    assert tuple(WORDS) == PROJECT_WORDS
    named = {one.names for query in queries().values() for one in query.parameters} - {""}
    assert named <= {*KEYS, "selector", "dataset"}


def test_results_hold_the_ids():
    chain = load("three-nodes")
    assert chain.remove("country=China", "id=Mine A").taken.removed == ("country=CN", "id=mine-a")
    written = chain.remove("country=CN").solve(product="ev", region="JP").results
    again = chain.remove("country=chn").solve(product="Cars", region="japan").results
    assert again.to_json() == written.to_json()


@pytest.mark.slow
def test_a_name_that_fits_two_things_stops_a_question(tmp_path):
    folder = toy(tmp_path, ("countries", "XX,china,XX,XX"))
    chain = load(folder)
    with pytest.raises(SelectorError, match=r"fits 'CN' \(China\) and 'XX' \(china\)"):
        chain.remove("country=CHINA")
    assert chain.remove("country=CN").taken.removed == ("country=CN",)
    assert spoken_names(read_dataset(folder)).resolve("country", "chn") == "CN"


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda c: c.rank(produkt="ev"), "rank has no option 'produkt'. Did you mean 'product'?"),
        (lambda c: c.remove("id=mine-a", form="all"), "remove has no option 'form'. Did you mean"),
        (lambda c: c.remove("id=mine-a").solve(wieghts="mass"), "Did you mean 'weights'?"),
        (lambda c: c.info(all=True), "info has no option 'all'. Nothing is known here."),
        (
            lambda c: c.trace(),
            "trace: missing a required argument: 'product'. Its options: product",
        ),
        (lambda c: c.trace("ev", "JP"), "trace: too many positional arguments. Its options:"),
        (lambda c: load("three-nodes", thread=2), "load has no option 'thread'. Did you mean 'thr"),
    ],
)
def test_options_of_calls(ask, told):
    with pytest.raises(CallError, match=r"^[a-z]") as caught:
        ask(load("three-nodes"))
    assert told in str(caught.value)
    assert isinstance(caught.value, UsageError) and isinstance(caught.value, TypeError)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"top": "3"}, "top '3' is not a whole number, such as 12."),
        ({"product": 5}, "product '5' is not a text."),
        ({"at": 2025}, "at '2025' is not a month, such as '2025-05'."),
        ({"floors": "no"}, "floors 'no' is not True or False."),
        ({"product": "evv"}, "Did you mean 'ev' (Car)?"),
        ({"product": "carr"}, "Did you mean 'ev' (Car)?"),
        ({"region": "Japann"}, "Did you mean 'JP' (Japan)?"),
        ({"by": "CONTRY"}, "Did you mean 'country'?"),
    ],
)
def test_values_of_options(options, told):
    with pytest.raises(UsageError) as caught:
        load("three-nodes").rank(**options)
    assert told in str(caught.value)


def test_one_word_in_place_of_a_list_is_a_list_of_one():
    chain = load("three-nodes")
    assert chain.rank(outside="china").params["outside"] == ["CN"]
    assert chain.rank(outside=["china", "JPN"]).params["outside"] == ["CN", "JP"]


def test_hints_search_full_names():
    chain = shipped_chain()
    for ask, told in (
        (lambda: chain.rank(product="missile"), "'guided-missiles' (Guided missiles and bombs)"),
        (lambda: chain.rank(product="elektric cars"), "'ev' (Battery and plug-in hybrid cars)"),
        (lambda: chain.rank(region="Germany"), "Did you mean 'EU'? That is the region of Germany."),
        (lambda: chain.remove("element=neodimium"), "'Nd' (Neodymium)"),
        (lambda: chain.remove("country=Chinna"), "'CN' (China)"),
        (lambda: chain.rank(projects=["nolanz"]), "'au-nolans' (Nolans mine)"),
        (lambda: chain.explain("Neodimium oxide"), "'nd-oxide' (Neodymium oxide)"),
    ):
        with pytest.raises(UsageError) as caught:
            ask()
        assert told in str(caught.value)
