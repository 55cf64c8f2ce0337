"""Ids as people say them: names, codes of countries, any case, plurals, other words.

``other_names.csv`` holds further words, each for an id; one with a name beside it counts only where
the id has that name. A word is looked for in this order, and the first that finds anything decides:

1. an id, letter by letter;
2. ids and full names without case, accents and punctuation;
3. the same without spaces and in the singular, parts of a name before and in brackets, other words;
4. names and codes of countries in ISO 3166-1, M49 and UN Comtrade.

Where one form fits two ids the word is refused, and both are named. What nothing fits is given back
as it is: the question it is asked of knows best what is wrong with it. The standard library
suffices, since the completion of a shell starts the program for every key.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files

from supplygraph.errors import UsageError
from supplygraph.hints import closest
from supplygraph.schema.country_codes import plain_name, recognise
from supplygraph.vocabulary import ELEMENT_GROUPS, PROJECT_WORDS

# Where ids of a key stand and what they are called: table, column of the id, column of the name.
COLUMNS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "country": (("countries", "id", "name"),),
    "owner_country": (("countries", "id", "name"),),
    "market": (("countries", "market", "name"),),
    "region": (("countries", "region", "name"), ("demand", "market", "")),
    "product": (("products", "id", "name"),),
    "sector": (("products", "sector", ""),),
    "segment": (("products", "segment", ""),),
    "material": (("materials", "id", "name"),),
    "element": (("elements", "id", "name"),),
    "operator": (("operators", "id", "name"), ("facilities", "operator", "")),
    "plant": (("facilities", "id", "name"),),
    "stage": (("facilities", "stage", ""), ("materials", "stage", "")),
    "process": (("facilities", "process", ""),),
    "status": (("facilities", "status", ""),),
    "kind": (("facilities", "aggregate_kind", ""),),
    "lag": (("lags", "id", ""),),
    "event": (("events", "id", ""),),
    "destination": (("series", "destination", ""),),
}
# Folders of documents that are named by the file, and how one is called.
FOLDERS = {
    "measure": "measures",
    "project": "projects",
    "deal": "deals",
    "scenario": "scenarios",
}
# Keys whose values are of several kinds.
JOINED = {
    "elements": ("element",),
    "id": ("plant", "country", "operator", "element", "material"),
    "thing": (
        *("plant", "product", "material", "element", "operator", "country"),
        *("measure", "project", "deal", "event"),
    ),
}
COUNTRY_KEYS = frozenset(("country", "owner_country", "market", "region", "id", "thing"))
# Words that stand beside the ids of a key where it is asked for.
BESIDE = {"project": PROJECT_WORDS, "elements": ELEMENT_GROUPS}
Listed = Mapping[str, str]
Forms = dict[str, set[str]]


class SpokenNames:
    """Ids of a dataset by what they are called, made for each key when it is first asked for.

    Parameters
    ----------
    listed
        Gives the ids of a key with the full name of each, empty where it has none.

    Examples
    --------
    >>> names = SpokenNames({"country": {"CN": "China"}, "product": {"f-35": "F-35 fighter"}}.get)
    >>> [names.resolve("country", word) for word in ("china", "CHN", "156", "cn", "Narnia")]
    ['CN', 'CN', 'CN', 'CN', 'Narnia']
    >>> [names.resolve("product", word) for word in ("F35", "f-35 Fighters", "F 35")]
    ['f-35', 'f-35', 'f-35']
    """

    def __init__(self, listed: Callable[[str], Listed | None]) -> None:
        self._read = listed
        self._listed: dict[str, Listed] = {}
        self._forms: dict[str, tuple[Forms, Forms]] = {}

    def listed(self, key: str) -> Listed:
        """Ids of a key with the full name of each, empty where it has none."""
        if key not in self._listed:
            parts = JOINED.get(key, ())
            found: dict[str, str] = {} if parts else dict(self._read(key) or {})
            for part in parts:
                for word, name in self.listed(part).items():
                    found.setdefault(word, name)
            self._listed[key] = found | dict.fromkeys(BESIDE.get(key, ()), "")
        return self._listed[key]

    def resolve(self, key: str, word: str) -> str:
        """The id that a word means; the word itself if none is known by it.

        Raises
        ------
        UsageError
            If it fits two ids.
        """
        ids = self.listed(key)
        if word in ids:
            return word
        exact, loose = self._forms_of(key)
        for forms, form in ((exact, plain_name(word)), (loose, _compact(word))):
            found = sorted(forms.get(form, ())) if form else []
            if len(found) > 1:
                named = " and ".join(_called(one, ids[one]) for one in found)
                raise UsageError(f"{key} '{word}' fits {named}. Write the id of one.")
            if found:
                return found[0]
        code = recognise(word) if key in COUNTRY_KEYS else None
        return code[0] if code is not None and code[0] in ids else word

    def near(self, key: str, word: str) -> str:
        """The id whose name or other word a misspelt word is closest to; empty if none is close."""
        loose = self._forms_of(key)[1]
        form = closest(_compact(word), filter(None, loose))
        return "" if form is None else min(loose[form])

    def _forms_of(self, key: str) -> tuple[Forms, Forms]:
        if key not in self._forms:
            self._forms[key] = self._all_forms(key)
        return self._forms[key]

    def _all_forms(self, key: str) -> tuple[Forms, Forms]:
        exact: Forms = {}
        loose: Forms = {}
        parts = JOINED.get(key, (key,))
        for word, name in self.listed(key).items():
            others = [said for part in parts for said in _other_names(part, word, name)]
            for text in (word, name):
                exact.setdefault(plain_name(text), set()).add(word)
            for text in (word, name, *_parts(name), *others):
                loose.setdefault(_compact(text), set()).add(word)
        return exact, loose


def named_rows(rows: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Ids in a column with the full name of each: that of the row whose own id it is.

    Parameters
    ----------
    rows
        Of each row its own id, the id in the column and the row's name.

    Examples
    --------
    >>> named_rows([("AT", "EU", "Austria"), ("EU", "EU", "Europe"), ("CN", "CN", "China")])
    {'EU': 'Europe', 'CN': 'China'}
    """
    found: dict[str, str] = {}
    for own, word, name in rows:
        if word:
            found[word] = name if own == word else found.get(word, "")
    return found


def _called(word: str, name: str) -> str:
    return f"'{word}' ({name})" if name else f"'{word}'"


def _parts(name: str) -> list[str]:
    """What stands before brackets and in them: Burma (Myanmar) is called either."""
    found = re.fullmatch(r"([^()]+)\(([^()]+)\)\s*", name)
    return [found[1], found[2]] if found else []


def _compact(text: str) -> str:
    """A name in the singular, without spaces.

    Examples
    --------
    >>> _compact("F-35s"), _compact("Neodymium Oxides"), _compact("batteries"), _compact("glass")
    ('f35', 'neodymiumoxide', 'battery', 'glass')
    """
    return "".join(map(_singular, plain_name(text).split()))


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word


def _other_names(key: str, word: str, name: str) -> Iterable[str]:
    of_name, words = _further().get((key, word), ("", ()))
    return words if of_name in ("", name) else ()


@cache
def _further() -> dict[tuple[str, str], tuple[str, tuple[str, ...]]]:
    text = files(__package__).joinpath("other_names.csv").read_text(encoding="utf-8")
    return {
        (row["key"], row["id"]): (row["name"], tuple(row["words"].split(";")))
        for row in csv.DictReader(text.splitlines())
    }
