"""How far long work has come: who is told what, and that nobody is told by default."""

import numpy as np
import pytest

import supplygraph as sg
from supplygraph.cli.progress_bar import share_done
from supplygraph.progress import Task, doing, steps, watching
from supplygraph.writing import write_folder, write_whole

pytestmark = pytest.mark.sampled


class Heard:
    """A watcher that keeps what it was told as text."""

    def __init__(self):
        self.told: list[str] = []

    def __call__(self, tasks: tuple[Task, ...]) -> None:
        self.told.append(" > ".join(map(str, tasks)))


def stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_unwatched_steps_are_the_items_themselves():
    items = [1, 2, 3]
    assert type(steps(items, "Years")) is type(iter(items))
    assert list(steps(np.arange(3), "Months")) == [0, 1, 2]


def test_each_step_is_told_when_it_is_behind():
    heard = Heard()
    with watching(heard):
        assert list(steps("ab", "Mines")) == ["a", "b"]
    assert heard.told == ["Mines 0/2", "Mines 1/2", "Mines 2/2", ""]


def test_a_generator_is_counted_by_the_total_it_is_given():
    heard = Heard()
    with watching(heard):
        list(steps((x for x in "ab"), "Mines", 2))
        list(steps((x for x in "ab"), "Plants"))
    assert [text for text in heard.told if "Plants" in text] == ["Plants"] * 3
    assert "Mines 1/2" in heard.told


def test_tasks_within_tasks_are_told_outermost_first():
    heard = Heard()
    with watching(heard):
        for _ in steps("a", "Scenarios"):
            with doing("Solving"):
                pass
    assert heard.told[:3] == ["Scenarios 0/1", "Scenarios 0/1 > Solving", "Scenarios 0/1"]


def test_a_loop_left_early_or_by_an_error_is_closed():
    heard = Heard()
    with watching(heard):
        each = steps("abc", "Mines")
        next(each)
        each.close()
        with pytest.raises(KeyboardInterrupt), doing("Solving"):
            list(map(stop, steps("abc", "Plants")))
        with doing("Last"):
            assert heard.told[-1] == "Last"
    assert heard.told[-1] == ""


def test_nobody_is_told_within_work_that_nobody_may_watch():
    heard = Heard()
    with watching(heard), watching(None):
        list(steps("ab", "Mines"))
    assert heard.told == []


def test_the_share_counts_steps_within_a_step():
    assert share_done([Task("Years", 4, 1), Task("Solving"), Task("Draws", 10, 5)]) == 0.375
    assert share_done([Task("Elements", 1), Task("Stages", 4, 1)]) == 0.25  # of one step none tells
    assert share_done([Task("Loading")]) is None


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda chain: chain.rank(), "Taking each away"),
        (lambda chain: chain.trace("ev"), "Stages"),
        (lambda chain: chain.structure("dependence", region="JP"), "Materials"),
    ],
)
def test_questions_tell_how_far_they_are(ask, told):
    heard = Heard()
    with watching(heard):
        ask(sg.load("three-nodes"))
    assert any(told in text for text in heard.told)
    assert any("Reading the dataset" in text for text in heard.told)
    assert heard.told[-1] == ""


def test_a_file_that_is_stopped_leaves_the_old_one_and_nothing_else(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("old")

    def write(staging):
        staging.write_text("ne")
        stop()

    with pytest.raises(KeyboardInterrupt):
        write_whole(file, write)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"] and file.read_text() == "old"


def test_a_folder_that_is_stopped_leaves_the_old_one_and_nothing_else(tmp_path, monkeypatch):
    folder = tmp_path / "tables"
    write_folder(folder, {"a.csv": b"old"})
    monkeypatch.setattr("supplygraph.writing._exchange", stop)
    with pytest.raises(KeyboardInterrupt):
        write_folder(folder, {"a.csv": b"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["tables"]
    assert (folder / "a.csv").read_bytes() == b"old"
