"""Where datasets lie: folders named by the user, and those that come with the program."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from supplygraph.errors import UsageError
from supplygraph.schema import hint

DEFAULT = "rare-earths"


def find_folder(path: str | Path | None = None) -> Path:
    """Resolve a name or a path to an existing folder.

    Raises
    ------
    UsageError
        If nothing is there, or it is a file.

    Examples
    --------
    >>> find_folder("three-nodes").name
    'three-nodes'
    >>> find_folder("tree-nodes")
    Traceback (most recent call last):
    ...
    supplygraph.errors.UsageError: 'tree-nodes' is no folder and no shipped dataset. Did you mean...
    """
    path = DEFAULT if path is None else path
    shipped = shipped_datasets()
    if isinstance(path, str) and path in shipped:
        return shipped[path]
    folder = Path(path)
    try:
        if folder.is_dir():
            return folder
        exists = folder.exists()
    except (OSError, ValueError):
        exists = False
    if exists:
        raise UsageError(f"'{path}' is a file. Name the folder that holds the tables.")
    known = hint(str(path), tuple(shipped)) or f" Shipped: {', '.join(shipped)}."
    raise UsageError(f"'{str(path)[:200]}' is no folder and no shipped dataset.{known}")


def shipped_datasets() -> dict[str, Path]:
    """Folders of the datasets that come with supplygraph, by name.

    They lie inside the installed package; in a source tree, beside it.
    """
    package = Path(str(files("supplygraph")))
    found: dict[str, Path] = {}
    for home in ("datasets", "examples"):
        for root in (package / home, package.parent / home):
            if root.is_dir():
                for folder in sorted(root.iterdir()):
                    if (folder / "countries.csv").is_file():
                        found.setdefault(folder.name, folder)
    return found
