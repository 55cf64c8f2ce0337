"""Files in: what is read is a regular file of a sane size and depth.

Every reader opens its file here. A pipe is never waited for, a device that never ends is never
read, and what is too long, too deep or no text is refused in one sentence.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from supplygraph.errors import SupplygraphError

# Bytes. The largest shipped table holds 0.4 MB, the record of its page 20 MB.
TABLE_LIMIT = 200_000_000
DOCUMENT_LIMIT = 1_000_000
PACKAGE_LIMIT = 4_000_000
RECORD_LIMIT = 400_000_000
INPUT_LIMIT = 4_000_000
DEPTH_LIMIT = 50  # lists and mappings inside each other; what we write holds 8 at most


class UnreadableError(SupplygraphError):
    """A file that is not read: what it is instead, and the way out.

    Examples
    --------
    >>> print(UnreadableError("a.csv", "is not UTF-8", "Save it as UTF-8."))
    'a.csv' is not UTF-8. Save it as UTF-8.
    """

    def __init__(self, path: str | Path, rule: str, way_out: str) -> None:
        super().__init__(f"'{path}' {rule}. {way_out}")
        self.rule, self.way_out = rule, way_out


def too_long(path: str | Path, limit: int) -> UnreadableError:
    """The error of a file above its limit."""
    return UnreadableError(path, f"is longer than {limit:,} bytes", "Shorten it, or divide it.")


@contextlib.contextmanager
def opened(path: str | Path, limit: int) -> Iterator[BinaryIO]:
    """Open a regular file for reading; a link is followed.

    Parameters
    ----------
    path
        The file.
    limit
        Most bytes that it may hold. What grows while it is read, and what the system shows with
        no size at all, is for the reader to stop.

    Raises
    ------
    UnreadableError
        If it is no regular file, too long, or the system does not give it, now or while read.
    """
    try:
        # Asked before it is opened: opening a pipe waits for its writer, and some devices act.
        _check_regular(path, os.stat(path))
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags), "rb") as handle:
            found = os.fstat(handle.fileno())
            _check_regular(path, found)  # it may be another one by now
            if found.st_size > limit:
                raise too_long(path, limit)
            yield handle
    except OSError as error:
        raise _refused(path, error.strerror) from None
    except ValueError as error:  # a name with a zero byte
        if "null byte" not in str(error):
            raise
        raise _refused(path, "no name of a file") from None
    except MemoryError:
        raise UnreadableError(path, "does not fit into memory", "Shorten it.") from None


def _refused(path: str | Path, reason: str | None) -> UnreadableError:
    rule = f"cannot be read ({reason or 'unknown reason'})"
    return UnreadableError(path, rule, "Check its name and permissions.")


def _check_regular(path: str | Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        what = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe or device"
        raise UnreadableError(path, f"is not a regular file ({what})", "Put a plain file there.")


def read_bytes(path: str | Path, limit: int) -> bytes:
    """All of a regular file.

    Raises
    ------
    UnreadableError
        As :func:`opened`.
    """
    with opened(path, limit) as handle:
        data = handle.read(limit + 1)
    if len(data) > limit:
        raise too_long(path, limit)
    return data


def read_text(path: str | Path, limit: int) -> str:
    """All of a text file in UTF-8, with or without a byte order mark.

    Raises
    ------
    UnreadableError
        As :func:`opened`, or if it is not UTF-8.
    """
    try:
        return read_bytes(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError(path, "is not UTF-8", "Save the file as UTF-8.") from None


def read_json(path: str | Path, limit: int, way_out: str = "Write it anew.") -> Any:
    """Plain values of a JSON file; the way out is told where it holds something else.

    Raises
    ------
    UnreadableError
        As :func:`read_text`, or if it is no standard JSON or nested too deeply.
    """
    text = read_text(path, limit)
    try:
        content = json.loads(text, parse_constant=_no_constant)
        deep = depth_of(content) > DEPTH_LIMIT
    except ValueError:
        raise UnreadableError(path, "is not JSON", way_out) from None
    except RecursionError:
        deep = True
    except MemoryError:
        raise UnreadableError(path, "does not fit into memory", "Shorten it.") from None
    if deep:
        rule = f"is nested more than {DEPTH_LIMIT} deep"
        raise UnreadableError(path, rule, way_out)
    return content


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def depth_of(content: Any) -> int:
    """How many lists and mappings lie inside each other, counted without recursion.

    Examples
    --------
    >>> depth_of(3), depth_of([1, {"a": [2]}])
    (0, 3)
    """
    depth, level = 0, [content]
    while level := [item for item in level if isinstance(item, list | dict)]:
        depth += 1
        level = [
            inner for item in level for inner in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


def read_input() -> str:
    """Text that is piped in.

    Raises
    ------
    SupplygraphError
        If it is longer than `INPUT_LIMIT` signs.
    """
    text = sys.stdin.read(INPUT_LIMIT + 1)
    if len(text) > INPUT_LIMIT:
        raise SupplygraphError(
            f"standard input is longer than {INPUT_LIMIT:,} signs. Pipe fewer lines."
        )
    return text
