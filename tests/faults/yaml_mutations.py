"""Faults in the YAML of measures, projects, deals and scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import yaml

from tests.faults.folder import Files, documents_of
from tests.faults.mutations import Mutated, Mutation, NothingToDoError, pick

Path = tuple[Any, ...]


def _load(content: bytes) -> Any:
    """Plain values with dates as text, as the package reads them."""
    return yaml.load(content.decode(), Loader=yaml.BaseLoader)


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every place of a document with what stands there, the top left out."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for key in value:
            yield from _leaves(value[key], (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))


def _put(content: Any, path: Path, value: Any) -> None:
    for key in path[:-1]:
        content = content[key]
    content[path[-1]] = value


_SKIPPED = {"record", "note", "sources", "description", "title", "conditions", "offtake"}


def _place(files: Files, rng: np.random.Generator, wanted: Any) -> tuple[str, Any, Path, Any]:
    names = documents_of(files)
    # A folder first: scenarios are few and read by everything.
    folders = sorted({name.partition("/")[0] for name in names})
    for _ in range(30):
        folder = pick(rng, folders)
        name = pick(rng, [n for n in names if n.startswith(f"{folder}/")])
        content = _load(files[name])
        found = [
            (path, value)
            for path, value in _leaves(content)
            if not _SKIPPED & set(path) and wanted(path, value)
        ]
        if found:
            path, value = found[int(rng.integers(len(found)))]
            return name, content, path, value
    raise NothingToDoError


def _written(files: Files, name: str, content: Any, what: str) -> Mutated:
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    # Quotes that the dumper puts around dates and figures are no part of the fault.
    return files | {name: text.encode()}, f"{name}: {what}"


def _plain(value: str) -> Any:
    try:
        return float(value) if "." in value or "e" in value else int(value)
    except ValueError:
        return value


def _typed(content: Any) -> Any:
    """Text that reads as a figure becomes one again."""
    if isinstance(content, dict):
        return {_plain(key): _typed(item) for key, item in content.items()}
    if isinstance(content, list):
        return [_typed(item) for item in content]
    return _plain(content) if isinstance(content, str) else content


def yaml_key(files: Files, rng: np.random.Generator) -> Mutated:
    """A key misspelt, dropped or added."""
    name, content, path, value = _place(files, rng, lambda p, v: isinstance(p[-1], str))
    parent: Any = content
    for key in path[:-1]:
        parent = parent[key]
    new = pick(rng, [path[-1][:-1], path[-1].upper(), path[-1] + "s", "extra", ""])
    parent[new] = parent.pop(path[-1]) if rng.random() < 0.7 else value
    if rng.random() < 0.3:
        parent.pop(new)
    return _written(files, name, _typed(content), f"key {'.'.join(map(str, path))} -> {new!r}")


def yaml_type(files: Files, rng: np.random.Generator) -> Mutated:
    """A value of another type."""
    name, content, path, old = _place(files, rng, lambda p, v: True)
    others: list[Any] = [
        None,
        [],
        {},
        True,
        False,
        -1,
        0,
        1e-12,
        1e12,
        "",
        "text",
        [old],
        {"a": old},
        2025,
        "*",
        ["*"],
        [[]],
        -0.5,
        1.5,
        100,
        "NO",
        "yes",
        "~",
        [None],
        {"": ""},
        "a b c",
        "60 %",
        10**17,
    ]
    new = others[int(rng.integers(len(others)))]
    content = _typed(content)
    _put(content, tuple(_plain(k) if isinstance(k, str) else k for k in path), new)
    return _written(files, name, content, f"{'.'.join(map(str, path))}: {old!r} -> {new!r}"[:160])


def yaml_number(files: Files, rng: np.random.Generator) -> Mutated:
    """A figure of another size."""

    def number(path: Path, value: Any) -> bool:
        return isinstance(value, str) and not isinstance(_plain(value), str)

    name, content, path, old = _place(files, rng, number)
    factor = float(rng.choice([0.5, 0.9, 1.1, 2.0, 100.0, -1.0, 1e-6, 1e6, 0.0]))
    content, value = _typed(content), _plain(old) * factor
    value = int(value) if value == int(value) else value
    _put(content, tuple(_plain(k) if isinstance(k, str) else k for k in path), value)
    return _written(files, name, content, f"{'.'.join(map(str, path))}: {old} -> {value}")


_DATE = frozenset("0123456789-")


def yaml_date(files: Files, rng: np.random.Generator) -> Mutated:
    """A date that does not exist, lies elsewhere or is written in another form."""

    def date(path: Path, value: Any) -> bool:
        return isinstance(value, str) and len(value) in (7, 10) and set(value) <= _DATE

    name, content, path, old = _place(files, rng, date)
    forms = [
        "2025-02-30",
        "2025-13",
        "0000-01",
        "9999-12",
        "2025",
        "01/02/2025",
        "tomorrow",
        "",
        "-",
        "1900-01-01",
        "2199-12",
        "2025-2",
        "2025-02-01T00:00",
        "2024-01",
        "2025-03-01",
        "2025-04",
    ]
    new = pick(rng, forms)
    content = _typed(content)
    _put(content, tuple(_plain(k) if isinstance(k, str) else k for k in path), new)
    return _written(files, name, content, f"{'.'.join(map(str, path))}: {old} -> {new!r}")


def yaml_selector(files: Files, rng: np.random.Generator) -> Mutated:
    """A selector, id or list of names that matches nothing, everything or does not parse."""
    keys = {
        "select",
        "materials",
        "products",
        "covers",
        "elements",
        "countries",
        "imposed_by",
        "projects",
        "measures",
        "removals",
        "approval",
        "markets",
        "facility",
        "id",
    }

    def naming(path: Path, value: Any) -> bool:
        return isinstance(value, str) and bool(keys & set(path))

    name, content, path, old = _place(files, rng, naming)
    forms = [
        "id=nobody",
        "country=XX",
        "country: NO",
        "*",
        "",
        "id=",
        "=",
        "a=b=c",
        "id=mine-*",
        "process=*",
        "stage=mine country=",
        'id="',
        "nobody",
        "id!=x",
        "id=a|b",
        "operator=~",
    ]
    new = pick(rng, forms)
    content = _typed(content)
    _put(content, tuple(_plain(k) if isinstance(k, str) else k for k in path), new)
    return _written(files, name, content, f"{'.'.join(map(str, path))}: {old!r} -> {new!r}")


def yaml_nested(files: Files, rng: np.random.Generator) -> Mutated:
    """Brackets or blocks inside each other, up to twenty thousand deep."""
    name = pick(rng, documents_of(files))
    depth = int(rng.choice([5, 200, 2000, 20000]))
    forms = {
        "brackets": b"x: " + b"[" * depth + b"]" * depth,
        "braces": b"x: " + b"{a: " * depth + b"}" * depth,
        "open": b"x: " + b"[" * depth,
        "blocks": b"".join(b" " * i + b"a:\n" for i in range(min(depth, 1000))),
    }
    form = pick(rng, sorted(forms))
    return files | {name: files[name] + forms[form] + b"\n"}, f"{name}: {form} {depth} deep"


def yaml_text(files: Files, rng: np.random.Generator) -> Mutated:
    """Text that is no YAML, or YAML that is refused."""
    name = pick(rng, documents_of(files))
    forms = {
        "empty": b"",
        "a list": b"- a\n- b\n",
        "a tab": b"\ta: 1\n",
        "an alias": b"a: &a [1]\nb: *a\n",
        "a tag": b"a: !!python/object/apply:os.getcwd []\n",
        "two documents": files[name] + b"---\n" + files[name],
        "no UTF-8": "title: é\n".encode("latin-1"),
        "half": files[name][: len(files[name]) // 2],
        "its top twice": files[name] + files[name],
        "long": files[name] + b"note: " + b"x" * 2_000_000,
        "a BOM": b"\xef\xbb\xbf" + files[name],
        "CRLF": files[name].replace(b"\n", b"\r\n"),
    }
    form = pick(rng, sorted(forms))
    return files | {name: forms[form]}, f"{name} is {form}"


YAML_MUTATIONS: dict[str, tuple[Mutation, float]] = {
    "yaml: key": (yaml_key, 3),
    "yaml: type": (yaml_type, 4),
    "yaml: number": (yaml_number, 4),
    "yaml: date": (yaml_date, 3),
    "yaml: selector": (yaml_selector, 3),
    "yaml: nesting": (yaml_nested, 1),
    "yaml: text": (yaml_text, 2),
}
