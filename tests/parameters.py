"""The section `Parameters` of a question's docstring, as `schema/parameters.csv` describes it.

Run as a script it writes the sections of all questions anew: ``python tests/parameters.py``. For a
change of a parameter or of its description.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable
from functools import partial
from pathlib import Path

from supplygraph.api import Chain
from supplygraph.schema.queries import queries

ROOT = Path(__file__).parents[1]
WIDTH = 100  # as the linter allows
SECTION = re.compile(r"^    (?=(\w+)\n    -+\n)", re.MULTILINE)


def question_of(name: str) -> Callable[..., object]:
    """The function that answers a question."""
    return getattr(Chain, name)


def parameters_of(name: str) -> list[inspect.Parameter]:
    """What a question can be asked, without the chain."""
    return list(inspect.signature(question_of(name)).parameters.values())[1:]


def section_of(name: str) -> str:
    """The section as it must stand in the docstring; empty for a question without parameters."""
    described = {parameter.name: parameter for parameter in queries()[name].parameters}
    parts = ["    Parameters\n    ----------\n"] if described else []
    for parameter in parameters_of(name):
        text = described[parameter.name].describe()
        lines = textwrap.wrap(text, WIDTH - 8, break_long_words=False, break_on_hyphens=False)
        parts.append(f"    {parameter.name}\n" + "".join(f"        {line}\n" for line in lines))
    return "".join(parts)


def with_section(name: str, docstring: str) -> str:
    """A docstring, as it stands in the file, with the section as it must be."""
    ends = [found.start() for found in SECTION.finditer(docstring)] + [len(docstring)]
    parts = [docstring[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    head, *sections = (part.rstrip() for part in parts)
    kept = [part for part in sections if part and not part.startswith("    Parameters\n")]
    whole = [head, *filter(None, [section_of(name).rstrip()]), *kept]
    return head if len(whole) == 1 else "\n\n".join(whole) + "\n    "


def main() -> None:
    """Write all sections anew."""
    for name in filter(partial(hasattr, Chain), queries()):
        question = question_of(name)
        file = Path(inspect.getsourcefile(inspect.unwrap(question)) or "")
        text, docstring = file.read_text(encoding="utf-8"), question.__doc__ or ""
        start = text.index(docstring, text.index(f"def {name}("))
        wanted = with_section(name, docstring)
        file.write_text(text[:start] + wanted + text[start + len(docstring) :], encoding="utf-8")


if __name__ == "__main__":
    main()
