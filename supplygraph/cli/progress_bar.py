"""A bar on the terminal for what takes longer than a second; gone when the answer comes."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from supplygraph.cli.streams import clean
from supplygraph.progress import Task, watching

if TYPE_CHECKING:
    from rich.progress import Progress

WAIT = 1.0  # seconds from the start of the program in which nothing is shown
SETTLE = 0.2  # seconds that a task lasts at least before it is shown
WHOLE = 1000  # steps of the bar itself


@contextmanager
def progress_shown(wait: float = WAIT) -> Iterator[None]:
    """Show how far long work has come, on a terminal that can.

    Parameters
    ----------
    wait
        Seconds in which nothing is shown.
    """
    if not _can_show():
        yield
        return
    bar = ProgressBar(wait)
    try:
        with watching(bar.show):
            yield
    finally:
        bar.end()


def _can_show() -> bool:
    """Whether standard error is a terminal that can erase what was drawn."""
    dumb = os.environ.get("TERM", "").lower() in ("", "dumb", "unknown") and os.name != "nt"
    return sys.stderr.isatty() and not dumb and not os.environ.get("CI")


class ProgressBar:
    """One bar for all open tasks; drawn from a thread, so that it moves while a solver works.

    Parameters
    ----------
    wait
        Seconds from now in which nothing is shown.
    """

    def __init__(self, wait: float) -> None:
        self.first = time.monotonic() + wait
        self.settle = min(SETTLE, wait)
        self.lock = threading.RLock()
        self.timer: threading.Timer | None = None
        self.drawn: Progress | None = None
        self.tasks: tuple[Task, ...] = ()
        self.share = 0.0

    def show(self, tasks: tuple[Task, ...]) -> None:
        """Show these tasks from now on; none erases the bar before this returns."""
        with self.lock:
            if tasks[:1] != self.tasks[:1]:
                self.end()
            other = _counted(tasks)[:1] != _counted(self.tasks)[:1]
            self.tasks = tasks
            if self.drawn is not None:
                self._update(anew=other)
            elif tasks and self.timer is None:
                delay = max(self.first - time.monotonic(), self.settle)
                self.timer = threading.Timer(delay, self._begin)
                self.timer.daemon = True
                self.timer.start()

    def _begin(self) -> None:
        mine = threading.current_thread()
        progress = _drawing()
        with self.lock:
            if self.timer is mine:  # else the task has ended meanwhile
                self.drawn = progress
                progress.add_task("", total=None)
                self._update()
                progress.start()

    def _update(self, *, anew: bool = False) -> None:
        if self.drawn is not None:
            found = share_done(self.tasks)
            if anew:
                self.share = 0.0
                self.drawn.reset(self.drawn.task_ids[0])
            # Inside a step one loop may follow another: the bar never goes back.
            self.share = max(self.share, found or 0.0)
            told = _counted(self.tasks) or self.tasks[-1:]
            text = clean(" · ".join(map(str, (*told[:1], *told[1:][-1:]))))
            total = None if found is None else WHOLE
            done = self.share * WHOLE
            task = self.drawn.task_ids[0]
            self.drawn.update(task, description=text, total=total, completed=done)

    def end(self) -> None:
        """Erase the bar."""
        with self.lock:
            if self.timer is not None:
                self.timer.cancel()
            if self.drawn is not None:
                self.drawn.stop()
            self.timer, self.drawn, self.share = None, None, 0.0


def share_done(tasks: Sequence[Task]) -> float | None:
    """Share of the first task that is done, counting how far the steps within it are.

    Parameters
    ----------
    tasks
        Open tasks, outermost first; those without a total say nothing.

    Returns
    -------
    float or None
        From 0 to 1; None where no task knows its steps.

    Examples
    --------
    >>> share_done([Task("Scenarios", 2, 1), Task("Solving"), Task("Months", 4, 1)])
    0.625
    >>> share_done([Task("Reading the dataset")]) is None
    True
    """
    known = _counted(tasks)
    share = 0.0
    for task in reversed(known):
        share = min((task.done + share) / (task.total or 1), 1.0)
    return share if known else None


def _counted(tasks: Sequence[Task]) -> Sequence[Task]:
    """Tasks of several steps that know how many."""
    return [task for task in tasks if task.total and task.total > 1]


def _drawing() -> Progress:
    """A bar of rich that leaves nothing behind, not even a hidden cursor if it is killed."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
    from rich.table import Column
    from rich.text import Text

    class Terminal(Console):
        def show_cursor(self, show: bool = True) -> bool:
            return False

    class TimeLeft(ProgressColumn):
        def render(self, task: Any) -> Text:
            left = task.time_remaining
            if left is None:
                return Text(f"{_clock(task.elapsed or 0.0)}")
            return Text(f"{_clock(left)} left")

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeLeft(Column(no_wrap=True)),
        console=Terminal(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def _clock(seconds: float) -> str:
    """Minutes and seconds.

    Examples
    --------
    >>> _clock(75.2)
    '1:15'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
