"""What commands do first and last: common options, the dataset, where a result goes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from supplygraph.cli.conditions import parse_condition
from supplygraph.cli.options import (
    AllOption,
    FailOption,
    ForceOption,
    FormatOption,
    OutputOption,
    VerboseOption,
)
from supplygraph.cli.output import Output
from supplygraph.cli.question_options import Command, set_options
from supplygraph.cli.streams import note
from supplygraph.progress import doing

if TYPE_CHECKING:
    from supplygraph.api import Chain

OUTPUT_OPTIONS: dict[str, tuple[Any, Any]] = {
    "format_": (FormatOption, None),
    "output": (OutputOption, None),
    "force": (ForceOption, False),
    "every": (AllOption, False),
    "verbose": (VerboseOption, False),
}


@dataclass(frozen=True)
class Session:
    """Options that stand before every command.

    Parameters
    ----------
    dataset
        Folder or name; the shipped one if None.
    threads
        Threads of the solver.
    """

    dataset: str | None = None
    threads: int = 1


def open_chain(context: typer.Context, *, tell: bool = True) -> Chain:
    """Chain of the dataset that was asked for.

    Parameters
    ----------
    context
        Of the command; holds the `Session`.
    tell
        Say on stderr that the balance has to be computed, since it takes a while.
    """
    session: Session = context.obj
    with doing("Loading"):
        from supplygraph.api import load

        chain = load(session.dataset, threads=session.threads)
    if tell and not chain.baseline_shipped:
        note("balance: computed now, no shipped one fits these tables")
    return chain


def with_output(
    kind: str | Callable[..., str], *, gated: bool = True
) -> Callable[[Command], Command]:
    """Give a command the options of output, which it takes as one argument ``output``.

    Format, file and condition are refused before the command computes anything.

    Parameters
    ----------
    kind
        Kind of its result, or a function that tells it from the options.
    gated
        Whether the command has `--fail-if`, which names columns of that kind.
    """

    def decorate(command: Command) -> Command:
        @wraps(command)
        def run(
            *,
            format_: str | None,
            output: Path | None,
            force: bool,
            every: bool,
            verbose: bool,
            condition: str | None = None,
            **options: Any,
        ) -> None:
            asked = kind if isinstance(kind, str) else kind(**options)
            target = Output(format_, output, force, every=every, verbose=verbose)
            target.check(asked)
            if gated:
                target = replace(target, condition=parse_condition(asked, condition))
            command(output=target, **options)

        _describe(run, command, gated=gated)
        return run

    return decorate


def _describe(run: Command, command: Command, *, gated: bool) -> None:
    """What typer reads: the command's own options, then those of output in place of `output`."""
    own = inspect.signature(command, eval_str=True).parameters
    kept = [parameter for name, parameter in own.items() if name != "output"]
    added = {"condition": (FailOption, None)} if gated else {}
    kept += [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
        )
        for name, (annotation, default) in (added | OUTPUT_OPTIONS).items()
    ]
    set_options(run, kept)
