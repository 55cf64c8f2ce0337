"""How far long work has come, for whoever watches; by default nobody does, and it costs nothing.

Loops that may take seconds go over `steps`, and work in one piece stands in `doing`. Both may be
nested: a comparison steps through scenarios, each of them through months.

Examples
--------
>>> def show(tasks):
...     print(*tasks, sep="; ")
>>> with watching(show):
...     for mine in steps(["a", "b"], "Mines"):
...         with doing("Solving"):
...             pass
Mines 0/2
Mines 0/2; Solving
Mines 0/2
Mines 1/2
Mines 1/2; Solving
Mines 1/2
Mines 2/2
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(eq=False)
class Task:
    """Something that is going on.

    Attributes
    ----------
    what
        What is being done, in a word or two.
    total
        Steps it has; None where nobody knows.
    done
        Steps behind it.
    """

    what: str
    total: int | None = None
    done: int = 0

    def __str__(self) -> str:
        return self.what if self.total is None else f"{self.what} {self.done}/{self.total}"


Watcher = Callable[[tuple[Task, ...]], None]


class _Watched:
    """Tasks that are open, outermost first, and who is told at every change."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.open: list[Task] = []

    def tell(self) -> None:
        self.watcher(tuple(self.open))

    @contextmanager
    def task(self, what: str, total: int | None) -> Iterator[Task]:
        task = Task(what, total)
        self.open.append(task)
        self.tell()
        try:
            yield task
        finally:
            self.open.remove(task)  # a loop left early may close after the one around it
            self.tell()

    def over(self, items: Iterable[Item], what: str, total: int | None) -> Iterator[Item]:
        with self.task(what, total) as task:
            for item in items:
                yield item
                task.done += 1
                self.tell()


_watched: ContextVar[_Watched | None] = ContextVar("watched", default=None)


@contextmanager
def watching(watcher: Watcher | None) -> Iterator[None]:
    """Tell somebody of the tasks that are open, outermost first, whenever that changes.

    Parameters
    ----------
    watcher
        Called with the open tasks, with none once all are done; nobody is told if None. It is
        called often, so it should return at once.
    """
    mark = _watched.set(None if watcher is None else _Watched(watcher))
    try:
        yield
    finally:
        _watched.reset(mark)


def steps(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """The same items one by one, told to whoever watches.

    Parameters
    ----------
    items
        What a loop goes over.
    what
        What is being done, in a word or two.
    total
        How many there are, for items that do not know it.

    Examples
    --------
    >>> list(steps([1, 2], "Years"))
    [1, 2]
    """
    watched = _watched.get()
    if watched is None:
        return iter(items)
    if total is None and isinstance(items, Sized):
        total = len(items)
    return watched.over(items, what, total)


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Work in one piece, of which nobody knows how long it takes.

    Parameters
    ----------
    what
        What is being done, in a word or two.
    """
    watched = _watched.get()
    if watched is None:
        yield
    else:
        with watched.task(what, None):
            yield
