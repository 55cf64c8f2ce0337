"""What `--remove` takes away: selectors given, or read from standard input."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterable

from supplygraph.cli.streams import note
from supplygraph.errors import UsageError
from supplygraph.reading import read_input

# How a row of `chokepoints` is named in a selector, by its kind.
SELECTORS = {
    "country": "country={country}",
    "country-stage": "country={country} stage={stage}",
    "country-process": "country={country} process={process}",
    "operator": "operator={id} kind!=rest|country",
    "element": "element={id}",
    "element-country": "element={element} market={country}",
}


def read_removals(texts: list[str]) -> list[str]:
    """Selectors given, with `-` replaced by what standard input names."""
    found: list[str] = []
    for text in texts:
        found += _piped(read_input().splitlines()) if text == "-" else [text]
    if not found:
        raise UsageError("--remove -: standard input names nothing. Pipe ids or selectors.")
    return found


def _piped(lines: list[str]) -> list[str]:
    """Selectors of lines: ids, selectors, or the tsv table that `chokepoints` prints."""
    if lines and lines[0].split("\t")[0] == "id" and "\t" in lines[0]:
        return _selectors_of(csv.DictReader(lines, delimiter="\t"))
    named = [line.strip() for line in lines]
    return [line if "=" in line else f"id={shlex.quote(line)}" for line in named if line]


def _selectors_of(rows: Iterable[dict[str, str]]) -> list[str]:
    """Rows as selectors; plants without a rank are left out, since nobody states their share."""
    found, unknown = [], 0
    for row in rows:
        if row.get("rank") == "":
            unknown += 1
            continue
        pattern = SELECTORS.get(row.get("kind", ""), "id={id}")
        words = {name: shlex.quote(cell or "") for name, cell in row.items() if name}
        found.append(pattern.format(**words, element=words["id"].partition("/")[0]))
    if unknown:
        note(f"warning: --remove -: {unknown} plants without a known share are left out")
    return found
