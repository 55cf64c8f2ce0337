"""A dataset as files in memory, so that a thousand mutants of it cost no copying on disk."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Files = dict[str, bytes]


def read_folder(folder: Path) -> Files:
    """Every table and document of a dataset; what was computed from them is left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith("derived/"):
            found[name] = path.read_bytes()
    return found


def write_folder(files: Files, folder: Path) -> Path:
    """Write the files; folders are made as needed."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@dataclass
class Table:
    """Header and rows of one CSV file as text."""

    header: list[str]
    rows: list[list[str]]

    @staticmethod
    def parse(content: bytes) -> Table:
        """Rows of a file that is known to be sound."""
        rows = [row for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) if row]
        return Table(rows[0], rows[1:])

    def text(self, end: str = "\n") -> bytes:
        """The file as bytes."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator=end)
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return buffer.getvalue().encode()

    def at(self, column: str) -> int:
        """Position of a column, -1 if it is not there."""
        return self.header.index(column) if column in self.header else -1

    def column(self, name: str) -> list[str]:
        """Cells of a column; blanks where it is not there."""
        at = self.at(name)
        return [row[at] if at >= 0 else "" for row in self.rows]

    def ordered(self, order: Sequence[int]) -> Table:
        """The same rows in another order."""
        return Table(list(self.header), [list(self.rows[i]) for i in order])


def tables_of(files: Files) -> list[str]:
    """Names of the CSV tables at the top of a dataset."""
    return sorted(name for name in files if name.endswith(".csv") and "/" not in name)


def documents_of(files: Files) -> list[str]:
    """Names of the YAML documents."""
    return sorted(name for name in files if name.endswith(".yaml"))
