"""Commands about figures and what stands behind them: info, balance, explain."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.options import TopOption, finite
from supplygraph.cli.output import Output
from supplygraph.cli.question_options import asks
from supplygraph.cli.session import open_chain, with_output
from supplygraph.cli.streams import note
from supplygraph.errors import UsageError


@with_output("info", gated=False)
def info(context: typer.Context, output: Output) -> None:
    """Count what the dataset holds and how well its figures are founded.

    Example: supplygraph info
    """
    output.write(open_chain(context, tell=False).info())


def _balance_kind(
    *, held: bool, flows: bool, material: str | None, deciding: bool, **_: object
) -> str:
    parts = {"held": held, "flows": flows, "intervals": material is not None, "deciding": deciding}
    return next((kind for kind, asked in parts.items() if asked), "balance")


@with_output(_balance_kind, gated=False)
@asks("balance", "deciding")
def balance(
    context: typer.Context,
    output: Output,
    *,
    moved: Annotated[float | None, typer.Option(min=0, callback=finite)],
    role: str | None,
    held: Annotated[
        bool, typer.Option("--held", help="Show output without a buyer and use without a name.")
    ] = False,
    flows: Annotated[bool, typer.Option("--flows", help="Every flow of the base year.")] = False,
    material: Annotated[str | None, typer.Option("--intervals", metavar="MATERIAL")],
    deciding: Annotated[
        bool,
        typer.Option("--deciding", help="Rank the figures that decide most (takes minutes)."),
    ] = False,
    top: TopOption,
    write: bool,
) -> None:
    """Compare every published figure with the balance of the base year.

    Figures with role fit pulled the balance; a check was only compared. What moved by more
    than 1 % says what pulls it away.

    Example: supplygraph balance --moved 0.05
    """
    from supplygraph.analysis.records import balance_tables as tables

    if sum([held, flows, material is not None, deciding]) > 1:
        raise UsageError("choose one of --held, --flows, --intervals and --deciding.")
    chain = open_chain(context)
    if write and not deciding:
        note(f"wrote {chain.write_baseline()}")
    if held:
        results = tables.held(chain.baseline)
    elif flows:
        results = tables.flows(chain.baseline)
    elif material is not None:
        from supplygraph.dataset.names import spoken_names

        named = spoken_names(chain.dataset).resolve("material", material)
        results = tables.intervals(chain.baseline, named)
    elif deciding:
        results = chain.deciding(top=top, write=write)
    else:
        results = tables.figures(chain.baseline, moved=moved, role=role)
    output.write(results.head(top))


@with_output("explain", gated=False)
@asks("explain")
def explain(
    context: typer.Context,
    output: Output,
    *,
    names: Annotated[list[str], typer.Argument(metavar="ID...")],
    acts_as: Annotated[str | None, typer.Option("--as")],
) -> None:
    """Print every figure behind a thing, with source and grade.

    For a product it also says which exports stop it most abroad and through which input (--as
    outage: which plants); for a measure, project, deal or event what is on record of it: dates,
    parameters, sources.

    Example: supplygraph explain f-35

    Example: supplygraph explain CN-2025-18 TR-2025-GENEVA
    """
    output.write(open_chain(context, tell=False).explain(*names, acts_as=acts_as))
