"""A run of the campaign: tasks, workers, counts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.faults.judge import FAILURES, Task, Verdict, judge, make_mutant
from tests.faults.pool import Workers

# Seconds of the clock: a small mutant takes under one, a shipped one about four, and on a machine
# that does much besides twenty times that.
TIME_LIMIT = 180.0


@dataclass
class Campaign:
    """Verdicts of a run."""

    seed: int
    count: int
    shipped: int
    verdicts: list[Verdict] = field(default_factory=list)
    seconds: float = 0.0

    def tally(self) -> dict[tuple[str, str], Counter[str]]:
        """Outcomes by dataset and kind of mutation."""
        found: dict[tuple[str, str], Counter[str]] = {}
        for v in self.verdicts:
            found.setdefault((v.dataset, v.kind), Counter())[v.outcome] += 1
        return found

    def total(self) -> Counter[str]:
        """Outcomes of all."""
        return Counter(v.outcome for v in self.verdicts)

    @property
    def failures(self) -> list[Verdict]:
        """Verdicts that are faults of the package."""
        return [v for v in self.verdicts if v.outcome in FAILURES]


def tasks_of(count: int, seed: int, shipped: int) -> Iterator[Task]:
    """Numbered tasks; those of the shipped data are spread evenly among the others."""
    for number in range(count):
        spread = (number + 1) * shipped // count > number * shipped // count
        yield Task(number, seed, spread)


def lost(task: Task, outcome: str) -> Verdict:
    """A task whose worker hung or died."""
    mutant = make_mutant(task)
    detail = "no answer in time" if outcome == "hang" else "the process died"
    return Verdict(
        task.number, mutant.dataset, mutant.kind, mutant.what, outcome, detail, TIME_LIMIT
    )


def run(
    count: int,
    seed: int,
    *,
    shipped: int | None = None,
    jobs: int = 2,
    minutes: float | None = None,
    watch: bool = False,
) -> Campaign:
    """Judge mutants 0 to ``count`` - 1 of a seed in ``jobs`` processes."""
    wanted = count // 10 if shipped is None else shipped
    campaign = Campaign(seed, count, wanted)
    start = time.monotonic()
    until = None if minutes is None else start + 60 * minutes
    workers = Workers(judge, lost, jobs, TIME_LIMIT)
    for verdict in workers.map(tasks_of(count, seed, wanted), until):
        campaign.verdicts.append(verdict)
        if watch and verdict.outcome in (*FAILURES, "gave up"):
            print(shown(verdict), flush=True)
        if watch and len(campaign.verdicts) % 500 == 0:
            print(f"{len(campaign.verdicts):,} of {count:,}: {dict(campaign.total())}", flush=True)
    campaign.seconds = time.monotonic() - start
    return campaign


def shown(verdict: Verdict) -> str:
    """A verdict in a few lines."""
    head = f"{verdict.number} {verdict.dataset} [{verdict.kind}] {verdict.what}"
    return f"{head}\n    {verdict.outcome}: {verdict.detail}"
