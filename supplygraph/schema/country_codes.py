"""Countries as other tables write them: by name, ISO 3166-1 code, or code of UN Comtrade.

``places.csv`` holds alpha-2, alpha-3 and numeric codes (the numeric ones are those of M49) with
English names, from the country-codes table of the Open Knowledge Foundation (public domain), and
the names and the seven numeric codes in which UN Comtrade differs. It only serves hints: nothing
is converted without the author of the data.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import cache
from importlib.resources import files

# Words that a name may carry after a comma or in brackets without meaning another place.
_QUALIFIERS = frozenset(
    [
        "mainland",
        "pr",
        "p",
        "r",
        "rep",
        "republic",
        "of",
        "the",
        "people",
        "s",
        "peoples",
        "federal",
    ]
)
WORLD = frozenset(("world", "wld", "all", "all countries", "total", "global", "0", "000"))


def plain_name(text: str) -> str:
    """A name without case, accents and punctuation.

    Examples
    --------
    >>> plain_name("Côte d’Ivoire"), plain_name("China, P.R.: Mainland")
    ('cote d ivoire', 'china p r mainland')
    """
    letters = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w]+", " ", bare).split())


def recognise(text: str) -> tuple[str, str] | None:
    """ISO alpha-2 code of a country and the scheme in which it is written, or None.

    Examples
    --------
    >>> recognise("CHN"), recognise("392"), recognise("842")
    (('CN', 'ISO alpha-3 code'), ('JP', 'numeric code'), ('US', 'Comtrade code'))
    >>> recognise("China, mainland"), recognise("cn"), recognise("Narnia")
    (('CN', 'name'), ('CN', 'ISO alpha-2 code'), None)
    """
    word = plain_name(text)
    known = _index()
    if word.isdecimal():
        word = word.zfill(3)
    if word in known:
        return known[word]
    head, mark, tail = re.sub(r"[(\[]", ",", text).partition(",")
    if mark and set(plain_name(tail).split()) <= _QUALIFIERS:
        return known.get(plain_name(head))
    return None


@cache
def _index() -> dict[str, tuple[str, str]]:
    text = files(__package__).joinpath("places.csv").read_text(encoding="utf-8")
    found: dict[str, tuple[str, str]] = {}
    for row in csv.DictReader(text.splitlines()):
        code = row["alpha2"]
        for column, scheme in (
            ("alpha2", "ISO alpha-2 code"),
            ("alpha3", "ISO alpha-3 code"),
            ("numeric", "numeric code"),
            ("comtrade", "Comtrade code"),
        ):
            if row[column]:
                found.setdefault(plain_name(row[column]), (code, scheme))
        for name in row["names"].split(";"):
            found.setdefault(plain_name(name), (code, "name"))
    return found
