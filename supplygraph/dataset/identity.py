"""Keys are unique and every id that a row names exists."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from supplygraph.dataset.cells import shorten
from supplygraph.dataset.place_hints import place_hint
from supplygraph.dataset.tables import ROW, Dataset
from supplygraph.errors import Fault
from supplygraph.schema import Column, hint, table_names, table_schema


def check_keys(dataset: Dataset) -> Iterator[Fault]:
    """No two rows of a table have the same key."""
    for name in table_names():
        frame, key = dataset[name], list(table_schema(name).key)
        seen: dict[tuple[object, ...], int] = {}
        if frame.empty:
            continue
        for row, *values in frame[[ROW, *key]].itertuples(index=False, name=None):
            first = seen.setdefault(tuple(values), row)
            if first != row and any(values):
                shown = ", ".join(_plain(value) for value in values)
                rule = f"a duplicate of row {first}"
                way_out = f"Keep one row for each {', '.join(key)}."
                yield Fault(f"{name}.csv", row, ", ".join(key), shorten(shown), rule, way_out)


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return ";".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def check_references(dataset: Dataset) -> Iterator[Fault]:
    """Every id that refers to another table stands there.

    Ids are checked only against tables that exist.
    """
    for name in table_names():
        for column in table_schema(name).columns:
            if column.references and dataset.has(column.references[0]):
                yield from _check_column(dataset, name, column)


def _check_column(dataset: Dataset, name: str, column: Column) -> Iterator[Fault]:
    assert column.references is not None
    table, target = column.references
    known = dict.fromkeys(dataset[table][target])
    allowed = {"", *column.values, *known}
    frame = dataset[name]
    cells = frame[column.name]
    if column.type != "list" and allowed.issuperset(cells.unique()):
        return
    if column.type == "list" and allowed.issuperset(chain.from_iterable(cells)):
        return
    hints: dict[str, str] = {}
    for row, cell in zip(frame[ROW], cells, strict=True):
        for word in cell if isinstance(cell, tuple) else (cell,):
            if word not in allowed:
                if word not in hints:
                    fallback = f"Add it there{' as a ' + target if target != 'id' else ''}."
                    near = (
                        place_hint(word, dataset[table], target, everywhere="*" in column.values)
                        if table == "countries"
                        else hint(word, tuple(map(str, known))).strip()
                    )
                    hints[word] = near or fallback
                rule = f"not in {table}.csv"
                yield Fault(f"{name}.csv", row, column.name, shorten(word), rule, hints[word])


def ancestors(start: str, parents: dict[str, str]) -> list[str]:
    """Parents upwards, ending where the chain ends or closes.

    Examples
    --------
    >>> ancestors("plant", {"plant": "group", "group": "country"})
    ['group', 'country']
    """
    chain: list[str] = []
    current = parents.get(start, "")
    while current and current not in chain:
        chain.append(current)
        current = parents.get(current, "")
    return chain
