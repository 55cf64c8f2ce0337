"""Commands about figures and what stands behind them: info, balance, explain."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.options import TopOption, finite
from supplygraph.cli.output import Output
from supplygraph.cli.session import open_chain, with_output
from supplygraph.cli.streams import note
from supplygraph.errors import UsageError


@with_output()
def info(context: typer.Context, output: Output) -> None:
    """Count what the dataset holds and how well its figures are founded.

    Example: supplygraph info
    """
    output.write(open_chain(context, tell=False).info())


@with_output()
def balance(
    context: typer.Context,
    output: Output,
    moved: Annotated[
        float | None,
        typer.Option(
            "--moved",
            min=0,
            callback=finite,
            help="Only figures that moved by more than this share.",
        ),
    ] = None,
    role: Annotated[str | None, typer.Option("--role", help="Only fit, or only check.")] = None,
    held: Annotated[
        bool, typer.Option("--held", help="Surplus and unexplained use instead of figures.")
    ] = False,
    flows: Annotated[bool, typer.Option("--flows", help="Every flow of the base year.")] = False,
    intervals: Annotated[
        str | None,
        typer.Option(
            "--intervals", help="Least and most of each arc of a material, such as nd-oxide."
        ),
    ] = None,
    deciding: Annotated[
        bool,
        typer.Option("--deciding", help="Rank the figures that decide most (takes minutes)."),
    ] = False,
    top: TopOption = None,
    write: Annotated[
        bool, typer.Option("--write", help="Store the balance in the dataset's derived/.")
    ] = False,
) -> None:
    """Compare every published figure with the balance of the base year.

    Figures with role fit pulled the balance; a check was only compared. What moved by more
    than 5 % says which other figures stand in its way.

    Example: supplygraph balance --moved 0.05
    """
    from supplygraph.analysis.records import balance_tables as tables

    if sum([held, flows, intervals is not None, deciding]) > 1:
        raise UsageError("choose one of --held, --flows, --intervals and --deciding.")
    chain = open_chain(context)
    if write and not deciding:
        note(f"wrote {chain.write_baseline()}")
    if held:
        results = tables.held(chain.baseline)
    elif flows:
        results = tables.flows(chain.baseline)
    elif intervals is not None:
        results = tables.intervals(chain.baseline, intervals)
    elif deciding:
        results = chain.deciding(progress=note, top=top, write=write)
    else:
        results = tables.figures(chain.baseline, moved=moved, role=role)
    output.write(results.head(top))


@with_output()
def explain(
    context: typer.Context,
    output: Output,
    ids: Annotated[
        list[str],
        typer.Argument(
            metavar="ID...",
            help="A plant, product, material, arc, owner, element, country, or a record such as "
            "a measure, project, deal or event.",
        ),
    ],
) -> None:
    """Print every figure behind a thing, with source and grade.

    For a product it also says which removals stop it most and through which input; for a
    measure, project, deal or event what is on record of it: dates, parameters, sources.

    Example: supplygraph explain f-35

    Example: supplygraph explain CN-2025-18 TR-2025-GENEVA
    """
    output.write(open_chain(context, tell=False).explain(*ids))
