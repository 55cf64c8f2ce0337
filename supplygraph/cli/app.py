"""The program `supplygraph`: options common to all commands, errors as one clear line."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from supplygraph.cli import analyse, data
from supplygraph.errors import SupplygraphError

app = typer.Typer(
    name="supplygraph",
    help=(
        "Which nodes of the rare-earth supply chain can stop which products, with both bounds "
        "of every loss and the evidence behind it."
    ),
    epilog="Example: supplygraph chokepoints --by country-process --top 10",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        import supplygraph

        print(f"supplygraph {supplygraph.__version__}")
        raise typer.Exit()


@app.callback()
def options(
    context: typer.Context,
    dataset: Annotated[
        str | None,
        typer.Option("--dataset", help="Folder or name of a dataset.", show_default="rare-earths"),
    ] = None,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Threads of the solver.")] = 1,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of anything random.")] = 0,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print and leave.")
    ] = False,
) -> None:
    """Remember the options that every command shares."""
    context.obj = {"dataset": dataset, "threads": threads, "seed": seed}


for command in (
    analyse.info,
    data.validate,
    analyse.balance,
    analyse.chokepoints,
    analyse.whatif,
    analyse.explain,
    data.init,
    data.schema,
):
    app.command()(command)


def main(arguments: list[str] | None = None) -> None:
    """Run the program and end the process with its exit code.

    0 ok, 1 runtime or data error, 2 usage, 3 dataset invalid, 4 infeasible, 10 a
    `--fail-if` that holds.
    """
    try:
        app(args=arguments, prog_name="supplygraph")
    except SupplygraphError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        raise SystemExit(0) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
