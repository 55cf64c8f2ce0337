"""Commands about what scenarios hold: scenario list, show and duties."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.options import HELP_OPTIONS, MeasureOption, SetOption
from supplygraph.cli.output import Output
from supplygraph.cli.question_options import asks
from supplygraph.cli.session import Session, open_chain, with_output

app = typer.Typer(
    name="scenario",
    help=(
        "Measures of states over time: what there is, and what it does to the chain.\n\n"
        "Example: supplygraph scenario list"
    ),
    no_args_is_help=True,
    context_settings=HELP_OPTIONS,
)


@with_output("scenarios", gated=False)
def list_(context: typer.Context, output: Output) -> None:
    """List the scenarios of the dataset with their measures.

    Example: supplygraph scenario list
    """
    from supplygraph.analysis.records.scenario_list import listed_scenarios

    session: Session = context.obj
    output.write(listed_scenarios(session.dataset))


@with_output("bounds", gated=False)
@asks("bounds")
def show(
    context: typer.Context,
    output: Output,
    *,
    scenario: str,
    month: str | None,
    sets: SetOption,
    measures: MeasureOption,
) -> None:
    """Print every bound that differs from the base, and who set it.

    A share of an arc is of its flow in the same month of the base year; season and growth apply
    to both. base is the monthly mean of the base year.

    Example: supplygraph scenario show april-2025-shock --month 2025-05

    Example: supplygraph scenario show busan-window --month 2026-01 --set CN-2025-18.approval.US=0.3
    """
    results = open_chain(context, tell=False).bounds(scenario, month, sets, measures)
    output.write(results)


@with_output("duties", gated=False)
@asks("duties")
def duties(
    context: typer.Context,
    output: Output,
    *,
    scenario: str,
    by_month: bool,
    prices: Annotated[list[str], typer.Option("--price")],
    sets: SetOption,
    measures: MeasureOption,
) -> None:
    """Print what tariffs and leaks cost: rate x price x flow, arc by arc.

    Flows are those of the run when nobody reroutes. A tariff moves no tonne unless it states an
    elasticity. An arc whose material has no price on record in US dollars has no sum.

    Example: supplygraph scenario duties tariffs-2025

    Example: supplygraph scenario duties tariffs-2025 --price ndfeb-hre=48465
    """
    results = open_chain(context, tell=False).duties(
        scenario, prices=prices, by_month=by_month, sets=sets, measures=measures
    )
    output.write(results)
