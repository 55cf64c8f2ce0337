"""What `--remove` takes away: selectors given, or read from standard input."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from supplygraph.cli.streams import note
from supplygraph.errors import UsageError
from supplygraph.reading import read_input

if TYPE_CHECKING:
    from supplygraph.results import Results

# How a row of `chokepoints` is named in a selector, by its kind; by its id where terms would also
# take rows that close a group, which the ranking leaves running.
SELECTORS = {
    "country-process": "country={country} process={process}",
    "operator": "operator={id} kind!=rest|country",
    "element": "element={id}",
    "element-country": "element={element} market={country}",
}
# What a ranking and `whatif` are asked alike, where it was not left as it is.
ASKED_ALIKE = ("product", "sector", "region", "at", "outside", "weights", "projects")
USUAL = {"weights": "level", "projects": ["binding"]}


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
        found.append(_selector_of(row))
    if unknown:
        note(f"warning: --remove -: {unknown} plants without a known share are left out")
    return found


def _selector_of(row: Mapping[str, Any]) -> str:
    pattern = SELECTORS.get(row.get("kind", ""), "id={id}")
    words = {name: shlex.quote(str(cell or "")) for name, cell in row.items() if name}
    return pattern.format(**words, element=words["id"].partition("/")[0])


def command_of_first_row(results: Results, dataset: str | None) -> str:
    """The command that tells by product and region what the first row of a ranking tells in all.

    Parameters
    ----------
    results
        Of kind ``chokepoints``.
    dataset
        As it was named before the command; None for the shipped one.
    """
    params = results.params
    words = ["supplygraph", *(["--dataset", dataset] if dataset else []), "whatif"]
    words += ["--remove", _selector_of(results.table.to_dict("records")[0]), "--as", params["as"]]
    for name in ASKED_ALIKE:
        value = params[name]
        if value and value not in ("all", USUAL.get(name)):
            words += [f"--{name}", value if isinstance(value, str) else ",".join(value)]
    words += [] if params["floors"] else ["--no-floors"]
    return shlex.join(words)
