"""Workers with a time limit for each task: a hang is counted, killed and replaced.

An executor of concurrent.futures cannot kill one task of one worker, so the workers here are
plain processes with a pipe each.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any


def _serve(pipe: Connection, work: Callable[[Any], Any]) -> None:
    pipe.send(READY)
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        if task is None:
            return
        result = work(task)
        try:
            pipe.send(result)
        except BrokenPipeError:  # the campaign was ended meanwhile
            return


READY = "ready"  # a worker's first word: its imports are no part of a task's time


@dataclass
class _Worker:
    process: multiprocessing.process.BaseProcess
    pipe: Connection
    task: Any = None
    since: float = 0.0


class Workers:
    """Maps a function over tasks in processes; results come as they are ready."""

    def __init__(
        self, work: Callable[[Any], Any], lost: Callable[[Any, str], Any], jobs: int, limit: float
    ) -> None:
        self.work, self.lost, self.jobs, self.limit = work, lost, jobs, limit
        self.context = multiprocessing.get_context("spawn")

    def map(self, tasks: Iterable[Any], until: float | None = None) -> Iterator[Any]:
        """Results of the tasks; no new ones begin after ``until`` (monotonic seconds)."""
        waiting = iter(tasks)
        workers = [self._start() for _ in range(self.jobs)]
        try:
            for worker in workers:
                self._next(worker, waiting, until)
            while busy := [w for w in workers if w.task is not None]:
                ready = wait([w.pipe for w in busy], timeout=1.0)
                for number, worker in enumerate(workers):
                    if worker.task is None:
                        continue
                    if worker.pipe in ready:
                        task, result = worker.task, None
                        try:
                            result = worker.pipe.recv()
                        except EOFError:
                            result = self.lost(task, "traceback")
                            workers[number] = worker = self._start()
                        yield result
                        self._next(worker, waiting, until)
                    elif time.monotonic() - worker.since > self.limit:
                        task = worker.task
                        worker.process.kill()
                        worker.process.join()
                        workers[number] = worker = self._start()
                        yield self.lost(task, "hang")
                        self._next(worker, waiting, until)
        finally:
            for worker in workers:
                worker.process.kill()
                worker.process.join()

    def _start(self) -> _Worker:
        # Workers inherit this: as many threads as processes would only fight each other.
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        here, there = self.context.Pipe()
        process = self.context.Process(target=_serve, args=(there, self.work), daemon=True)
        process.start()
        there.close()
        here.recv()
        return _Worker(process, here)

    def _next(self, worker: _Worker, waiting: Iterator[Any], until: float | None) -> None:
        late = until is not None and time.monotonic() > until
        worker.task = None if late else next(waiting, None)
        worker.since = time.monotonic()
        if worker.task is not None:
            worker.pipe.send(worker.task)
