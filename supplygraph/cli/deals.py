"""Command ``deals``: what projects and deals add, and what they cover when a country stops."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.options import finite, words
from supplygraph.cli.output import Output
from supplygraph.cli.question_options import asks
from supplygraph.cli.session import open_chain, with_output
from supplygraph.errors import UsageError

ROWS_BY = {"year": "outlook", "project": "projects", "deal": "deals"}  # and the kind of result


def _kind(*, by: str, **_: object) -> str:
    return ROWS_BY.get(by, "outlook")


@with_output(_kind, gated=False)
@asks("deals")
def deals(
    context: typer.Context,
    output: Output,
    *,
    by: str,
    years: str,
    elements: str,
    pool: str,
    without: str,
    acts_as: Annotated[str | None, typer.Option("--as")],
    portfolios: str,
    growth: Annotated[float, typer.Option(callback=finite)],
    known_to: str,
    seed: Annotated[int, typer.Option(min=0)],
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
        acts_as=acts_as,
        portfolios=words(portfolios),
        growth=growth,
        known_to=known_to,
        seed=seed,
    )
    output.write(results)
