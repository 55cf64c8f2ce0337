"""Closed lists of words that options, columns and engines share: each list stands here once."""

from __future__ import annotations

from collections.abc import Container

STAGES = ("mine", "separation", "metal", "magnet", "component")  # in the order of the chain
COVERS = ("low", "central", "high")  # months of stock, from least to most
# Who finds another supplier: nobody, those whose supplier was qualified in time, everybody.
STATIC_REROUTINGS = ("none", "least")
MONTHLY_REROUTINGS = ("none", "qualified", "least")
REROUTINGS = ("both", *STATIC_REROUTINGS)  # bounds of a static year
# How a shortage of a static year is shared, beside none: step by step, or for the least loss.
SHARINGS = ("all", "none", "shared", "least")

# What a selector may name.
SELECTOR_KEYS = (
    "id",
    "country",
    "market",
    "region",
    "stage",
    "process",
    "element",
    "material",
    "operator",
    "owner_country",
    "status",
    "segment",
    "kind",
)

# Words that name several projects, and those that name several elements as one.
PROJECT_WORDS = ("none", "binding", "announced", "non_binding")
ELEMENT_GROUPS = {"NdPr": ("Nd", "Pr")}

# What a removal does: exports of what it names end, or its plants stop.
EXPORT_STOP, OUTAGE = "export-stop", "outage"
ACTS_AS = (EXPORT_STOP, OUTAGE)

# Words that are refused since they were renamed, each with the word that took its place; a column
# such as loss_free is renamed by its parts. Told to users in MIGRATION.
RENAMED = {"free": "least", "proportional": "shared"}
# The same for words that live on elsewhere: a removal loses abroad and at home, and the bounds that
# a static year is asked for are no longer two.
RENAMED_IN_PART = {"loss": "loss_abroad", "both": "all"}
# Options of static questions that are gone: what to write for each of their words.
RENAMED_OPTIONS = {
    "--rationing": {
        "proportional": "--rerouting shared",
        "shared": "--rerouting shared",
        "value": "--rerouting least",
    }
}
MIGRATION = "docs/migration.md"
WRITE_NEW = f"Write that; {MIGRATION} has all words renamed."


def new_word(old: str, known: Container[str]) -> str:
    """What an old word is called now, if that is among the words known here; else empty.

    Examples
    --------
    >>> new_word("free", ("none", "least")), new_word("loss_free", ("loss_none", "loss_least"))
    ('least', 'loss_least')
    >>> new_word("loss_free", ("loss_abroad_none", "loss_abroad_least")), new_word("both", SHARINGS)
    ('loss_abroad_least', 'all')
    >>> new_word("free", ("value", "shared")), new_word("none", ("none", "least"))
    ('', '')
    """
    parts = [RENAMED.get(part, part) for part in old.split("_")]
    new = "_".join(parts)
    if new not in known and (len(parts) > 1 or known == SHARINGS):
        new = "_".join(RENAMED_IN_PART.get(part, part) for part in parts)
    return new if new != old and new in known else ""


def new_option(old: str, word: str) -> str:
    """What to write for an option that is gone, with the word it was given.

    Examples
    --------
    >>> new_option("--rationing", "shared")
    '--rerouting shared'
    """
    words = RENAMED_OPTIONS[old]
    return words.get(word, next(iter(words.values())))
