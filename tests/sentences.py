"""What a generated sentence may say: a check of its numbers against the rows it speaks of."""

import re

from supplygraph.analysis.headlines.statement import COUNT, PARAMS, Statement
from supplygraph.results import Results, plain_row

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
# Words of fixed sentences that hold a number of their own.
FIXED = re.compile(r"10 %")


def unexplained(told: Statement) -> str:
    """What is left of a sentence without its figures and the names in it."""
    text = told.text
    for name in sorted(told.spoken, key=len, reverse=True):
        text = text.replace(name, "")
    for figure in sorted(told.figures, key=lambda one: len(one.words), reverse=True):
        # The low end of a range leaves its unit to the high one.
        told = figure.words if figure.words in text else figure.words.removesuffix(" %")
        text = text.replace(told, "", 1)
    return FIXED.sub("", text)


def check(results: Results, told: Statement) -> None:
    """Every number of a sentence is a figure, and every figure says what its cell holds."""
    assert not NUMBER.search(unexplained(told)), told
    rows = [plain_row(row) for row in results.table.to_dict("records")]
    for figure in told.figures:
        if figure.row >= 0:
            assert rows[figure.row][figure.column] == figure.value, figure
            assert says(figure.words, figure.value), figure
        elif figure.row == PARAMS:
            assert results.params[figure.column] == figure.value
        else:
            assert figure.row == COUNT and 0 <= figure.value <= len(rows)


def says(words: str, value: object) -> bool:
    """Whether words tell a value, to the digits they show."""
    if isinstance(value, dict):
        return True  # a share of grades, told from a record
    if words in ("nothing", "unknown", "an unknown part") or words.startswith("an unknown"):
        return value is None or value != value or value <= 0
    if words == "less than 1 USD":
        return 0 < abs(value) < 1
    if words in ("less than 0.1 %", "less than 0.001"):
        return 0 < value < 0.001
    if words == "less than 0.005":
        return 0 < value < 0.005
    found = NUMBER.search(words)
    if found is None or not isinstance(value, int | float) or isinstance(value, bool):
        return str(value) == words or words.isdigit()
    shown = float(found[0].replace(",", ""))
    shown = -shown if words.startswith("-") else shown
    if words == found[0] and words.isdigit() and abs(value) < 1:
        return True  # the month of a column, told beside its loss
    units = {"%": 0.01, "billion USD": 1e9, "million USD": 1e6}
    unit = next((size for word, size in units.items() if words.endswith(word)), 1.0)
    digits = len(found[0].partition(".")[2])
    # Half of the last digit told, or three figures of a large number.
    room = max(0.51 * 10.0**-digits, 0.0051 * abs(shown)) * unit
    return abs(shown * unit - value) <= room
