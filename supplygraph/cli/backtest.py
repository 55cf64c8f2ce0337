"""The command `backtest`: a forecast from what was known, scored against what happened."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from supplygraph.cli.output import Output
from supplygraph.cli.question_options import asks
from supplygraph.cli.session import open_chain, with_output
from supplygraph.errors import UsageError

BACKTESTED = "april-2025-shock"
TESTS = (
    "this tests the licence curve; the network adds who is short and when, which nothing here "
    "scores. low and high span named choices and are no confidence interval"
)


@with_output("backtest", gated=False)
@asks("backtest")
def backtest(
    context: typer.Context,
    output: Output,
    *,
    name: Annotated[str, typer.Argument(help="april-2025-shock.")],
    observed: Path | None,
    months: Annotated[int, typer.Option(min=4, max=24)],
    destinations: Annotated[list[str], typer.Option("--destination")],
) -> None:
    """Forecast Chinese magnet exports from what was known in June 2025, and score the forecast.

    Fitted on April to June 2025; later months are scored, never fitted. Rows without a month
    hold the errors, fit and test apart, beside those of two naive forecasts.

    Example: supplygraph backtest april-2025-shock --destination World
    """
    if name != BACKTESTED:
        raise UsageError(f"no back-test of '{name}'. There is one of {BACKTESTED}.")
    results = open_chain(context, tell=False).backtest(months, observed, destinations)
    output.write(results, [TESTS])
