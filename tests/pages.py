"""Pages of the documentation: their blocks, and what their commands print.

Run as a script it writes anew what the console blocks of a page show:
``python tests/pages.py docs/questions.md``. For a change of data or of a table's form. Read the
difference before you commit it: a sentence of the page may no longer be true. Numbers cut short
(`0.64...`) are cut at the same digit; lines that leave out other text are left alone and named.
``docs/questions.md:57`` writes only the block that begins in that line.
"""

from __future__ import annotations

import doctest
import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from program import compiled_once, run_line

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def read_blocks(path: Path, root: Path = ROOT) -> list[Block]:
    """Fenced blocks of a Markdown page of a checkout, in order."""
    text = path.read_text(encoding="utf-8")
    page = path.relative_to(root).as_posix()
    return [
        Block(page, text.count("\n", 0, match.start()) + 1, match[1], match[2])
        for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def read_commands(block: Block) -> list[tuple[str, str]]:
    """Commands of a console block (lines after ``$ ``), each with the output shown below it."""
    parts = re.split(r"^\$ (.*)\n", block.text, flags=re.MULTILINE)
    assert not parts[0].strip(), f"{block}: a console block begins with a line '$ command'"
    return list(zip(parts[1::2], parts[2::2], strict=True))


NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)
# Numbers are printed to 1e-9 of themselves or of 1, so those of two machines are at most that far
# apart; the rest is room for the doubles that hold them.
TOLERANCE = 1.001e-9


def same_number(one: float, other: float) -> bool:
    """Whether two machines may print these for the same value."""
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def same_output(shown: str, printed: str) -> bool:
    """Whether a command prints what a page shows: texts alike, numbers equal to 1e-9.

    Spaces do not count, and ``...`` stands for any text.

    Examples
    --------
    >>> same_output("a  0.7368831881 t", "a 0.7368831882 t"), same_output("a 0.73", "a 0.74")
    (True, False)
    """
    how = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    if doctest.OutputChecker().check_output(shown, printed, how):
        return True
    pieces = [_tokens(piece) for piece in shown.split("...")]
    rest = _tokens(printed)
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return len(first) == len(rest) and _alike(first, rest)
    if not _alike(first, rest[: len(first)]) or len(first) + len(last) > len(rest):
        return False
    end = len(rest) - len(last)
    if not _alike(last, rest[end:]):
        return False
    rest = rest[len(first) : end]
    for piece in pieces[1:-1]:
        starts = range(len(rest) - len(piece) + 1)
        at = next((i for i in starts if _alike(piece, rest[i : i + len(piece)])), None)
        if at is None:
            return False
        rest = rest[at + len(piece) :]
    return True


def _tokens(text: str) -> list[str | float]:
    """Numbers, and the single signs of the words between them."""
    found: list[str | float] = []
    position = 0
    for match in NUMBER.finditer(text):
        found += "".join(text[position : match.start()].split())
        found.append(float(match[0]))
        position = match.end()
    return found + list("".join(text[position:].split()))


def _alike(one: list[str | float], other: list[str | float]) -> bool:
    return len(one) == len(other) and all(
        same_number(a, b) if isinstance(a, float) and isinstance(b, float) else a == b
        for a, b in zip(one, other, strict=True)
    )


def printed(command: str) -> str:
    """What a command prints in the environment of the documentation tests."""
    done = run_line(command, ROOT)
    if done.code:
        raise SystemExit(f"$ {command}\n{done.out}{done.err}")
    return "\n".join(line.rstrip() for line in done.out.rstrip().splitlines()) + "\n"


CUT = re.compile(r"[-+]?\d[\d.,]*\.\.\.")


def cut_alike(shown: str, new: str) -> str:
    """New output with numbers cut short where the shown output cuts them.

    Examples
    --------
    >>> cut_alike("a 0.64... t\\n", "a 0.6512 t\\n")
    'a 0.65... t\\n'
    """
    old_lines, new_lines = shown.splitlines(), new.splitlines()
    if len(old_lines) != len(new_lines):
        sys.stderr.write(f"left alone, lines are left out: {shown.splitlines()[0][:60]}\n")
        return shown
    return "".join(f"{_cut_line(*pair)}\n" for pair in zip(old_lines, new_lines, strict=True))


def _cut_line(old: str, new: str) -> str:
    if "..." not in old:
        return new
    gaps = re.split(r"(\s+)", new)
    words, fresh = old.split(), gaps[::2] if new[:1].strip() else gaps[2::2]
    if len(words) != len(fresh) or same_output(old, new):
        if not same_output(old, new):
            sys.stderr.write(f"left alone: {old[:70]}\n")
        return old
    for word, value in zip(words, fresh, strict=True):
        if CUT.fullmatch(word):
            size = len(word) - len("...")
            new = new.replace(value, value if len(value) <= size else f"{value[:size]}...", 1)
    return new


def refreshed(block: Block) -> str:
    """The block's text with new output below each command that shows any."""
    parts = []
    for command, shown in read_commands(block):
        new = printed(command) if shown.strip() else shown
        parts.append(f"$ {command}\n{cut_alike(shown, new) if '...' in shown else new}")
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def main() -> None:
    with compiled_once():
        _write_anew(sys.argv[1:])


def _write_anew(names: list[str]) -> None:
    for name in names:
        name, _, line = name.partition(":")
        page = ROOT / name
        text = page.read_text(encoding="utf-8")
        for block in read_blocks(page):
            if block.language == "console" and line in ("", str(block.line)):
                text = text.replace(
                    f"```console\n{block.text}```", f"```console\n{refreshed(block)}```"
                )
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
