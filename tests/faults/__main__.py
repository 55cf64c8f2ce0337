"""``python -m tests.faults``: see the package."""

from __future__ import annotations

import argparse
import sys

from tests.faults.campaign import run, shown, tasks_of
from tests.faults.judge import FAILURES, judge
from tests.faults.writers import try_writers


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="number of mutants")
    parser.add_argument("--seed", type=int, default=1, help="seed of all of them")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--shipped", type=int, help="mutants of the shipped data; a tenth if empty")
    parser.add_argument("--minutes", type=float, help="begin no mutant after these")
    parser.add_argument("--out", help="write the page of what was tried here")
    parser.add_argument("--writers", type=int, default=0, help="trials of each writing command")
    parser.add_argument("--only", type=int, help="this mutant alone, with all it says")
    options = parser.parse_args()
    shipped = options.count // 10 if options.shipped is None else options.shipped
    if options.only is not None:
        task = next(
            t for t in tasks_of(options.count, options.seed, shipped) if t.number == options.only
        )
        verdict = judge(task)
        print(shown(verdict), f"\n    {verdict.seconds:.2f} s of CPU")
        return int(verdict.outcome in FAILURES)
    campaign = run(
        options.count,
        options.seed,
        shipped=shipped,
        jobs=options.jobs,
        minutes=options.minutes,
        watch=True,
    )
    print(dict(campaign.total()), f"{campaign.seconds:.0f} s")
    writers = try_writers(options.writers, options.seed) if options.writers else []
    for found in writers:
        print(found.name, dict(found.tried), "failed", dict(found.failed))
    if options.out:
        from tests.faults.page import write_page

        write_page(campaign, options.out, writers)
    return int(bool(campaign.failures) or any(found.failed for found in writers))


if __name__ == "__main__":
    sys.exit(main())
