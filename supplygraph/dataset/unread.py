"""Files of a folder that look like data and are not read: never passed over in silence."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from supplygraph.errors import Fault
from supplygraph.schema import table_names

# Spreadsheets, columnar files and data bases, whatever their name: somebody's figures are in them.
TABULAR = (
    *(".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers", ".tsv", ".tab", ".psv"),
    *(".parquet", ".feather", ".arrow", ".dta", ".sav", ".rds", ".db", ".sqlite"),
    *(".gz", ".zip", ".bz2", ".xz", ".zst"),
)
# Formats that hold a table only now and then: told where the name is that of a table.
PERHAPS = (
    *(".txt", ".dat", ".json", ".jsonl", ".ndjson", ".xml", ".yaml", ".yml"),
    *(".bak", ".old", ""),
)
_AS_CSV = "comma-separated, UTF-8"


def unread_files(folder: Path, read: Collection[str]) -> tuple[list[Fault], list[str]]:
    """Faults of files that hide a table which is then lacking, and warnings of all others.

    Parameters
    ----------
    folder
        Dataset.
    read
        Tables that were read from it.

    Returns
    -------
    tuple of list of Fault and list of str
        A file with the name of a table that was not read is a fault: the answers would be
        computed without it.
    """
    faults: list[Fault] = []
    warnings: list[str] = []
    for place, path in _candidates(folder):
        table = _table(path)
        inside = place != path.name
        if table and table not in read:
            rule = "is not read: tables lie beside each other" if inside else "is not read"
            rule += "" if inside and path.suffix == ".csv" else ", since tables are CSV files"
            way_out = f"Save it as {table}.csv in the dataset's folder ({_AS_CSV})."
            faults.append(Fault(place, 0, "", "", rule, way_out))
        elif table:
            warnings.append(f"{place} is not read: {table}.csv is. Delete the one that is older.")
        else:
            way_out = f"Save what belongs to a table as TABLE.csv ({_AS_CSV}), or move it elsewhere"
            warnings.append(f"{place} is not read: tables are CSV files. {way_out}.")
    return faults, warnings


def _candidates(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files that may hold data, with their path in the dataset."""
    for item in _items(folder):
        if item.is_dir():
            for path in _items(item):
                place = f"{item.name}/{path.name}"
                if path.is_file() and _hides(path, item.name):
                    yield place, path
        elif item.suffix.lower() != ".csv" and _is_data(item):
            yield item.name, item


def _hides(path: Path, folder: str) -> bool:
    """Whether a file below the dataset's folder is a table that should lie beside the others."""
    suffix = path.suffix.lower()
    return folder != "derived" and bool(_table(path)) and suffix in (".csv", *TABULAR)


def _is_data(path: Path) -> bool:
    suffix = path.suffix.lower()
    return suffix in TABULAR or (suffix in PERHAPS and bool(_table(path)))


def _table(path: Path) -> str:
    """Name of the table that a file is called after, as in ``Trade.csv.gz``, or nothing."""
    stem = path.name.partition(".")[0].casefold()
    return stem if stem in table_names() else ""


def _items(folder: Path) -> list[Path]:
    """What lies in a folder, without hidden files and the locks of open spreadsheets."""
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return []  # the reader of tables and of documents says so
    return [path for path in found if not path.name.startswith((".", "~$", "__"))]
