"""The errors a caller can meet, one small tree.

Every message has an address, the value found, the rule it breaks and the way out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class SupplygraphError(Exception):
    """Root of all errors that supplygraph raises on purpose."""

    exit_code = 1


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong with a dataset.

    Parameters
    ----------
    file
        File name inside the dataset folder.
    row
        Line number in that file as an editor counts it (the header is 1), or 0 for the whole file.
    column
        Column or key, empty for the whole row.
    value
        The value found, shortened.
    rule
        The rule it breaks.
    way_out
        What to do about it.

    Examples
    --------
    >>> print(Fault("trade.csv", 12, "to", "my-lynas-lmap", "not in countries.csv",
    ...             "Did you mean 'MY'?"))
    trade.csv row 12, to: 'my-lynas-lmap' is not in countries.csv. Did you mean 'MY'?
    """

    file: str
    row: int
    column: str
    value: str
    rule: str
    way_out: str

    def __str__(self) -> str:
        place = self.file + (f" row {self.row}" if self.row else "")
        place += f", {self.column}" if self.column else ""
        value = f" '{self.value}'" if self.value else ""
        rule = f" is {self.rule}" if self.value else f" {self.rule}"
        return f"{place}:{value}{rule}. {self.way_out}".rstrip()


class DatasetError(SupplygraphError):
    """A dataset breaks its rules; ``faults`` holds every fault found.

    Examples
    --------
    >>> error = DatasetError("toy", [Fault("trade.csv", 3, "quantity", "-4", "below 0", "")])
    >>> error.exit_code, len(error.faults)
    (3, 1)
    """

    exit_code = 3

    def __init__(self, name: str, faults: Sequence[Fault]) -> None:
        self.name = name
        self.faults = tuple(sorted(faults))
        count = len(self.faults)
        lines = [f"{count} problem{'s' if count != 1 else ''} in {name}"]
        super().__init__("\n  ".join(lines + [str(fault) for fault in self.faults]))


class UsageError(SupplygraphError):
    """A request that cannot be understood: a bad option, selector or expression."""

    exit_code = 2


class CallError(UsageError, TypeError):
    """A question asked with an option it does not have, or without one that it needs.

    Python's own word for it is `TypeError`, so it is one besides.
    """


class SelectorError(UsageError):
    """A selector that does not parse or names nothing."""


class ScenarioError(SupplygraphError):
    """A scenario that contradicts itself or names what does not exist."""


class InfeasibleError(SupplygraphError):
    """No flows satisfy the constraints."""

    exit_code = 4


class UnboundedError(SupplygraphError):
    """The program has no finite optimum: a fault of the model, never of the data."""


class NotConvergedError(SupplygraphError):
    """A solver or an iteration stopped before its answer was exact; nothing is returned."""


class UndefinedMetricError(SupplygraphError):
    """A metric has no value for these inputs (such as a share of a zero total)."""
