"""Pages of the documentation: their blocks, and what their commands print.

Run as a script it writes anew what the console blocks of a page show:
``python tests/pages.py docs/questions.md``. For a change of data or of a table's form. Read the
difference before you commit it: a sentence of the page may no longer be true. Blocks that leave
text out (`...`) are left alone.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

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


def read_blocks(path: Path) -> list[Block]:
    """Fenced blocks of a Markdown page, in order."""
    text = path.read_text(encoding="utf-8")
    page = path.relative_to(ROOT).as_posix()
    return [
        Block(page, text.count("\n", 0, match.start()) + 1, match[1], match[2])
        for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def read_commands(block: Block) -> list[tuple[str, str]]:
    """Commands of a console block (lines after ``$ ``), each with the output shown below it."""
    parts = re.split(r"^\$ (.*)\n", block.text, flags=re.MULTILINE)
    assert not parts[0].strip(), f"{block}: a console block begins with a line '$ command'"
    return list(zip(parts[1::2], parts[2::2], strict=True))


def printed(command: str) -> str:
    """What a command prints in the environment of the documentation tests."""
    environment = os.environ | {"COLUMNS": "100", "NO_COLOR": "1"}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    return "\n".join(line.rstrip() for line in done.stdout.rstrip().splitlines()) + "\n"


def refreshed(block: Block) -> str:
    """The block's text with new output below each command that shows any."""
    parts = []
    for command, shown in read_commands(block):
        keep = not shown.strip() or "..." in shown
        parts.append(f"$ {command}\n{shown if keep else printed(command)}")
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def main() -> None:
    for name in sys.argv[1:]:
        page = ROOT / name
        text = page.read_text(encoding="utf-8")
        for block in read_blocks(page):
            if block.language == "console":
                text = text.replace(
                    f"```console\n{block.text}```", f"```console\n{refreshed(block)}```"
                )
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
