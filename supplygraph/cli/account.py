"""The command `scenario account`: what the exporter does not sell beside what importers lose."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from supplygraph.cli.analyse import WeightsOption, _about, _chain
from supplygraph.cli.months import (
    CoverOption,
    MonthsOption,
    RunRationingOption,
    RunReroutingOption,
    _covers,
)
from supplygraph.cli.output import (
    ForceOption,
    FormatOption,
    OutputOption,
    check_output,
    emit,
    note,
)
from supplygraph.cli.scenario import MeasureOption, SetOption
from supplygraph.cli.view import PAGES, check_page

SHOWN = (
    "side",
    "group",
    "region",
    "item",
    "month",
    "rerouting",
    "cover",
    "base",
    "quantity",
    "unit",
    "value_low_usd",
    "value_high_usd",
    "per_dollar_low",
    "per_dollar_high",
    "flags",
)


def account(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Scenario, or a YAML file.")],
    exporter: Annotated[str, typer.Option("--exporter", help="Market that sells less.")] = "CN",
    months: MonthsOption = None,
    rerouting: RunReroutingOption = "both",
    rationing: RunRationingOption = None,
    cover: CoverOption = None,
    by: Annotated[
        str,
        typer.Option("--by", help="total, group (stage or sector), region or item."),
    ] = "group",
    by_month: Annotated[
        bool, typer.Option("--by-month", help="Rows of single months too.")
    ] = False,
    weights: WeightsOption = "sectors",
    set_: SetOption = None,
    measure: MeasureOption = None,
    page: Annotated[
        Path | None,
        typer.Option("--page", help="Write both sides as a page too, .html; with single months."),
    ] = None,
    format_: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Put both sides of a scenario on one page: exports not sold, output that importers lose.

    Rows of side exporter are tonnes and USD not sold against the same month of the base year with
    season and growth; those of importer are units of output lost and their USD. What has no price
    is named and never counted as zero. per_dollar is the importers' loss for a dollar not sold.

    Example: supplygraph scenario account april-2025-shock --cover central
    """
    check_output(format_, output, force)
    check_page(page, force, PAGES)
    covers = _covers(cover)
    chain = _chain(context)
    _about(chain)
    results = chain.account(
        name,
        exporter=exporter,
        months=months,
        rerouting=rerouting,
        rationing=rationing,
        covers=covers,
        by=by,
        by_month=by_month or page is not None,
        weights=weights,
        sets=set_ or (),
        measures=measure or (),
    )
    emit(results, format_, output, force, columns=SHOWN)
    if page is not None:
        from supplygraph.views.account_page import AccountPage

        note(f"wrote {AccountPage(results).save(page)}")
