"""Commands about scenarios: ``scenario list`` and ``scenario show``; `cli.months` adds ``run``."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.analyse import _chain
from supplygraph.cli.output import ForceOption, FormatOption, OutputOption, check_output, emit

app = typer.Typer(
    name="scenario",
    help=(
        "Measures of states over time: what there is, and what it does to the chain.\n\n"
        "Example: supplygraph scenario list"
    ),
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
LISTED = ("id", "title", "start", "months", "measures", "modifiers")
SHOWN_DUTIES = (
    "id",
    "month",
    "rate",
    "premium",
    "quantity",
    "unit",
    "price_usd_per_t",
    "duty_usd",
    "premium_usd",
    "set_by",
    "evidence",
    "flags",
)
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a parameter: CN-2025-18.approval.US=0.3 or growth=0.02."),
]
MeasureOption = Annotated[
    list[str] | None, typer.Option("--measure", help="Add a measure or modifier by its id.")
]


@app.command("list")
def list_(
    context: typer.Context,
    format_: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """List the scenarios of the dataset with their measures.

    Example: supplygraph scenario list
    """
    check_output(format_, output, force)
    emit(_chain(context).scenarios(), format_, output, force, columns=LISTED)


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Scenario, or a YAML file.")],
    month: Annotated[str | None, typer.Option("--month", help="Only this month, YYYY-MM.")] = None,
    set_: SetOption = None,
    measure: MeasureOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Print every bound that differs from the base, and who set it.

    A share of an arc is of its flow in the same month of the base year; season and growth apply
    to both. base is the monthly mean of the base year.

    Example: supplygraph scenario show april-2025-shock --month 2025-05

    Example: supplygraph scenario show busan-window --month 2026-01 --set CN-2025-18.approval.US=0.3
    """
    check_output(format_, output, force)
    results = _chain(context).bounds(name, month, set_ or (), measure or ())
    emit(results, format_, output, force)


@app.command()
def duties(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Scenario, or a YAML file.")],
    by_month: Annotated[
        bool, typer.Option("--by-month", help="Rows of single months too.")
    ] = False,
    price: Annotated[
        list[str] | None,
        typer.Option("--price", help="MATERIAL=USD_PER_TONNE, in place of the price on record."),
    ] = None,
    set_: SetOption = None,
    measure: MeasureOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Print what tariffs and leaks cost: rate x price x flow, arc by arc.

    Flows are those of the run when nobody reroutes. A tariff moves no tonne unless it states an
    elasticity. An arc whose material has no price on record in US dollars has no sum.

    Example: supplygraph scenario duties tariffs-2025

    Example: supplygraph scenario duties tariffs-2025 --price ndfeb-hre=48465
    """
    check_output(format_, output, force)
    results = _chain(context).duties(
        name, prices=price or (), by_month=by_month, sets=set_ or (), measures=measure or ()
    )
    emit(results, format_, output, force, columns=SHOWN_DUTIES)
