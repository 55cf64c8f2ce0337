"""Commands about what scenarios hold: scenario list, show and duties."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.options import (
    HELP_OPTIONS,
    ByMonthOption,
    MeasureOption,
    ScenarioArgument,
    SetOption,
)
from supplygraph.cli.output import Output
from supplygraph.cli.session import open_chain, with_output

app = typer.Typer(
    name="scenario",
    help=(
        "Measures of states over time: what there is, and what it does to the chain.\n\n"
        "Example: supplygraph scenario list"
    ),
    no_args_is_help=True,
    context_settings=HELP_OPTIONS,
)


@with_output()
def list_(context: typer.Context, output: Output) -> None:
    """List the scenarios of the dataset with their measures.

    Example: supplygraph scenario list
    """
    output.write(open_chain(context, tell=False).scenarios())


@with_output()
def show(
    context: typer.Context,
    output: Output,
    name: ScenarioArgument,
    month: Annotated[str | None, typer.Option("--month", help="Only this month, YYYY-MM.")] = None,
    set_: SetOption = None,
    measure: MeasureOption = None,
) -> None:
    """Print every bound that differs from the base, and who set it.

    A share of an arc is of its flow in the same month of the base year; season and growth apply
    to both. base is the monthly mean of the base year.

    Example: supplygraph scenario show april-2025-shock --month 2025-05

    Example: supplygraph scenario show busan-window --month 2026-01 --set CN-2025-18.approval.US=0.3
    """
    results = open_chain(context, tell=False).bounds(name, month, set_ or (), measure or ())
    output.write(results)


@with_output()
def duties(
    context: typer.Context,
    output: Output,
    name: ScenarioArgument,
    by_month: ByMonthOption = False,
    price: Annotated[
        list[str] | None,
        typer.Option("--price", help="MATERIAL=USD_PER_TONNE, in place of the price on record."),
    ] = None,
    set_: SetOption = None,
    measure: MeasureOption = None,
) -> None:
    """Print what tariffs and leaks cost: rate x price x flow, arc by arc.

    Flows are those of the run when nobody reroutes. A tariff moves no tonne unless it states an
    elasticity. An arc whose material has no price on record in US dollars has no sum.

    Example: supplygraph scenario duties tariffs-2025

    Example: supplygraph scenario duties tariffs-2025 --price ndfeb-hre=48465
    """
    results = open_chain(context, tell=False).duties(
        name, prices=price or (), by_month=by_month, sets=set_ or (), measures=measure or ()
    )
    output.write(results)
