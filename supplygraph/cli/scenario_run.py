"""Commands that step through months: scenario run and compare."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.options import (
    ByMonthOption,
    CoverOption,
    MeasureOption,
    MonthsOption,
    ProductOption,
    ProjectOption,
    RegionOption,
    RunRationingOption,
    RunReroutingOption,
    ScenarioArgument,
    SetOption,
    WeightsOption,
    chosen_covers,
)
from supplygraph.cli.output import Output
from supplygraph.cli.session import open_chain, with_output


def _kind(*, by: str, **_: object) -> str:
    return "run-by-element" if by == "element" else "run"


@with_output(_kind)
def run(
    context: typer.Context,
    output: Output,
    name: ScenarioArgument,
    months: MonthsOption = None,
    rerouting: RunReroutingOption = "both",
    rationing: RunRationingOption = None,
    cover: CoverOption = None,
    by_month: ByMonthOption = False,
    by: Annotated[
        str, typer.Option("--by", help="product, or element: tonnes asked for and not served.")
    ] = "product",
    product: ProductOption = None,
    region: RegionOption = None,
    weights: WeightsOption = "sectors",
    set_: SetOption = None,
    measure: MeasureOption = None,
    project: ProjectOption = None,
) -> None:
    """Step through the months of a scenario: first shortage, months of output lost.

    Each row is one product and region under one bound and one size of stocks. observed is what
    the record says of that product and region: one firm or plant, not the region's output.
    --by element: loss is demand for it that is not served for whatever reason, shortage the part
    that fails for want of an input that holds it.

    Example: supplygraph scenario run april-2025-shock --product ice --cover central
    """
    covers = chosen_covers(cover)
    chain = open_chain(context)
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
        besides=project or (),
    ).results
    output.write(results)


@with_output()
def compare(
    context: typer.Context,
    output: Output,
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
) -> None:
    """Put scenarios side by side: months of output lost between bounds, low to high stocks.

    Example: supplygraph compare busan-window snapback-2026-partial --months 6 --product ev
    """
    chain = open_chain(context)
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
    output.write(results)
