"""Published figures of supply that the balance is set beside and never reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from supplygraph.dataset import Dataset
from supplygraph.dataset.csvfile import read_csv
from supplygraph.errors import DatasetError, Fault
from supplygraph.grades import GRADES

PUBLISHED_FILE = Path("published") / "supply.csv"
COLUMNS = (
    "region",
    "id",
    "materials",
    "measure",
    "origin",
    "year",
    "value",
    "unit",
    "source",
    "url",
    "evidence",
    "note",
)
NET_IMPORT_RELIANCE = "net_import_reliance"
ORIGIN_SHARE = "origin_share"
USE_SHARE = "use_share"


def read_published(dataset: Dataset) -> list[dict[str, str]]:
    """Published figures of supply that no expression of `observations` can carry.

    ``published/supply.csv`` of the dataset: region, id, materials (patterns joined by
    semicolons), measure (``net_import_reliance``, ``origin_share`` of imports or
    ``use_share`` of all supply), origin (market), year, value, unit, source, url, evidence,
    note. The balance never reads it.

    Raises
    ------
    DatasetError
        With all faults of the file.
    """
    path = dataset.path / PUBLISHED_FILE
    if not path.exists():
        return []
    raw, found = read_csv(path)
    faults = [replace(fault, file=PUBLISHED_FILE.as_posix()) for fault in found]
    rows = [dict(zip(raw.header, cells, strict=True)) for cells in raw.rows]
    if not faults:
        lines = zip(raw.lines, rows, strict=True)
        faults = [fault for line, row in lines for fault in _faults(line, row)]
    if faults:
        raise DatasetError(dataset.name, faults)
    return rows


def _faults(line: int, row: dict[str, str]) -> list[Fault]:
    file = PUBLISHED_FILE.as_posix()
    missing = [name for name in COLUMNS if row.get(name) is None]
    if missing:
        return [Fault(file, line, missing[0], "", "is missing", f"Columns: {', '.join(COLUMNS)}.")]
    faults = []
    measures = (NET_IMPORT_RELIANCE, ORIGIN_SHARE, USE_SHARE)
    if row["measure"] not in measures:
        way_out = f"Use one of {', '.join(measures)}."
        faults.append(Fault(file, line, "measure", row["measure"], "not a measure", way_out))
    if row["evidence"] not in GRADES:
        faults.append(Fault(file, line, "evidence", row["evidence"], "not a grade", "Use A to D."))
    for name, top in (("value", 1.0), ("year", 3000.0)):
        try:
            good = 0 <= float(row[name]) <= top
        except ValueError:
            good = False
        if not good:
            faults.append(Fault(file, line, name, row[name], "out of range", "Write a number."))
    return faults
