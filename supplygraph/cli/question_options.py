"""Options of a command from the parameters of the questions it asks, each described once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from copy import copy
from typing import Annotated, Any, get_args, get_origin

import typer
from typer.models import ParameterInfo

from supplygraph.cli.completion import completion_of
from supplygraph.schema.queries import Parameter, queries

Command = Callable[..., None]


def asks(*questions: str) -> Callable[[Command], Command]:
    """Give a command's options the help and the default of the parameters they are named after.

    Its signature says what only the command line knows: type, option name, range. Help there
    follows that of the table, and a default there stands in place of the table's.

    Parameters
    ----------
    questions
        Names in `schema/questions.csv`; of two that share a parameter the first describes it.
    """
    described = {
        parameter.name: parameter
        for name in reversed(questions)
        for parameter in queries()[name].parameters
    }

    def decorate(command: Command) -> Command:
        own = inspect.signature(command, eval_str=True).parameters.values()
        set_options(
            command,
            [_described(one, described[one.name]) if one.name in described else one for one in own],
        )
        return command

    return decorate


def set_options(command: Command, parameters: Iterable[inspect.Parameter]) -> None:
    """Show typer these parameters in place of those that the function has."""
    signature = inspect.Signature(list(parameters))
    command.__signature__ = signature  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in signature.parameters.values()}


def _described(own: inspect.Parameter, parameter: Parameter) -> inspect.Parameter:
    kind, info = _split(own.annotation)
    if info is None:
        # Named in full: from the name alone typer would make a second flag, such as --no-by-month.
        name = f"--{own.name.replace('_', '-')}"
        info = typer.Argument() if parameter.required else typer.Option(name)
    in_one_word = parameter.type == "list" and kind is str
    parts = [parameter.describe(), "Written with commas." if in_one_word else "", info.help or ""]
    info.help = " ".join(filter(None, parts)).replace("``", "")
    info.autocompletion = completion_of(parameter.names, parameter.choices, in_one_word=in_one_word)
    default = own.default
    if default is own.empty and not parameter.required:
        default = _default(parameter.default, in_one_word)
    return own.replace(annotation=Annotated[kind, info], default=default)


def _split(annotation: Any) -> tuple[Any, ParameterInfo | None]:
    """Type of an option, and a copy of what else is said of it: several commands may share that."""
    if get_origin(annotation) is not Annotated:
        return annotation, None
    kind, *said = get_args(annotation)
    return kind, next((copy(info) for info in said if isinstance(info, ParameterInfo)), None)


def _default(value: Any, in_one_word: bool) -> Any:
    if not isinstance(value, tuple):
        return value
    return ",".join(map(str, value)) if in_one_word else list(value)
