"""The streams of the program: data to standard output, all else to standard error."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from typing import TextIO

from supplygraph.errors import SupplygraphError

# Control characters, and marks that reverse the direction of text: they could rewrite a terminal.
_UNSEEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]")


def prepare_streams() -> None:
    """Data is UTF-8 wherever it goes; a terminal that cannot show a sign shows its number."""
    _replace_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            named = stream.isatty() or "PYTHONIOENCODING" in os.environ
            encoding = stream.encoding if named else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")


def _replace_closed_streams() -> None:
    """Streams the caller closed: nothing to read, nowhere for notes, no place for data."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - lives as long as the program
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        # Not writable, so that data meant for it is an error and not lost without a word.
        sys.stdout = open(os.devnull, encoding="utf-8")  # noqa: SIM115


def clean(text: str) -> str:
    r"""One line without control characters, whatever stands in a dataset or an argument.

    Examples
    --------
    >>> clean("a\n\tb \x1b[31mred")
    'a b [31mred'
    """
    return " ".join(_UNSEEN.sub(" ", text).split()) if not text.isprintable() else text


def note(text: str) -> None:
    """Say something that is not data; a full or closed stderr stops nothing.

    On one line, but on a terminal folded between words to its width.
    """
    with contextlib.suppress(OSError):
        print(folded(clean(text), sys.stderr, "  "), file=sys.stderr)


def folded(text: str, stream: TextIO, indent: str = "") -> str:
    """A line as a terminal shows it whole; no word is cut, and what is no terminal has one line.

    Parameters
    ----------
    text
        The line.
    stream
        Where it goes.
    indent
        Before every line but the first.

    Examples
    --------
    >>> folded("as it was", io.StringIO())
    'as it was'
    """
    if not stream.isatty():
        return text
    import shutil
    import textwrap

    return textwrap.fill(
        text,
        shutil.get_terminal_size().columns,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def say(text: str) -> None:
    """Write data to standard output; a reader that has closed it ends nothing but the writing.

    Raises
    ------
    SupplygraphError
        If it cannot be written, as to a full disk.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
    except OSError as error:
        drop_output()
        raise unwritable(error) from None


def drop_output() -> None:
    """What is left in the buffer must not fail again when the interpreter ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def unwritable(error: OSError) -> SupplygraphError:
    """The error of a standard output that takes no data."""
    reason = error.strerror or "it is closed"
    return SupplygraphError(f"standard output cannot be written ({reason}). Name a file with -o.")
