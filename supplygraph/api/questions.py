"""What every question does first: options as people write them, told apart from slips."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from copy import copy
from functools import wraps
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np

from supplygraph.dataset.names import spoken_names, spoken_selector
from supplygraph.errors import CallError, UsageError
from supplygraph.hints import did_you_mean
from supplygraph.progress import doing
from supplygraph.schema.queries import Parameter, queries

if TYPE_CHECKING:
    from supplygraph.api.handle import Handle
    from supplygraph.dataset import Dataset

Options = ParamSpec("Options")
Answer = TypeVar("Answer")
Asked = TypeVar("Asked", bound="Handle")
KINDS: Mapping[str, tuple[Any, str]] = {
    "integer": (Integral, "a whole number, such as 12"),
    "number": (Real, "a number, such as 0.5"),
    "boolean": ((bool, np.bool_), "True or False"),
    "month": (str, "a month, such as '2025-05'"),
    "string": ((str, Path), "a text"),
}


def question(answer: Callable[Options, Answer]) -> Callable[Options, Answer]:
    """A question whose options may be written as people say them.

    What an option names is looked up by name, code or plural (`supplygraph.schema.spoken`), as
    `schema/parameters.csv` says what it names; the answer and its params hold the ids.

    Raises
    ------
    CallError
        When it is asked with an option it does not have, or without one it needs.
    UsageError
        When a word fits two ids, or an option is of another type.

    Examples
    --------
    >>> import supplygraph as sg
    >>> chain = sg.load("three-nodes")
    >>> chain.rank(product="EV", region="japan").params["region"]
    'JP'
    >>> chain.rank(produkt="ev")
    Traceback (most recent call last):
    ...
    supplygraph.errors.CallError: rank has no option 'produkt'. Did you mean 'product'?
    """
    name, signature = answer.__name__, inspect.signature(answer)
    described = queries()[name].parameters if name in queries() else ()
    known = [option for option in signature.parameters if option != "chain"]

    @wraps(answer)
    def ask(*given: Options.args, **options: Options.kwargs) -> Answer:
        for option in options:
            if option not in signature.parameters:
                raise CallError(f"{name} has no option '{option}'. {did_you_mean(option, known)}")
        try:
            asked = signature.bind(*given, **options)
        except TypeError as error:
            taken = ", ".join(known)
            raise CallError(f"{name}: {error}. Its options: {taken}.") from None
        for parameter in described:
            if parameter.name in asked.arguments:
                value = asked.arguments[parameter.name]
                chain: Any = given[0]
                asked.arguments[parameter.name] = _understood(parameter, value, chain.dataset)
        if isinstance(place := asked.arguments.get("region"), str):
            asked.arguments["chain"] = seen_from(asked.arguments["chain"], place)
        with doing("Computing"):
            return answer(*asked.args, **asked.kwargs)

    return ask


def seen_from(chain: Asked, place: str) -> Asked:
    """The same chain, with the products of one market told apart from those of its region."""
    seen = chain.loaded.seen_from(place)
    if seen is chain.loaded:
        return chain
    handle = copy(chain)
    handle.loaded = seen
    return handle


def _understood(parameter: Parameter, value: Any, dataset: Dataset) -> Any:
    """A value with ids in place of names, once it is of the right type."""
    kind = KINDS.get(parameter.type)
    if value is None:
        return value
    if parameter.names == "lag" and isinstance(value, Real):
        return value  # months as they are
    if kind is not None and not isinstance(value, kind[0]):
        raise UsageError(f"{parameter.name} '{value}' is not {kind[1]}.")
    if parameter.type == "list" and isinstance(value, str | Real):
        value = (value,)  # a text is a sequence too, of its letters
    if not parameter.names:
        return value
    if isinstance(value, list | tuple):
        return type(value)(_id(parameter.names, word, dataset) for word in value)
    return _id(parameter.names, value, dataset)


def _id(key: str, word: Any, dataset: Dataset) -> Any:
    """The id a word means, or the selector with ids; what is no text stays as it is."""
    if not isinstance(word, str):
        return word
    if key == "selector":
        return spoken_selector(dataset, word)
    left_out = "-" if key == "project" and word.startswith("-") else ""
    return left_out + spoken_names(dataset).resolve(key, word.removeprefix(left_out))
