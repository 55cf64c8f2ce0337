"""`docs/VALIDATION.md`: what was tried, what held, what was not tried."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.faults.bases import RANDOM_SEEDS, SHIPPED
from tests.faults.campaign import Campaign
from tests.faults.judge import FAILURES, Verdict
from tests.faults.reference import Case, cases
from tests.faults.writers import WriterCount

PACKAGES = ("supplygraph", "clarabel", "highspy", "numpy", "pandas", "scipy")
CASES_BEGIN, CASES_END = "<!-- reference cases -->", "<!-- end of reference cases -->"

HEAD = """\
# Validation

What was tried to break supplygraph, and how its answers compare with published cases. The tables
are written by `python -m tests.faults --out docs/VALIDATION.md`; the reference cases are computed
again in every test run and must agree with the table below.
"""

METHOD = f"""\
## How

A mutant is a dataset with one fault, drawn from a seed: a cell, column, row, file, encoding or
YAML document is damaged. The datasets are the shipped one, two examples with measures, projects,
deals and scenarios, and one of {RANDOM_SEEDS} random networks. Each mutant is read, checked,
balanced and ranked by plant and by country and process under both bounds; where a YAML document
was damaged, the scenario or the deals that read it are run as well. `--only NUMBER` with the same
seed and count runs one mutant again.

- **refused**: an error of the project with an address and a way out. **no way out**: without one
  (counts as a failure).
- **answered**: the answer was judged and nothing spoke against it.
- **gave up**: the project said that it found no answer that passes its own checks.
- **traceback**, **hang** (no answer in time, the process is killed), **residual** (a row out of
  balance by more than 1e-9), **contradiction**, **invariant**: failures.

An oracle that imports no engine of the project judges the small networks. It reads the CSV files
with pandas, computes what is lost when nobody reroutes by its own iteration and what is lost at
best by its own linear program (scipy, HiGHS), and compares both with the ranking to 1e-5. Whether
the balance is the optimum of its program it tests with two linear programs: what other flows would
gain, and how well any flows could meet the figures. Expected flows and their spread (the priors)
are taken from the project as data: the oracle does not judge them.

Large networks (mutants of the shipped data) are judged by relations: mass balance to 1e-9, no flow
below 0, no closed plant runs, nothing lost without a removal, a deeper removal never loses less,
least never above none in a total, and one of these at random: plants renamed, rows permuted, all
tonnes times 1e-3 or 1e3, a plant split into two halves, after which all flows agree to 1e-6 of the
larger of the flow and a thousandth of the material's world use.
"""

NOT_TRIED = """\
## Not tested

- Two faults at once, except where one fault has two effects.
- Whether the expected flows (priors) of a balance are good ones; only that the balance follows
  from them and from the figures.
- Losses by month against an oracle: runs of scenarios are checked for their range only, beside the
  published cases below.
- Removals of operators, elements and arcs in mutants (they are compared on random networks in
  `tests/invariants`).
- Datasets larger than the shipped one; hostile files (they have tests of their own in
  `tests/cli`); processors other than the one named above.
- A power cut: a killed process leaves what the system had in its cache.
"""


def write_page(campaign: Campaign, path: str | Path, writers: Sequence[WriterCount] = ()) -> Path:
    """Write the page of a campaign and of the writers' trials."""
    parts = [HEAD, *_campaign(campaign), METHOD, *_writers(writers), reference_part(), NOT_TRIED]
    target = Path(path)
    target.write_text("\n".join(parts), encoding="utf-8")
    return target


def _campaign(campaign: Campaign) -> Iterator[str]:
    done, total = campaign.verdicts, campaign.total()
    shipped = sum(v.dataset == SHIPPED for v in done)
    answered = total["answered"] / max(len(done), 1)
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    yield "## The recorded run\n"
    yield (
        f"{datetime.now(UTC):%Y-%m-%d}, seed {campaign.seed}, {len(done):,} mutants"
        f" of `--count {campaign.count}` ({shipped:,} of the shipped data), {answered:.0%} accepted"
        f" and answered, {len(campaign.failures)} failures. Python {platform.python_version()},"
        f" {versions}. {campaign.seconds / 60:.0f} minutes; {_cost(done)}.\n"
    )
    yield _counts(campaign)
    if campaign.failures:
        yield _failures(campaign.failures)


def _cost(verdicts: Sequence[Verdict]) -> str:
    """Mean CPU time of a small and of a shipped mutant."""
    texts = []
    for name, wanted in (("small", False), ("shipped", True)):
        times = [v.seconds for v in verdicts if (v.dataset == SHIPPED) is wanted]
        if times:
            texts.append(f"{sum(times) / len(times):.2f} s of CPU for a {name} mutant")
    return ", ".join(texts)


def _counts(campaign: Campaign) -> str:
    """Counts by dataset and kind of mutation."""
    rows = [
        "| dataset | mutation | tried | refused | answered | gave up | failures |",
        "|---|---|---|---|---|---|---|",
    ]
    tally = campaign.tally()
    for (dataset, kind), found in sorted(tally.items()):
        rows.append(_row(dataset, kind, found))
    rows.append(_row("**all**", "", campaign.total()))
    return "\n".join(rows) + "\n"


def _row(dataset: str, kind: str, found: Counter[str]) -> str:
    failed = sum(found[name] for name in FAILURES)
    cells = [dataset, kind, found.total(), found["refused"], found["answered"], found["gave up"]]
    return "| " + " | ".join(str(cell) for cell in [*cells, failed]) + " |"


def _failures(failures: Sequence[Verdict]) -> str:
    rows = [
        "Failures of this run, open:\n",
        "| mutant | dataset | mutation | outcome | what |",
        "|---|---|---|---|---|",
    ]
    for v in sorted(failures, key=lambda v: v.number)[:60]:
        what = (v.detail.strip().splitlines() or [""])[-1].replace("|", "\\|")[:140]
        rows.append(f"| {v.number} | {v.dataset} | {v.kind} | {v.outcome} | {what} |")
    return "\n".join(rows) + "\n"


def _writers(writers: Sequence[WriterCount]) -> Iterator[str]:
    """Trials of the writing commands."""
    if not writers:
        return
    kinds = sorted({kind for found in writers for kind in found.tried})
    yield "## Commands that write\n"
    yield (
        "Each is killed (SIGKILL) at a random moment and right before every call that touches a"
        " file, runs out of disk (a limit of file size), or meets another run with the same"
        " target. Afterwards the target is whole, or as it was, and the next run leaves nothing"
        " else behind. Failed / tried:\n"
    )
    rows = ["| command | " + " | ".join(kinds) + " |", "|---" * (len(kinds) + 1) + "|"]
    for found in writers:
        cells = [f"{found.failed[kind]} / {found.tried[kind]}" for kind in kinds]
        rows.append(f"| `{found.name}` | " + " | ".join(cells) + " |")
    yield "\n".join(rows) + "\n"


def reference_part() -> str:
    """The reference cases between marks, so that a test can find them again."""
    lines = ["## Published and worked cases\n", CASES_BEGIN]
    lines += ["| source | what | reference | tolerance | difference |", "|---|---|---|---|---|"]
    lines += [case_row(case) for case in cases()]
    return "\n".join([*lines, CASES_END]) + "\n"


def case_row(case: Case) -> str:
    """A case as a row; a difference below a thousandth of the tolerance is printed as 0."""
    small = abs(case.difference) <= max(case.tolerance * 1e-3, 1e-12)
    difference = "0" if small else f"{case.difference:.1e}"
    cells = [case.source, case.what, f"{case.published:.10g}", f"{case.tolerance:g}", difference]
    return "| " + " | ".join(cells) + " |"
