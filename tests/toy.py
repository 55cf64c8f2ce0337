"""The example of three nodes with some of its tables rewritten, for tests of what is accepted."""

from pathlib import Path

from supplygraph.dataset import Dataset, read_dataset, shipped_datasets
from supplygraph.errors import DatasetError

EXAMPLE = shipped_datasets()["three-nodes"]
FILES = {path.name: path.read_text(encoding="utf-8") for path in sorted(EXAMPLE.glob("*.csv"))}


def toy(folder: Path, *added: tuple[str, str], **tables: str) -> Path:
    """Write the example: ``tables`` take the place of its files, rows ``added`` go below them."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in EXAMPLE.glob("*.csv"):
        (folder / path.name).write_text(tables.pop(path.stem, path.read_text()))
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    for name, rows in added:
        path = folder / f"{name}.csv"
        path.write_text(path.read_text().rstrip("\n") + f"\n{rows}\n")
    return folder


def with_files(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write the example anew, with whole files of any name and content."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, content in (FILES | files).items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)
    return folder


def faults(folder: Path) -> list[str]:
    """Text of every fault of a folder."""
    try:
        read_dataset(folder)
    except DatasetError as error:
        return [str(fault) for fault in error.faults]
    return []


def cautions(folder: Path) -> list[str]:
    """Warnings and remarks of a folder, without the one on missing sources."""
    dataset: Dataset = read_dataset(folder)
    found = (*dataset.warnings, *dataset.remarks)
    return [text for text in found if "no sources.csv" not in text]
