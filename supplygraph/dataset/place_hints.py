"""Hints for a country, market or region that a dataset does not know by that word."""

from __future__ import annotations

import pandas as pd

from supplygraph.schema import hint
from supplygraph.schema.country_codes import WORLD, plain_name, recognise


def place_hint(word: str, countries: pd.DataFrame, target: str, *, everywhere: bool = False) -> str:
    """What to write instead, or nothing.

    Parameters
    ----------
    word
        As found: a name, an id in another case, or a code of another scheme.
    countries
        Table of the dataset.
    target
        Column that holds what is meant: ``id``, ``market`` or ``region``.
    everywhere
        Whether ``*`` may stand for all.

    Examples
    --------
    >>> countries = pd.DataFrame({"id": ["CN", "DE"], "name": ["China", "Germany"],
    ...                           "market": ["CN", "EU"]})
    >>> for word in ("cn", "China", "CHN", "156", "Germany", "DE", "JPN"):
    ...     print(place_hint(word, countries, "market"))
    Did you mean 'CN'? Ids keep their case.
    Did you mean 'CN'? That is the id of China.
    Did you mean 'CN'? 'CHN' is the ISO alpha-3 code of China.
    Did you mean 'CN'? '156' is the numeric code of China.
    Did you mean 'EU'? That is the market of Germany.
    Did you mean 'EU'? That is the market of Germany.
    'JPN' is the ISO alpha-3 code of JP. Add it there, or name the group it belongs to.
    """
    known = tuple(dict.fromkeys(countries[target]))
    if everywhere and plain_name(word) in WORLD:
        return "Write * for all."
    same = [name for name in known if name.casefold() == word.casefold()]
    if same:
        return f"Did you mean '{same[0]}'? Ids keep their case."
    columns = (countries[name] for name in ("id", "name", target))
    for code, name, meant in zip(*columns, strict=True):
        if plain_name(word) in (plain_name(name), plain_name(code)):
            what = "id" if meant == code else target
            return f"Did you mean '{meant}'? That is the {what} of {name}."
    return _by_code(word, countries, target) or hint(word, tuple(map(str, known))).strip()


def _by_code(word: str, countries: pd.DataFrame, target: str) -> str:
    """A hint from the codes and names that all countries have elsewhere."""
    found = recognise(word)
    if found is None:
        return ""
    code, scheme = found
    row = countries[countries["id"] == code]
    if row.empty:
        return f"'{word}' is the {scheme} of {code}. Add it there, or name the group it belongs to."
    meant, name = row[target].iat[0], row["name"].iat[0]
    of = f"the market of {name}" if meant != code and target == "market" else name
    if scheme == "name" and meant == code:
        return f"Did you mean '{meant}'? That is the id of {name}."
    return f"Did you mean '{meant}'? '{word}' is the {scheme} of {of}."
