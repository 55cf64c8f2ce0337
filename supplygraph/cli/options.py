"""What the command line alone knows of options that several commands share: name, type, range.

What they mean and their defaults come from the question asked (`supplygraph.cli.question_options`);
options of output are added by `supplygraph.cli.session.with_output`.
"""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from supplygraph.cli.completion import completion_of
from supplygraph.cli.formats import FORMATS
from supplygraph.errors import UsageError
from supplygraph.vocabulary import ACTS_AS, COVERS, WRITE_NEW, new_option

HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}  # of the program and its groups of commands


def finite(parameter: typer.CallbackParam, value: float | None) -> float | None:
    """A number as given; ``nan`` is within every range, and ``inf`` within open ones.

    Raises
    ------
    UsageError
        If it is not finite.
    """
    if value is not None and not isfinite(value):
        raise UsageError(f"{parameter.opts[0]} {value}: no finite number. Write such as 0.5.")
    return value


def month_at(month: str | None) -> str | None:
    """The month of `--at` as given.

    Raises
    ------
    UsageError
        If it is no month.
    """
    if month is not None:
        from supplygraph.scenario.month_arrays import check_month

        check_month(month, "--at")
    return month


def static_rerouting(rerouting: str | None) -> str | None:
    """The rerouting of a static year as given.

    Raises
    ------
    UsageError
        If it opens arcs month by month.
    """
    if rerouting == "qualified":
        raise UsageError(
            "--rerouting qualified opens arcs month by month, which a static year has not. "
            "Ask for shared, or use supplygraph scenario run."
        )
    return rerouting


def renamed_option(parameter: typer.CallbackParam, value: str | None) -> None:
    """Refuse an option that was given up, with what took its place.

    Raises
    ------
    UsageError
        If it is given.
    """
    if value is not None:
        option = parameter.opts[0]
        raise UsageError(f"{option} {value} is now {new_option(option, value)}. {WRITE_NEW}")


def chosen_covers(cover: str | None) -> tuple[str, ...]:
    """Sizes of stocks that `--cover` asks for, all of them if it is left out.

    Raises
    ------
    UsageError
        If there is no such size.
    """
    if cover is not None and cover not in COVERS:
        raise UsageError(f"--cover '{cover}' is not known. Write {', '.join(COVERS)}.")
    return COVERS if cover is None else (cover,)


def words(text: str) -> list[str]:
    """Words of an option with commas between them.

    Examples
    --------
    >>> words("NdPr, Dy,Tb")
    ['NdPr', 'Dy', 'Tb']
    """
    return [part for part in text.replace(",", " ").split() if part]


# What is taken away, and what is counted.
RemoveOption = Annotated[
    list[str] | None,
    typer.Option(
        "--remove", metavar="SELECTOR", help="'-' reads one per line from standard input."
    ),
]
AsOption = Annotated[
    str,
    typer.Option(
        "--as",
        help="Whether the plants named stop (outage) or their exports.",
        autocompletion=completion_of(choices=ACTS_AS),
    ),
]
TopOption = Annotated[int | None, typer.Option(min=1)]

# The network of a static year.
AtOption = Annotated[str | None, typer.Option("--at", callback=month_at)]
ReroutingOption = Annotated[str, typer.Option(callback=static_rerouting)]
RationingOption = Annotated[
    str | None, typer.Option("--rationing", hidden=True, callback=renamed_option)
]

# The months of a scenario.
SetOption = Annotated[list[str], typer.Option("--set")]
MeasureOption = Annotated[list[str], typer.Option("--measure")]
MonthsOption = Annotated[int | None, typer.Option(min=1, max=600)]
CoverOption = Annotated[
    str | None,
    typer.Option(
        "--cover",
        help="Only low, central or high stocks; all if left out.",
        autocompletion=completion_of(choices=COVERS),
    ),
]

# Output.
FailOption = Annotated[
    str | None,
    typer.Option(
        "--fail-if",
        help="Exit 10 if a row meets it, as 'COLUMN>0.2'; 1 if that cannot be told.",
    ),
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        autocompletion=completion_of(choices=FORMATS),
        help="table, csv, tsv, json, jsonl, md, html; of losses also sentences; with -o also xlsx, "
        "parquet, png, svg, pdf.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        help="File to write; its ending names the format: .csv .tsv .json .jsonl .parquet .md .txt "
        ".html, .xlsx for a workbook, .png .svg .pdf for a picture (needs matplotlib).",
    ),
]
AllOption = Annotated[bool, typer.Option("--all", help="All rows of a table, not only the worst.")]
VerboseOption = Annotated[
    bool, typer.Option("-v", "--verbose", help="All notes under a table, those on the method too.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite the output file.")]
