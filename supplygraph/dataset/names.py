"""Names of a checked dataset: what an id is called, and which id a spoken word means."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from supplygraph.dataset.place_hints import place_hint
from supplygraph.dataset.tables import Dataset
from supplygraph.errors import SelectorError, UsageError
from supplygraph.hints import closest, did_you_mean
from supplygraph.schema.spoken import COLUMNS, FOLDERS, SpokenNames, named_rows

NAMED = ("products", "materials", "countries", "elements", "facilities", "operators")
GLOB = frozenset("*?")
_TERM = re.compile(r"([A-Za-z_]+)(!=|=~|=)(.*)", re.DOTALL)
_QUOTED = re.compile(r"[\s'\"\\]")


def full_names(dataset: Dataset) -> dict[str, str]:
    """Full name of every id of the tables; where two share an id the first counts.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> full_names(read_dataset("three-nodes"))["CN"]
    'China'
    """
    if "full_names" not in dataset.remembered:
        found: dict[str, str] = {}
        for table in NAMED:
            rows = dataset.tables[table]
            for key, name in zip(rows["id"], rows["name"], strict=True):
                found.setdefault(str(key), str(name))
        dataset.remembered["full_names"] = found
    names: dict[str, str] = dataset.remembered["full_names"]
    return names


def place_or_name(dataset: Dataset, column: str, word: str, known: Iterable[str]) -> str:
    """What a word may have meant: of places the one that a country lies in, else the closest name.

    Parameters
    ----------
    dataset
        Whose countries and names.
    column
        What the word should be, such as ``region`` or ``product``.
    word
        As written.
    known
        What it may be.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> dataset = read_dataset()
    >>> place_or_name(dataset, "region", "Germany", ["CN", "EU"])
    "Did you mean 'EU'? That is the region of Germany."
    >>> place_or_name(dataset, "product", "F-53 fihter", ["ev", "f-35"])
    "Did you mean 'f-35' (F-35 fighter)?"
    """
    countries = dataset.tables["countries"]
    place = ""
    if column in ("region", "market") and word not in set(countries[column]):
        place = place_hint(word, countries, column)
    near = spoken_names(dataset).near(column, word)
    if not place and near in set(known) and closest(word, known) is None:
        return did_you_mean(near, [near], full_names(dataset))
    return place or did_you_mean(word, known, full_names(dataset))


def spoken_names(dataset: Dataset) -> SpokenNames:
    """Ids of the dataset by what they are called; made once, each key when it is asked for.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> spoken_names(read_dataset("three-nodes")).resolve("country", "japan")
    'JP'
    """
    if "spoken_names" not in dataset.remembered:
        dataset.remembered["spoken_names"] = SpokenNames(partial(_listed, dataset))
    names: SpokenNames = dataset.remembered["spoken_names"]
    return names


def _listed(dataset: Dataset, key: str) -> dict[str, str]:
    if key in FOLDERS:
        found = dataset.documents.get(FOLDERS[key], {})
        return {str(one.get("id", stem)): str(one.get("title", "")) for stem, one in found.items()}
    listed: dict[str, str] = {}
    for table, column, name in COLUMNS.get(key, ()):
        rows = dataset.tables[table]
        names = rows[name] if name else [""] * len(rows)
        first = rows["id"] if name else rows[column]
        listed = named_rows(zip(first, rows[column], names, strict=True)) | listed
    return listed


def spoken_selector(dataset: Dataset, text: str) -> str:
    """A selector with ids in place of what people call things; as it is if it has ids already.

    A word without a key belongs to the value before it, if the two together mean something, so
    that a name with spaces needs no quotes. Globs and parts of a text (``=~``) stay as they are.

    Raises
    ------
    SelectorError
        If a word fits two ids.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> dataset = read_dataset("three-nodes")
    >>> spoken_selector(dataset, "Country=china|JPN stage!=Magnets share=0.5")
    'country=CN|JP stage!=magnet share=0.5'
    >>> spoken_selector(dataset, "id='mine-a'")
    "id='mine-a'"
    """
    try:
        words = shlex.split(text)
        spoken = list(_spoken_terms(spoken_names(dataset), words))
    except UsageError as error:
        message = f"selector '{text}': {error}"  # the error ends with the way out
        raise SelectorError(message) from None
    except ValueError:
        return text  # quotes that do not close: who parses it says so
    if spoken == words:
        return text
    return " ".join(shlex.quote(term) if _QUOTED.search(term) else term for term in spoken)


def _spoken_terms(names: SpokenNames, words: Sequence[str]) -> Iterator[str]:
    """Every term with ids, and words without a key that fit into none."""
    groups: list[list[str]] = []
    for word in words:
        if groups and _TERM.fullmatch(word) is None:
            groups[-1].append(word)
        else:
            groups.append([word])
    for group in groups:
        whole, known = _spoken(names, " ".join(group))
        yield from (whole,) if known else (_spoken(names, word)[0] for word in group)


def _spoken(names: SpokenNames, term: str) -> tuple[str, bool]:
    """A term with ids in place of what is spoken, and whether each of its values is known."""
    found = _TERM.fullmatch(term)
    if found is None:
        return term, False
    key, op, values = found[1].lower(), found[2], found[3].split("|")
    ids = [word if op == "=~" or GLOB & set(word) else names.resolve(key, word) for word in values]
    known = all(word in names.listed(key) for word in ids)
    return f"{key}{op}{'|'.join(ids)}", known
