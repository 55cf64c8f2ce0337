"""Command ``deals``: what projects and deals add, and what they cover when a country stops."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.options import finite, words
from supplygraph.cli.output import Output
from supplygraph.cli.session import open_chain, with_output
from supplygraph.errors import UsageError

ROWS_BY = ("year", "project", "deal")


@with_output()
def deals(
    context: typer.Context,
    output: Output,
    by: Annotated[str, typer.Option("--by", help="year, project or deal.")] = "year",
    years: Annotated[str, typer.Option("--years", help="Years, with commas.")] = "2026,2028,2030",
    elements: Annotated[
        str, typer.Option("--elements", help="Elements, with commas; NdPr counts as one.")
    ] = "NdPr,Dy,Tb,Sm,Y",
    pool: Annotated[
        str, typer.Option("--pool", help="Regions that stand together, with commas.")
    ] = "US,EU,JP",
    without: Annotated[
        str, typer.Option("--without", help="Selector of what stops; all of China by default.")
    ] = "country=CN",
    portfolios: Annotated[
        str,
        typer.Option(
            "--portfolios",
            help="usual, all, or of announced, binding, late-12, late-24, odds, none, "
            "without-mine, without-separation, without-metal, without-magnet, with commas.",
        ),
    ] = "usual",
    growth: Annotated[
        float,
        typer.Option(
            "--growth", callback=finite, help="Growth of demand a year since the base year."
        ),
    ] = 0.0,
    known_to: Annotated[
        str, typer.Option("--known-to", help="Last month YYYY-MM whose steps came as dated.")
    ] = "2026-10",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of odds.")] = 0,
) -> None:
    """Show what deals and projects add, and how much of the need they cover when a country stops.

    By year: cover of each element, for the pool and its regions, as an interval; announced,
    binding, two years late, and with all but one stage built. cover_unsized lets lines run whose
    tonnes nobody states. By project: what each line adds and how far its feed goes. By deal: the
    projects beneath it, tonnes counted once.

    Example: supplygraph deals --elements Dy --years 2028,2030 --portfolios announced,binding

    Example: supplygraph deals --by deal --years 2030
    """
    if by not in ROWS_BY:
        raise UsageError(f"--by '{by}' is not known. Write {', '.join(ROWS_BY)}.")
    try:
        asked = tuple(int(year) for year in words(years))
    except ValueError:
        raise UsageError(f"--years '{years}' are no years. Write such as 2028,2030.") from None
    chain = open_chain(context)
    results = chain.deals(
        by,
        years=asked,
        elements=words(elements),
        pool=words(pool),
        without=without,
        portfolios=words(portfolios),
        growth=growth,
        known_to=known_to,
        seed=seed,
    )
    output.write(results)
