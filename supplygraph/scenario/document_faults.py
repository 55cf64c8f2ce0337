"""What pydantic finds wrong with a document, as faults with a way out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from supplygraph.dataset.cells import shorten
from supplygraph.errors import Fault
from supplygraph.hints import closest, did_you_mean
from supplygraph.vocabulary import WRITE_NEW, new_word


def validated(model: type[Any], content: Mapping[str, Any], file: str) -> tuple[Any, list[Fault]]:
    """A model of a document, or every fault of it.

    Examples
    --------
    >>> from supplygraph.scenario.measures import Ban
    >>> _, faults = validated(Ban, {"id": "x", "kind": "ban", "covers": {}, "bloked": 1}, "x.yaml")
    >>> print(faults[0])
    x.yaml, bloked: 'bloked' is not a key here. Did you mean 'blocked'?
    """
    try:
        made = model.model_validate(dict(content))
    except ValidationError as error:
        problems = list(_one_for_a_slip(model, error.errors()))
        return None, [_fault(model, problem, file) for problem in problems]
    faults = [
        Fault(file, 0, place, text, "no number", "Write one such as 0.5.")
        for place, text in words_for_numbers(content, made)
    ]
    return (None if faults else made), faults


def _one_for_a_slip(model: type[BaseModel], problems: Sequence[Any]) -> Iterator[Any]:
    """Problems without those of a key that is missing since it is misspelt beside.

    Examples
    --------
    >>> from supplygraph.scenario.measures import Ban
    >>> _, faults = validated(Ban, {"id": "x", "kind": "ban", "cvers": {}}, "x.yaml")
    >>> [str(fault) for fault in faults]
    ["x.yaml, cvers: 'cvers' is not a key here. Did you mean 'covers'?"]
    """
    meant = {
        (*place[:-1], closest(str(place[-1]), _keys(model, place)))
        for problem in problems
        if problem["type"] == "extra_forbidden" and (place := problem["loc"])
    }
    # Where a text or a mapping may stand, a mapping with faults is no wrong text besides.
    inside = {problem["loc"][:-2] for problem in problems if problem["type"] != "string_type"}
    for problem in problems:
        no_text = problem["type"] == "string_type" and isinstance(problem["input"], Mapping)
        if problem["type"] == "missing" and problem["loc"] in meant:
            continue
        if not (no_text and problem["loc"][:-1] in inside):
            yield problem


def words_for_numbers(content: Any, made: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Places where true or false was read as 1 or 0.

    Examples
    --------
    >>> list(words_for_numbers({"share": True, "held": [False, 2]}, {"share": 1.0, "held": [0, 2]}))
    [('share', 'true'), ('held.0', 'false')]
    """
    if isinstance(content, bool):
        if isinstance(made, int | float) and not isinstance(made, bool):
            yield place, str(content).lower()
        return
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield from words_for_numbers(value, _part(made, key), f"{place}.{key}".lstrip("."))
    elif isinstance(content, list | tuple) and isinstance(made, list | tuple):
        for number, (value, part) in enumerate(zip(content, made, strict=False)):
            yield from words_for_numbers(value, part, f"{place}.{number}".lstrip("."))


def _part(made: Any, key: Any) -> Any:
    """What was made of one key of a document."""
    if isinstance(made, Mapping):
        return made.get(key, made.get(str(key)))
    fields = type(made).model_fields if isinstance(made, BaseModel) else {}
    named = [name for name, field in fields.items() if key in (name, field.alias)]
    return getattr(made, named[0]) if named else None


def sentence_fault(file: str, place: str, message: str) -> Fault:
    """A message of whole sentences as a fault: the first is the rule, the rest the way out.

    Examples
    --------
    >>> print(sentence_fault("s.yaml", "", "'a' ends in May. Drop it, or start earlier."))
    s.yaml: 'a' ends in May. Drop it, or start earlier.
    """
    rule, _, way_out = message.partition(". ")
    return Fault(file, 0, place, "", rule.removesuffix("."), way_out)


def _fault(model: type[BaseModel], problem: Any, file: str) -> Fault:
    """One problem of a document as a fault with its way out."""
    place = _place(model, problem["loc"])
    kind, value = problem["type"], problem.get("input")
    shown = "" if isinstance(value, Mapping | list) else shorten(str(value))
    if kind == "extra_forbidden":
        last = str(problem["loc"][-1])
        return Fault(
            file, 0, place, last, "not a key here", did_you_mean(last, _keys(model, problem["loc"]))
        )
    if kind == "missing":
        field = _fields(model, problem["loc"][:-1]).get(str(problem["loc"][-1]))
        meaning = field.description if field is not None and field.description else "Give it."
        return Fault(file, 0, place, "", "is missing", f"Add it: {meaning}")
    if kind == "value_error":
        return sentence_fault(file, place, str(problem["ctx"]["error"]))
    if kind in ("literal_error", "union_tag_invalid", "enum"):
        allowed = str(problem["ctx"].get("expected") or problem["ctx"].get("expected_tags") or "")
        words = allowed.replace("'", "").replace(" or ", ", ").split(", ")
        tag = str(problem["ctx"].get("tag", shown))
        if new := new_word(tag, words):
            return Fault(file, 0, place, tag, f"now called '{new}'", WRITE_NEW)
        return Fault(file, 0, place, tag, "not allowed here", did_you_mean(tag, words))
    if kind == "string_type" and isinstance(value, bool | int | float):
        text = shown.lower() if isinstance(value, bool) else shown
        return Fault(file, 0, place, text, "no text here", f'Quote it: "{text}".')
    message = str(problem["msg"]).removeprefix("Input ").removeprefix("should be ")
    return Fault(file, 0, place, shown, f"wrong: should be {message}", "Correct the value.")


def _place(model: type[BaseModel], parts: Iterable[Any]) -> str:
    """A place in a document, without the classes that pydantic tried on the way."""
    shown: list[str] = []
    fields, tried = model.model_fields, list[type[BaseModel]]()
    for part in map(str, parts):
        # A class with a check of its own is called "function-after[check(), Removed]".
        if any(part == one.__name__ or part.endswith(f", {one.__name__}]") for one in tried):
            continue
        shown.append(part)
        if part in fields and (found := models_in(fields[part].annotation)):
            fields, tried = found[0].model_fields, found
    return ".".join(shown)


def _fields(model: type[BaseModel], place: Iterable[Any]) -> Mapping[str, Any]:
    """Fields of the model at a place in a document; kinds are told by it."""
    current, choices = model, [model]
    for part in place:
        field = current.model_fields.get(str(part))
        tagged = [choice for choice in choices if str(part) in _kinds(choice)]
        if tagged:
            current = tagged[0]
        elif field is not None and (found := models_in(field.annotation)):
            current, choices = found[0], found
    return current.model_fields


def _kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    """Values of a model's `kind`."""
    field = model.model_fields.get("kind")
    return getattr(field.annotation, "__args__", ()) if field is not None else ()


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Models inside an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    found = []
    for inner in getattr(annotation, "__args__", ()):
        found += models_in(inner)
    return found


def _keys(model: type[BaseModel], place: tuple[Any, ...]) -> list[str]:
    return sorted(_fields(model, place[:-1]))
