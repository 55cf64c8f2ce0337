"""One fault at a time, drawn from a seed: cells, columns, rows, files and encodings.

Each mutation takes files and a generator and returns the damaged files with a sentence that says
what was done. A mutation that finds nothing to damage raises :class:`NothingToDoError`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.faults.folder import Files, Table, tables_of

Mutated = tuple[Files, str]
Mutation = Callable[[Files, np.random.Generator], Mutated]


class NothingToDoError(Exception):
    """The dataset has nothing that this mutation could damage."""


def pick(rng: np.random.Generator, options: list) -> str:
    """One of some options."""
    if not options:
        raise NothingToDoError
    return options[int(rng.integers(len(options)))]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _cell(
    files: Files, rng: np.random.Generator, wanted: Callable[[str, str], bool]
) -> tuple[str, Table, int, int]:
    """A cell that fits: first a table, so that small tables are damaged as often as long ones."""
    names = tables_of(files)
    for number in rng.permutation(len(names)):
        table = Table.parse(files[names[number]])
        found = [
            (r, c)
            for r, row in enumerate(table.rows)
            for c, cell in enumerate(row)
            if wanted(table.header[c], cell)
        ]
        if found:
            row, column = found[int(rng.integers(len(found)))]
            return names[number], table, row, column
    raise NothingToDoError


def _changed(
    files: Files,
    rng: np.random.Generator,
    wanted: Callable[[str, str], bool],
    change: Callable[[str], str],
) -> Mutated:
    name, table, row, column = _cell(files, rng, wanted)
    old = table.rows[row][column]
    table.rows[row][column] = change(old)
    place = f"{name} row {row + 2}, {table.header[column]}"
    return files | {name: table.text()}, f"{place}: {old!r} -> {table.rows[row][column]!r}"


PROSE = ("note", "name", "title", "publisher", "url", "place")
SHARES = ("share", "sigma")


def _figure(header: str, cell: str) -> bool:
    return _is_number(cell) and header not in ("year", "line", *PROSE)


def _word(header: str, cell: str) -> bool:
    return bool(cell) and not _is_number(cell) and header not in PROSE


def cell_typo(files: Files, rng: np.random.Generator) -> Mutated:
    """Two letters swapped, one dropped, doubled, or the case changed."""

    def change(cell: str) -> str:
        at = int(rng.integers(len(cell)))
        forms = (
            cell[:at] + cell[at + 1 :],
            cell[:at] + cell[at] + cell[at:],
            cell[:at] + cell[at:][:2][::-1] + cell[at + 2 :],
            cell.swapcase(),
            cell + " ",
        )
        return pick(rng, list(forms))

    return _changed(files, rng, _word, change)


def cell_unit(files: Files, rng: np.random.Generator) -> Mutated:
    """A unit replaced by another one."""
    units = [
        "kg",
        "t",
        "kt",
        "kg/vehicle",
        "t_oxide",
        "t_metal",
        "t_reo",
        "kg_reo",
        "kt_reo",
        "t_finished/yr",
        "t_oxide/yr",
        "kt_reo/yr",
        "kg_oxide/yr",
        "t_reo/yr",
        "piece",
        "fraction",
        "%",
        "lb",
        "t/unit",
        "g/unit",
        "kg/unit",
        "t/t",
        "t_blank/yr",
        "t_reo/month",
        "Mt",
    ]
    return _changed(files, rng, lambda h, c: h == "unit", lambda c: pick(rng, units))


def cell_magnitude(files: Files, rng: np.random.Generator) -> Mutated:
    """A figure times a power of ten, from 1e-12 to 1e12; often a small one."""
    wide = rng.random() < 0.5
    power = int(rng.integers(-12, 13)) if wide else int(rng.choice([-3, -2, -1, 1, 2, 3]))
    return _changed(files, rng, _figure, lambda c: repr(float(c) * 10.0**power))


def cell_nudge(files: Files, rng: np.random.Generator) -> Mutated:
    """A figure changed by up to a half: nobody can refuse it, the answer must be right."""
    factor = float(rng.uniform(0.5, 1.5))
    return _changed(files, rng, _figure, lambda c: f"{float(c) * factor:.9g}")


def cell_percent(files: Files, rng: np.random.Generator) -> Mutated:
    """Percent written where a share is meant, or the other way round."""
    shares = _has(files, lambda h, c: h in SHARES and _is_number(c))
    if shares:
        return _changed(
            files,
            rng,
            lambda h, c: h in SHARES and _is_number(c),
            lambda c: pick(rng, [repr(float(c) * 100), f"{float(c) * 100:g}%", f"{c}%"]),
        )
    return _changed(files, rng, _figure, lambda c: f"{c}%")


def _has(files: Files, wanted: Callable[[str, str], bool]) -> bool:
    return any(
        wanted(table.header[c], cell)
        for table in (Table.parse(files[name]) for name in tables_of(files))
        for row in table.rows
        for c, cell in enumerate(row)
    )


def cell_negative(files: Files, rng: np.random.Generator) -> Mutated:
    """A minus before a figure."""
    return _changed(files, rng, _figure, lambda c: f"-{c.lstrip('+')}")


def cell_zero(files: Files, rng: np.random.Generator) -> Mutated:
    """A figure that is nothing."""
    return _changed(files, rng, _figure, lambda c: pick(rng, ["0", "0.0", "-0.0"]))


def cell_blank(files: Files, rng: np.random.Generator) -> Mutated:
    """A cell emptied."""
    return _changed(files, rng, lambda h, c: bool(c) and h not in PROSE, lambda c: "")


def cell_thousands(files: Files, rng: np.random.Generator) -> Mutated:
    """A figure as people write it in a report."""

    def change(cell: str) -> str:
        value = float(cell)
        forms = [f"{value:,.0f}", f"{value:,.1f}", f"{value:g}".replace(".", ","), f"{value:_.0f}"]
        forms += [f"{value:,.0f}".replace(",", " "), f"{value:,.0f}".replace(",", "."), f"~{cell}"]
        return pick(rng, [*forms, f"{cell}e", f">{cell}", f"{cell} t", f"${cell}", f"'{cell}"])

    return _changed(files, rng, _figure, change)


def cell_text(files: Files, rng: np.random.Generator) -> Mutated:
    """Words where a figure belongs."""
    words = [
        "n/a",
        "NA",
        "W",
        "—",
        "-",
        "see note",
        "unknown",
        "#REF!",
        "TRUE",
        "=A1*2",
        "none",
        "?",
    ]
    return _changed(files, rng, _figure, lambda c: pick(rng, words))


def cell_not_finite(files: Files, rng: np.random.Generator) -> Mutated:
    """What programs write for no number or no end."""
    words = ["NaN", "nan", "inf", "-inf", "Infinity", "1e400", "1e-400", "0x10", "1d3", "٣", "¼"]
    return _changed(files, rng, _figure, lambda c: pick(rng, words))


def cell_other(files: Files, rng: np.random.Generator) -> Mutated:
    """A word of a column replaced by another word of the same column."""
    name, table, row, column = _cell(files, rng, _word)
    old = table.rows[row][column]
    others = sorted({r[column] for r in table.rows} - {old})
    table.rows[row][column] = new = pick(rng, others) if others else old + "x"
    place = f"{name} row {row + 2}, {table.header[column]}"
    return files | {name: table.text()}, f"{place}: {old!r} -> {new!r}"


def cell_year(files: Files, rng: np.random.Generator) -> Mutated:
    """A figure of another year."""
    years = ["2022", "2023", "2025", "1999", "24", "2024.5", "2024-01", "", "2100"]
    return _changed(files, rng, lambda h, c: h in ("year", "from_date"), lambda c: pick(rng, years))


def _whole(files: Files, rng: np.random.Generator) -> tuple[str, Table]:
    name = pick(rng, tables_of(files))
    return name, Table.parse(files[name])


def column_dropped(files: Files, rng: np.random.Generator) -> Mutated:
    """A column taken out."""
    name, table = _whole(files, rng)
    at = int(rng.integers(len(table.header)))
    gone = table.header.pop(at)
    for row in table.rows:
        row.pop(at)
    return files | {name: table.text()}, f"{name}: column {gone} dropped"


def column_renamed(files: Files, rng: np.random.Generator) -> Mutated:
    """A column under another name."""
    name, table = _whole(files, rng)
    at = int(rng.integers(len(table.header)))
    old = table.header[at]
    forms = [old.upper(), old + "s", old[:-1], old.replace("_", " "), "Unnamed: 3", "", f" {old} "]
    table.header[at] = pick(rng, forms)
    return files | {name: table.text()}, f"{name}: column {old} -> {table.header[at]!r}"


def column_doubled(files: Files, rng: np.random.Generator) -> Mutated:
    """A column that stands twice."""
    name, table = _whole(files, rng)
    at = int(rng.integers(len(table.header)))
    table.header.append(table.header[at])
    for row in table.rows:
        row.append(row[at])
    return files | {name: table.text()}, f"{name}: column {table.header[at]} twice"


def column_reordered(files: Files, rng: np.random.Generator) -> Mutated:
    """Columns in another order: nothing may change."""
    name, table = _whole(files, rng)
    order = rng.permutation(len(table.header))
    new = Table([table.header[i] for i in order], [[r[i] for i in order] for r in table.rows])
    return files | {name: new.text()}, f"{name}: columns reordered"


def row_dropped(files: Files, rng: np.random.Generator) -> Mutated:
    """A row taken out."""
    name, table = _whole(files, rng)
    if not table.rows:
        raise NothingToDoError
    at = int(rng.integers(len(table.rows)))
    gone = table.rows.pop(at)
    return files | {name: table.text()}, f"{name}: row {at + 2} dropped ({','.join(gone)[:60]})"


def row_doubled(files: Files, rng: np.random.Generator) -> Mutated:
    """A row that stands twice, perhaps with another figure."""
    name, table = _whole(files, rng)
    if not table.rows:
        raise NothingToDoError
    at = int(rng.integers(len(table.rows)))
    table.rows.append(list(table.rows[at]))
    figures = [c for c, cell in enumerate(table.rows[at]) if _figure(table.header[c], cell)]
    if figures and rng.random() < 0.5:
        column = figures[int(rng.integers(len(figures)))]
        table.rows[-1][column] = f"{float(table.rows[-1][column]) * 1.1:.6g}"
    return files | {name: table.text()}, f"{name}: row {at + 2} doubled"


def row_permuted(files: Files, rng: np.random.Generator) -> Mutated:
    """Rows in another order: nothing may change."""
    name, table = _whole(files, rng)
    order = [int(i) for i in rng.permutation(len(table.rows))]
    return files | {name: table.ordered(order).text()}, f"{name}: rows permuted"


def row_footnote(files: Files, rng: np.random.Generator) -> Mutated:
    """What spreadsheets leave above and below a table."""
    name = pick(rng, tables_of(files))
    body, width = files[name], len(Table.parse(files[name]).header) - 1
    lines = [b"Source: own table", b"* estimate" + b"," * width, b"Total" + b"," * width]
    lines += [b"", b"," * width, b"Notes,1"]
    line = lines[int(rng.integers(len(lines)))]
    if rng.random() < 0.3:
        return files | {name: line + b"\n" + body}, f"{name}: {line!r} above the table"
    return files | {name: body + line + b"\n"}, f"{name}: {line!r} below the table"


def file_missing(files: Files, rng: np.random.Generator) -> Mutated:
    """A table that is not there."""
    name = pick(rng, tables_of(files))
    return {k: v for k, v in files.items() if k != name}, f"{name} missing"


def file_truncated(files: Files, rng: np.random.Generator) -> Mutated:
    """A table cut off in the middle of a byte, a cell or a row."""
    name = pick(rng, tables_of(files))
    end = int(rng.integers(len(files[name])))
    return files | {name: files[name][:end]}, f"{name} cut after {end} bytes"


def file_empty(files: Files, rng: np.random.Generator) -> Mutated:
    """A table of no bytes, of blanks, or a header alone."""
    name = pick(rng, tables_of(files))
    header = files[name].split(b"\n")[0] + b"\n"
    content = [b"", b"\n\n", header, b"\xef\xbb\xbf", b" "][int(rng.integers(5))]
    return files | {name: content}, f"{name} is {content[:20]!r}"


def file_renamed(files: Files, rng: np.random.Generator) -> Mutated:
    """A table under another name."""
    name = pick(rng, tables_of(files))
    stem = name.removesuffix(".csv")
    forms = [
        f"{stem} (1).csv",
        f"{stem}.CSV",
        f"{stem[:-1]}.csv",
        f"{stem}.xlsx",
        f"{stem}.csv.bak",
    ]
    new = pick(rng, [*forms, f"{stem}.tsv", f"sub/{name}", f"{stem.upper()}.csv"])
    rest = {k: v for k, v in files.items() if k != name}
    return rest | {new: files[name]}, f"{name} -> {new}"


def coded(files: Files, rng: np.random.Generator) -> Mutated:
    """A table in another encoding or with other line ends."""
    name = pick(rng, tables_of(files))
    text = files[name].decode("utf-8")
    mark = "é" if rng.random() < 0.5 else ""
    forms = {
        "BOM": b"\xef\xbb\xbf" + files[name],
        "UTF-16": text.encode("utf-16"),
        "latin-1": text.replace("\n", f"{mark}\n", 2).encode("latin-1", "replace"),
        "CRLF": text.replace("\n", "\r\n").encode(),
        "CR": text.replace("\n", "\r").encode(),
        "semicolons": text.replace(",", ";").encode(),
        "tabs": text.replace(",", "\t").encode(),
        "NUL": text.replace("\n", "\n\0", 1).encode(),
        "no last line end": text.rstrip("\n").encode(),
        "blanks": text.replace(",", ", ").encode(),
        "quotes": text.replace("\n", '"\n', 1).encode(),
    }
    form = pick(rng, sorted(forms))
    return files | {name: forms[form]}, f"{name} as {form}"


MUTATIONS: dict[str, tuple[Mutation, float]] = {
    "cell: typo": (cell_typo, 3),
    "cell: unit": (cell_unit, 3),
    "cell: magnitude": (cell_magnitude, 8),
    "cell: nudge": (cell_nudge, 12),
    "cell: percent": (cell_percent, 1),
    "cell: negative": (cell_negative, 1),
    "cell: zero": (cell_zero, 2),
    "cell: blank": (cell_blank, 3),
    "cell: thousands": (cell_thousands, 1),
    "cell: text": (cell_text, 1),
    "cell: not finite": (cell_not_finite, 1),
    "cell: other word": (cell_other, 4),
    "cell: year": (cell_year, 2),
    "column: dropped": (column_dropped, 1),
    "column: renamed": (column_renamed, 1),
    "column: doubled": (column_doubled, 1),
    "column: reordered": (column_reordered, 2),
    "row: dropped": (row_dropped, 3),
    "row: doubled": (row_doubled, 2),
    "row: permuted": (row_permuted, 2),
    "row: footnote": (row_footnote, 1),
    "file: missing": (file_missing, 1),
    "file: truncated": (file_truncated, 1),
    "file: empty": (file_empty, 1),
    "file: renamed": (file_renamed, 1),
    "encoding": (coded, 2),
}
