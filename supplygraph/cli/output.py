"""Where a result goes: to the terminal, a pipe or a file; data only, nothing else on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from supplygraph.cli.conditions import Condition, fail_if
from supplygraph.cli.formats import ENDINGS, FILES, FORMATS, PICTURES, render, write_file
from supplygraph.cli.streams import note, say
from supplygraph.errors import UsageError

if TYPE_CHECKING:
    from supplygraph.results import Results


@dataclass(frozen=True)
class Output:
    """What `--format`, `--output`, `--force` and `--fail-if` ask for.

    Parameters
    ----------
    asked_format
        One of `FORMATS`; if None, by the file's ending, else a table on a terminal and tsv on a
        pipe.
    file
        File; standard output if None.
    force
        Whether the file may be overwritten.
    condition
        What ends the run with an exit code, if any.
    every
        Whether a table shows all rows, not only the worst.
    verbose
        Whether a table tells all notes.
    """

    asked_format: str | None = None
    file: Path | None = None
    force: bool = False
    condition: Condition | None = None
    every: bool = False
    verbose: bool = False

    @property
    def asked(self) -> bool:
        """Whether a format or a file was named."""
        return self.asked_format is not None or self.file is not None

    @property
    def format(self) -> str:
        """Format of the result.

        Raises
        ------
        UsageError
            If it is not known, or the file's ending names none.
        """
        if self.asked_format is not None:
            return _known(self.asked_format)
        if self.file is not None:
            return _format_of(self.file)
        return "table" if sys.stdout.isatty() else "tsv"

    def check(self, kind: str) -> None:
        """Refuse a format or file before anything is computed.

        Parameters
        ----------
        kind
            Of the result that is going to be written.

        Raises
        ------
        UsageError
            If the format is unknown or no picture shows such a result, or if the file exists and
            `force` is not set.
        SupplygraphError
            If a picture is asked for and nothing that draws it is installed.
        """
        format_ = self.format
        if format_ in PICTURES:
            from supplygraph.views.pictures import check_picture

            check_picture(kind)
        if self.file is None:
            if format_ in FILES:
                raise UsageError(f"{format_} needs a file. Add -o FILE.{format_}.")
            return
        if self.file.is_dir():
            raise UsageError(f"'{self.file}' is a folder. Name a file.")
        if self.file.exists() and not self.force:
            raise file_exists(self.file)
        if self.file.exists() and not self.file.is_file():
            raise UsageError(f"'{self.file}' is no regular file. Name another.")

    def write(self, results: Results, remarks: Iterable[str] = ()) -> None:
        """Write a result, then say what is no data and end the run if the condition asks for it.

        Parameters
        ----------
        results
            What to write; its warnings are said first.
        remarks
            Lines for standard error, after the data.

        Raises
        ------
        UsageError
            If the file exists and `force` is not set.
        """
        if self.file is not None or self.format != "table":  # a table has them beneath it
            for warning in results.warnings:
                note(f"warning: {warning}")
        if self.file is None:
            say(self._text(results))
        else:
            self._save(results, self.file)
            note(f"wrote {self.file}")
        for remark in remarks:
            note(remark)
        fail_if(results, self.condition)

    def _text(self, results: Results) -> str:
        """What goes to standard output."""
        if self.format != "table":
            return render(results, self.format)
        from supplygraph.cli.answers import answer, look_of

        look = look_of(
            terminal=sys.stdout.isatty(),
            every=self.every,
            verbose=self.verbose,
            rows=results.params.get("top"),
        )
        return answer(results, look)

    def _save(self, results: Results, file: Path) -> None:
        try:
            write_file(results, self.format, file, replace=self.force)
        except FileExistsError:  # another run was faster
            raise file_exists(file) from None


def file_exists(file: Path) -> UsageError:
    """The error of a file that is there and is not to be overwritten."""
    return UsageError(f"'{file}' exists. Name another, or add --force.")


def _known(name: str) -> str:
    if name not in FORMATS:
        from supplygraph.hints import did_you_mean

        raise UsageError(f"--format '{name}' is not known. {did_you_mean(name, FORMATS)}")
    return name


def _format_of(file: Path) -> str:
    if file.suffix.lower() not in ENDINGS:
        raise UsageError(
            f"'{file}': the ending names no format. Use one of {', '.join(sorted(ENDINGS))}, "
            "or --format."
        )
    return ENDINGS[file.suffix.lower()]
