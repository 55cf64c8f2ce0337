"""Options and arguments that several commands share, each described once.

A command names the alias and its default: ``product: ProductOption = None``. What only one command
takes is described there. Options of output are added by `supplygraph.cli.session.with_output`.
"""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from supplygraph.errors import UsageError
from supplygraph.vocabulary import COVERS

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
            "Ask for both, or use supplygraph scenario run."
        )
    return rerouting


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


# What is counted.
ProductOption = Annotated[
    str | None, typer.Option("--product", help="Count only this product; free is then its bound.")
]
RegionOption = Annotated[
    str | None,
    typer.Option("--region", help="Count only this region (US, EU, JP, KR, IN, CN, ROW)."),
]
ElementOption = Annotated[
    str | None, typer.Option("--element", help="Only this element, such as Dy.")
]
WeightsOption = Annotated[
    str, typer.Option("--weights", help="sectors (default), value, equal or mass.")
]
TopOption = Annotated[int | None, typer.Option("--top", min=1, help="Rows to show.")]
ByMonthOption = Annotated[bool, typer.Option("--by-month", help="Rows of single months too.")]

# The network of a static year.
AtOption = Annotated[
    str | None,
    typer.Option(
        "--at",
        callback=month_at,
        help="Month YYYY-MM whose capacities hold; flows and demand stay those of the base year.",
    ),
]
ProjectsOption = Annotated[
    str,
    typer.Option(
        "--projects",
        help="Built by --at: binding, announced, non_binding, none, or ids with commas.",
    ),
]
ProjectOption = Annotated[
    list[str] | None,
    typer.Option("--project", help="A project built besides; may be repeated."),
]
ReroutingOption = Annotated[
    str,
    typer.Option(
        "--rerouting",
        callback=static_rerouting,
        help="none: nobody reroutes; free: the least loss; both.",
    ),
]
RationingOption = Annotated[
    str, typer.Option("--rationing", help="Under free: value (least loss) or proportional.")
]

# The months of a scenario.
ScenarioArgument = Annotated[str, typer.Argument(help="Scenario, or a YAML file.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a parameter: CN-2025-18.approval.US=0.3 or growth=0.02."),
]
MeasureOption = Annotated[
    list[str] | None, typer.Option("--measure", help="Add a measure or modifier by its id.")
]
MonthsOption = Annotated[
    int | None, typer.Option("--months", min=1, max=600, help="Months, instead of the scenario's.")
]
RunReroutingOption = Annotated[
    str,
    typer.Option("--rerouting", help="both (none and free), all, none, qualified or free."),
]
RunRationingOption = Annotated[
    str | None,
    typer.Option("--rationing", help="Of qualified and free: value, proportional or priority."),
]
CoverOption = Annotated[
    str | None, typer.Option("--cover", help="Only low, central or high stocks; all if left out.")
]

# Output.
FailOption = Annotated[
    str | None,
    typer.Option(
        "--fail-if",
        help="Exit 10 if a row meets it, such as 'loss_none>0.2'; 1 if that cannot be told.",
    ),
]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="table, csv, tsv, json, jsonl, md or parquet."),
]
OutputOption = Annotated[
    Path | None, typer.Option("-o", "--output", help="File to write; its ending names the format.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite the output file.")]
