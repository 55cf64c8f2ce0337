"""A short run of the fault campaign; the long one is `python -m tests.faults`."""

import numpy as np
import pytest

from tests.faults.bases import SHIPPED, base_files
from tests.faults.campaign import tasks_of
from tests.faults.columns import BOUNDS, PLACES
from tests.faults.judge import FAILURES, Task, judge, make_mutant
from tests.faults.oracle_figures import huber, slope
from tests.faults.pool import Workers

SEED, SMALL_ONES, SHIPPED_ONES = 11, 60, 1
TASKS = [
    *(Task(number, SEED, False) for number in range(SMALL_ONES)),
    *(Task(SMALL_ONES + number, SEED, True) for number in range(SHIPPED_ONES)),
]


@pytest.fixture(scope="module")
def verdicts():
    return [judge(task) for task in TASKS]


def test_no_mutant_breaks_anything(verdicts):
    failed = [v for v in verdicts if v.outcome in FAILURES]
    assert not failed, "\n".join(f"{v.number} {v.what}: {v.outcome}: {v.detail}" for v in failed)


@pytest.mark.parametrize("number", [598, 1088, 1618])
def test_a_figure_of_small_error_far_from_what_is_expected_is_met(number):
    """Mutants that three rounds left by two or three errors, though all figures agree."""
    assert judge(Task(number, 7, False)).outcome == "answered"


@pytest.mark.parametrize("number", [555, 2452])
def test_the_oracle_lets_the_last_known_figure_stand_in(number):
    """Mutants whose base year moves on to 2100, or of which one figure is of 1999."""
    assert judge(Task(number, 11, False)).outcome == "answered"


@pytest.mark.parametrize("number", [811, 4346])
def test_short_steps_do_not_end_the_rounds_while_many_are_left(number):
    """Figures that agree: after a step of 0.04 one was 0.25 errors away, after 40 one 1.6."""
    assert judge(Task(number, 11, False)).outcome == "answered"


@pytest.mark.parametrize("number", [4875, 5044])
def test_what_is_rounded_to_nothing_counts_as_stated(number):
    """Mutants with a figure so small that a plant on its way runs at less than rounding."""
    assert judge(Task(number, 11, False)).outcome == "answered"


@pytest.mark.parametrize("number", [3224, 4686])
def test_a_use_of_less_than_rows_are_kept_to_is_not_served_from_nothing(number):
    """Mutants whose use of a billionth of the oxide or ore passed for served when none was made."""
    assert judge(Task(number, 11, False)).outcome in ("gave up", "answered")


def test_flows_are_not_rounded_away_beside_a_figure_that_nothing_meets():
    """A demand of a hundred million million: flows of hundreds were off by a third of an error."""
    assert judge(Task(1954, 13, False)).outcome == "answered"


def test_the_oracle_holds_a_share_by_what_its_rows_are_kept_to():
    """A user who takes so little that the share just found was out of reach in the next program."""
    assert judge(Task(970, 13, False)).outcome == "answered"


def test_a_third_is_accepted_and_answered(verdicts):
    """A campaign of which everything is refused would prove little."""
    answered = sum(v.outcome == "answered" for v in verdicts)
    assert answered >= 0.3 * len(verdicts)


def test_a_mutant_is_the_same_whatever_ran_before():
    tasks = list(tasks_of(200, 3, 20))
    alone = make_mutant(tasks[137])
    again = [make_mutant(task) for task in tasks[130:140]][7]
    assert (alone.what, alone.files) == (again.what, again.files)
    assert sum(task.shipped for task in tasks) == 20


def test_every_kind_of_mutation_is_drawn():
    kinds = {make_mutant(task).kind for task in tasks_of(600, 5, 0)}
    assert len(kinds) >= 30


def wrong_answer(monkeypatch, change):
    """The verdict on a sound dataset when the project's answer is changed on its way."""
    monkeypatch.setattr("tests.faults.judge.make_mutant", lambda task: _sound())
    change(monkeypatch)
    return judge(Task(0, 1, False))


def _sound():
    from tests.faults.judge import Mutant

    return Mutant("three-nodes", "none", "as it is", base_files("three-nodes"))


def test_the_oracle_accepts_the_example_as_it_is(monkeypatch):
    assert wrong_answer(monkeypatch, lambda patch: None).outcome == "answered"


@pytest.mark.parametrize("first", BOUNDS)
def test_the_oracle_notices_a_wrong_loss(monkeypatch, first):
    """From the bound named on all figures are a hundredth too small, so that the order is kept."""
    from supplygraph.api import Chain

    columns = [f"loss_{place}_{b}" for place in PLACES for b in BOUNDS[BOUNDS.index(first) :]]

    def change(patch):
        honest = Chain.rank

        def rank(self, *arguments, **options):
            results = honest(self, *arguments, **options)
            for name in columns:
                results.table[name] *= 0.99
            return results

        patch.setattr(Chain, "rank", rank)

    found = wrong_answer(monkeypatch, change)
    assert found.outcome == "contradiction" and "the oracle has" in found.detail
    assert any(name in found.detail for name in columns)


def test_the_oracle_notices_flows_that_are_no_optimum(monkeypatch):
    """All flows times 1.01 keep every row and meet no figure."""
    from dataclasses import replace

    from supplygraph.api.loaded import Loaded

    def change(patch):
        honest = Loaded.balanced.func

        def balanced(self):
            baseline, shipped = honest(self)
            return replace(baseline, x=baseline.x * 1.01), shipped

        patch.setattr(Loaded, "balanced", property(balanced))

    found = wrong_answer(monkeypatch, change)
    assert found.outcome == "contradiction" and "could be gained" in found.detail


def test_the_loss_of_a_figure_is_smooth_at_its_knee():
    for r in (-1.345, 0.3, 1.345, 4.0):
        step = 1e-6
        assert slope(r) == pytest.approx((huber(r + step) - huber(r - step)) / 2 / step, abs=1e-5)


def _sleepy(task: int) -> int:
    import time

    time.sleep(60 if task == 1 else 0)
    return task


def test_a_hang_is_counted_and_its_worker_replaced():
    workers = Workers(_sleepy, lambda task, what: (task, what), 1, 5.0)
    assert list(workers.map([0, 1, 2])) == [0, (1, "hang"), 2]


def test_shipped_mutants_are_of_the_shipped_data():
    assert make_mutant(Task(1, 1, True)).dataset == SHIPPED
    assert np.isfinite(len(base_files(SHIPPED)["facilities.csv"]))
