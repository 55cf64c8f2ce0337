"""The program `supplygraph`: options common to all commands, errors as one clear line."""

from __future__ import annotations

import os
from functools import partial
from importlib import import_module
from typing import Annotated, NoReturn

import typer

from supplygraph.cli import scenario
from supplygraph.cli.completion import answer_shell, completion_of
from supplygraph.cli.options import HELP_OPTIONS
from supplygraph.cli.progress_bar import progress_shown
from supplygraph.cli.session import Session
from supplygraph.cli.streams import drop_output, note, prepare_streams, unwritable
from supplygraph.errors import DatasetError, SupplygraphError
from supplygraph.schema.queries import queries

PROGRAM = "supplygraph"
STOPPED = 130  # what typer makes of a Ctrl-C
COMPLETE = "_SUPPLYGRAPH_COMPLETE"  # what a shell sets to ask what it may offer

app = typer.Typer(
    name=PROGRAM,
    help=(
        "Which nodes of the rare-earth supply chain can stop which products, with both bounds "
        "of every loss and the evidence behind it."
    ),
    epilog="Example: supplygraph chokepoints --by country-process --top 10",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=HELP_OPTIONS,
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
        typer.Option(
            "--dataset",
            help="Folder or name of a dataset.",
            show_default="rare-earths",
            autocompletion=completion_of("dataset"),
        ),
    ] = None,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Threads of the solver.")] = 1,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Remember the options that every command shares."""
    context.obj = Session(dataset, threads)


def _add_commands() -> None:
    """The commands of `schema/questions.csv`, in its order; `scenario show` into its group."""
    groups = {"": app, "scenario": scenario.app}
    for query in queries().values():
        if query.entry:
            group, _, name = query.command.rpartition(" ")
            module, _, function = query.entry.partition(":")
            command = getattr(import_module(f"supplygraph.cli.{module}"), function)
            groups[group].command(name)(command)
    app.add_typer(scenario.app)


_add_commands()


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the program and end the process with its exit code.

    0 ok, 1 runtime or data error, or a `--fail-if` that cannot be decided, 2 usage, 3 dataset
    invalid, 4 infeasible, 10 a `--fail-if` that holds.

    Raises
    ------
    KeyboardInterrupt
        If somebody stops it; `supplygraph.__main__` then ends with 130.
    """
    prepare_streams()
    asked = os.environ.get(COMPLETE, "")
    program = partial(app, args=arguments, prog_name=PROGRAM, standalone_mode=False)
    try:
        with progress_shown():
            code = answer_shell(program, asked) if asked else program()
    except SupplygraphError as error:
        _report(error)
        raise SystemExit(error.exit_code) from None
    except typer.TyperException as error:
        _report_usage(error)
        raise SystemExit(error.exit_code) from None
    except typer.Abort:
        raise SystemExit(1) from None
    except OSError as error:
        _report_system(error)
        raise SystemExit(1) from None
    except MemoryError:
        note("error: the memory of this machine does not hold it. Ask for less, or free some.")
        raise SystemExit(1) from None
    if code == STOPPED:
        raise KeyboardInterrupt
    raise SystemExit(code or 0)


def _report(error: SupplygraphError) -> None:
    """One line; for a dataset one line per fault."""
    if not isinstance(error, DatasetError):
        note(f"error: {error}")
        return
    count = len(error.faults)
    note(f"error: {count} problem{'s' if count != 1 else ''} in {error.name}")
    for fault in error.faults:
        note(f"  {fault}")


def _report_system(error: OSError) -> None:
    """A file the system refuses, or help that a full disk or a closed pipe cannot take."""
    if error.filename is not None:
        note(f"error: '{error.filename}': {error.strerror or 'unknown reason'}.")
        return
    drop_output()
    if not isinstance(error, BrokenPipeError):
        note(f"error: {unwritable(error)}")


def _report_usage(error: typer.TyperException) -> None:
    """What typer found wrong with the options; nothing after the help it printed itself."""
    message = error.format_message().strip().rstrip(".")
    if message:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "supplygraph"
        note(f"error: {message}{'' if message.endswith('?') else '.'} See '{command} --help'.")
