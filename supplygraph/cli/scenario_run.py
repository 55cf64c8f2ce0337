"""Commands that step through months: scenario run and compare."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.options import (
    CoverOption,
    MeasureOption,
    MonthsOption,
    SetOption,
    chosen_covers,
)
from supplygraph.cli.output import Output
from supplygraph.cli.question_options import asks
from supplygraph.cli.session import open_chain, with_output


def _kind(*, by: str, **_: object) -> str:
    return "run-by-element" if by == "element" else "run"


@with_output(_kind)
@asks("run")
def run(
    context: typer.Context,
    output: Output,
    *,
    scenario: str,
    months: MonthsOption,
    rerouting: str,
    rationing: str | None,
    cover: CoverOption = None,
    by_month: bool,
    by: str,
    product: str | None,
    region: str | None,
    weights: str,
    sets: SetOption,
    measures: MeasureOption,
    besides: Annotated[list[str], typer.Option("--project")],
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
        scenario,
        months=months,
        rerouting=rerouting,
        rationing=rationing,
        covers=covers,
        by_month=by_month,
        by=by,
        weights=weights,
        product=product,
        region=region,
        sets=sets,
        measures=measures,
        besides=besides,
    ).results
    output.write(results)


@with_output("comparison", gated=False)
@asks("compare")
def compare(
    context: typer.Context,
    output: Output,
    *,
    scenarios: list[str],
    by: str,
    months: MonthsOption,
    rerouting: str,
    rationing: str | None,
    product: str | None,
    region: str | None,
    weights: str,
    sets: SetOption,
    measures: MeasureOption,
) -> None:
    """Put scenarios side by side: months of output lost between bounds, low to high stocks.

    Example: supplygraph compare busan-window snapback-2026-partial --months 6 --product ev
    """
    chain = open_chain(context)
    results = chain.compare(
        scenarios,
        by=[part.strip() for part in by.split(",")],
        months=months,
        rerouting=rerouting,
        rationing=rationing,
        product=product,
        region=region,
        weights=weights,
        sets=sets,
        measures=measures,
    )
    output.write(results)
