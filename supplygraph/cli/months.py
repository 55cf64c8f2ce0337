"""Commands over months: scenario run, compare and backtest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from supplygraph.cli.analyse import (
    ProductOption,
    ProjectOption,
    RegionOption,
    WeightsOption,
    _about,
    _chain,
)
from supplygraph.cli.gates import FailOption, fail_if, parse_condition
from supplygraph.cli.output import (
    ForceOption,
    FormatOption,
    OutputOption,
    check_output,
    emit,
    note,
)
from supplygraph.cli.scenario import MeasureOption, SetOption
from supplygraph.errors import UsageError

SHOWN_RUN = (
    "product",
    "region",
    "month",
    "rerouting",
    "cover",
    "loss",
    "binding",
    "first_shortage",
    "months_lost",
    "tts_months",
    "ttr_months",
    "observed",
    "need_evidence",
    "flags",
)
SHOWN_ELEMENTS = (
    "element",
    "region",
    "month",
    "rerouting",
    "cover",
    "demand",
    "loss",
    "shortage",
    "binding",
    "binding_share",
    "first_shortage",
    "months_lost",
    "months_short",
    "tts_months",
    "ttr_months",
    "quantity_evidence",
    "flags",
)
SHOWN_BACKTEST = (
    "month",
    "destination",
    "role",
    "forecast",
    "low",
    "high",
    "observed",
    "naive_year",
    "naive_last",
    "base_evidence",
    "mape",
    "coverage",
    "mape_naive_year",
    "mape_naive_last",
)
COVERS = ("low", "central", "high")
BACKTESTED = "april-2025-shock"
TESTS = (
    "this tests the licence curve; the network adds who is short and when, which nothing here "
    "scores. low and high span named choices and are no confidence interval"
)

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


def _covers(cover: str | None) -> tuple[str, ...]:
    if cover is not None and cover not in COVERS:
        raise UsageError(f"--cover '{cover}' is not known. Write {', '.join(COVERS)}.")
    return COVERS if cover is None else (cover,)


def run(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Scenario, or a YAML file.")],
    months: MonthsOption = None,
    rerouting: RunReroutingOption = "both",
    rationing: RunRationingOption = None,
    cover: CoverOption = None,
    by_month: Annotated[
        bool, typer.Option("--by-month", help="Rows of single months too.")
    ] = False,
    by: Annotated[
        str, typer.Option("--by", help="product, or element: tonnes asked for and not served.")
    ] = "product",
    product: ProductOption = None,
    region: RegionOption = None,
    weights: WeightsOption = "sectors",
    set_: SetOption = None,
    measure: MeasureOption = None,
    project: ProjectOption = None,
    gate: FailOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Step through the months of a scenario: first shortage, months of output lost.

    Each row is one product and region under one bound and one size of stocks. observed is what
    the record says of that product and region: one firm or plant, not the region's output.
    --by element: loss is demand for it that is not served for whatever reason, shortage the part
    that fails for want of an input that holds it.

    Example: supplygraph scenario run april-2025-shock --product ice --cover central
    """
    check_output(format_, output, force)
    kind = "run-by-element" if by == "element" else "run"
    condition = parse_condition(kind, gate)
    covers = _covers(cover)
    chain = _chain(context)
    _about(chain)
    results = chain.run(
        name,
        months=months,
        rerouting=rerouting,
        rationing=rationing,
        covers=covers,
        by_month=by_month,
        by=by,
        weights=weights,
        product=product,
        region=region,
        sets=set_ or (),
        measures=measure or (),
        projects=project or (),
    ).results
    columns = SHOWN_ELEMENTS if by == "element" else SHOWN_RUN
    emit(results, format_, output, force, columns=columns)
    fail_if(results, condition)


def compare(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help="Two scenarios or more; the first is base.")],
    by: Annotated[str, typer.Option("--by", help="product, or product,region.")] = "product,region",
    months: MonthsOption = None,
    rerouting: RunReroutingOption = "both",
    rationing: RunRationingOption = None,
    product: ProductOption = None,
    region: RegionOption = None,
    weights: WeightsOption = "sectors",
    set_: SetOption = None,
    measure: MeasureOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Put scenarios side by side: months of output lost between bounds, low to high stocks.

    Example: supplygraph compare busan-window snapback-2026-partial --months 6 --product ev
    """
    check_output(format_, output, force)
    chain = _chain(context)
    _about(chain)
    results = chain.compare(
        names,
        by=[part.strip() for part in by.split(",")],
        months=months,
        rerouting=rerouting,
        rationing=rationing,
        product=product,
        region=region,
        weights=weights,
        sets=set_ or (),
        measures=measure or (),
    )
    emit(results, format_, output, force)


def backtest(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="april-2025-shock.")],
    observed: Annotated[
        Path | None,
        typer.Option(
            "--observed", help="CSV of later months: month,series,destination,quantity_t,unit."
        ),
    ] = None,
    months: Annotated[int, typer.Option("--months", min=4, max=24, help="From April 2025.")] = 12,
    destination: Annotated[
        list[str] | None, typer.Option("--destination", help="Only this one; may be repeated.")
    ] = None,
    format_: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Forecast Chinese magnet exports from what was known in June 2025, and score the forecast.

    Fitted on April to June 2025; later months are scored, never fitted. Rows without a month
    hold the errors, fit and test apart, beside those of two naive forecasts.

    Example: supplygraph backtest april-2025-shock --destination World
    """
    check_output(format_, output, force)
    if name != BACKTESTED:
        raise UsageError(f"no back-test of '{name}'. There is one of {BACKTESTED}.")
    results = _chain(context).backtest(months, observed, destination or ())
    emit(results, format_, output, force, columns=SHOWN_BACKTEST)
    note(TESTS)
