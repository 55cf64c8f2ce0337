"""What a word that nobody knows may have meant: the same way out in every error.

Only the standard library is needed, so that the command line can ask before it loads anything.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from supplygraph.errors import UsageError
from supplygraph.vocabulary import WRITE_NEW, new_word

CUTOFF = 0.6  # likeness of two words from which one may be a slip of the other, 0 to 1
LONGEST = 80  # letters compared: the cost grows with the product of both lengths
SEVERAL = 4  # things named whose full names hold the word


def closest(value: str, known: Iterable[str]) -> str | None:
    """The known word that is most like a value, in whatever case; None if none is close.

    Examples
    --------
    >>> closest("HEAVVY", ["heavy", "light"]), closest("x", ["heavy"])
    ('heavy', None)
    """
    by_case: dict[str, str] = {}
    for word in sorted({str(word) for word in known}):
        by_case.setdefault(word[:LONGEST].casefold(), word)
    plain = value[:LONGEST].casefold()
    found = difflib.get_close_matches(plain, list(by_case), n=1, cutoff=CUTOFF)
    return by_case[found[0]] if found else None


def did_you_mean(value: str, known: Iterable[str], names: Mapping[str, str] | None = None) -> str:
    """A hint naming the closest known word, or the first few when none is close.

    Parameters
    ----------
    value
        As written.
    known
        Words or ids.
    names
        Full names of ids, which are searched too and shown.

    Examples
    --------
    >>> did_you_mean("heavvy", ["heavy", "light"])
    "Did you mean 'heavy'?"
    >>> names = {"ev": "Plug-in cars", "wind-onshore": "Onshore wind turbines"}
    >>> did_you_mean("turbine", names, names)
    "Did you mean 'wind-onshore' (Onshore wind turbines)?"
    """
    words = sorted({str(word) for word in known})
    called = {word: (names or {}).get(word, "") for word in words}
    if meant := _meant(value, called):
        return f"Did you mean {' or '.join(_with_name(word, called) for word in meant)}?"
    shown = ", ".join(words[:8]) + (", …" if len(words) > 8 else "")
    return f"Known: {shown}." if words else "Nothing is known here."


def _meant(value: str, names: Mapping[str, str]) -> list[str]:
    """The id that is closest by itself or by its name; else those, if few, whose name holds it."""
    near = closest(value, filter(None, (*names, *names.values())))
    if near is not None:
        return [near] if near in names else [w for w in names if names[w] == near][:SEVERAL]
    plain = value.casefold().strip()
    holding = [word for word in names if plain in names[word].casefold()]
    return holding if len(plain) > 2 and len(holding) <= SEVERAL else []


def _with_name(word: str, names: Mapping[str, str]) -> str:
    name = names.get(word, "")
    return f"'{word}' ({name})" if name and name != word else f"'{word}'"


def unknown_word(value: str, known: Sequence[str], rule: str = "is not known") -> str:
    """What is wrong with a word that is not among those known, with the way out.

    Examples
    --------
    >>> unknown_word("free", ("none", "least"))
    "'free' is now called 'least'. Write that; docs/migration.md has all words renamed."
    """
    if new := new_word(value, known):
        return f"'{value}' is now called '{new}'. {WRITE_NEW}"
    return f"'{value}' {rule}. {did_you_mean(value, known)}"


def check_choice(value: str, known: Sequence[str], option: str) -> None:
    """Refuse a word that is not among those known.

    Raises
    ------
    UsageError
        If it is another word.

    Examples
    --------
    >>> check_choice("least", ("none", "least"), "rerouting")
    """
    if value not in known:
        raise UsageError(f"{option} {unknown_word(value, known)}")
