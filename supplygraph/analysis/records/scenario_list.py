"""Which scenarios a dataset has, as their documents say: nothing is checked, no table is read.

`supplygraph validate` and every command that uses a scenario check it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from supplygraph.dataset.files import read_files
from supplygraph.errors import DatasetError, Fault
from supplygraph.progress import doing
from supplygraph.results import ListedRows, Results
from supplygraph.schema.folders import find_folder

NEEDED = {"title": str, "start": str, "months": int}
Documents = Mapping[str, Mapping[str, Any]]


def listed_scenarios(path: str | None = None) -> Results:
    """Scenarios of a dataset.

    Parameters
    ----------
    path
        A folder, or the name of a shipped dataset; the shipped one if None.

    Raises
    ------
    DatasetError
        If a file of it cannot be read.

    Examples
    --------
    >>> found = listed_scenarios("rare-earths")
    >>> [row["start"] for row in found.table.to_dict("records") if row["id"] == "no-london"]
    ['2025-04']
    """
    with doing("Reading the dataset"):
        files = read_files(find_folder(path))
        if files.faults:
            raise DatasetError(files.label, list(files.faults))
        rows, warnings = scenario_rows(files.documents)
        about = {"name": files.name, "version": files.version, "hash": files.hash}
    return Results("scenarios", ListedRows(rows), about, {}, warnings=warnings)


def scenario_rows(documents: Documents) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """One row per scenario, and what is wrong with those that say too little to be listed.

    Parameters
    ----------
    documents
        Folder to file stem to content.
    """
    on_record = {
        str(content.get("id", stem))
        for stem, content in documents.get("measures", {}).items()
        if "effect" in content
    }
    rows: list[dict[str, Any]] = []
    warnings: list[str] = []
    for name, content in sorted(documents.get("scenarios", {}).items()):
        changes = content.get("set")
        whole = {**content, **changes} if isinstance(changes, Mapping) else content
        faults = [
            Fault(f"scenarios/{name}.yaml", 0, key, "", "is missing", f"Write {key}.")
            for key, kind in NEEDED.items()
            if not isinstance(whole.get(key), kind)
        ]
        if faults:
            warnings += map(str, faults)
            continue
        measures = _ids(whole.get("measures"))
        rows.append(
            {
                "id": name,
                "title": whole["title"],
                "start": whole["start"],
                "months": whole["months"],
                "network": whole.get("network") is not False,
                "measures": [one for one in measures if one not in on_record],
                "modifiers": _ids(whole.get("modifiers")),
                "on_record": [one for one in measures if one in on_record],
                "description": str(whole.get("description") or "").strip(),
            }
        )
    return rows, tuple(warnings)


def _ids(entries: Any) -> list[str]:
    """Ids of measures, named or written out in place."""
    if not isinstance(entries, list):
        return []
    return [str(one.get("id", "") if isinstance(one, Mapping) else one) for one in entries]
