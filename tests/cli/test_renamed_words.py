"""Words of earlier versions are refused with the word that took their place."""

import pytest
from pages import ROOT
from program import shipped_chain

from supplygraph.errors import UsageError
from supplygraph.schema.commands import kinds_by_command, result_fields
from supplygraph.vocabulary import MIGRATION, RENAMED, WRITE_NEW, new_word

WHATIF = ("whatif", "--remove", "id=mine-a")
RUN = ("scenario", "run", "april-2025-shock")
SHAPLEY = ("structure", "--metric", "shapley")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chokepoints", "--rerouting", "free"], "rerouting 'free' is now called 'least'. "),
        ([*WHATIF, "--rerouting", "free"], "rerouting 'free' is now called 'least'. "),
        ([*SHAPLEY, "--rerouting", "free"], "--rerouting 'free' is now called 'least'. "),
        ([*WHATIF, "--rationing", "proportional"], "rationing 'proportional' is now called"),
        (
            ["chokepoints", "--fail-if", "loss_free_autos>0.2"],
            "'loss_free_autos>0.2': 'loss_free_autos' is now called 'loss_least_autos'. ",
        ),
        (
            [*WHATIF, "--fail-if", "loss_free>0.2"],
            "'loss_free>0.2': 'loss_free' is now called 'loss_least'. ",
        ),
        ([*SHAPLEY, "--fail-if", "shapley_free>0"], "is now called 'shapley_least'. "),
    ],
)
def test_an_old_word_of_a_command(toy, arguments, message):
    done = toy(*arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err.splitlines()[-1]
    assert done.err.splitlines()[-1].endswith(WRITE_NEW)


@pytest.mark.parametrize(
    ("option", "old", "new"),
    [("rerouting", "free", "least"), ("rationing", "proportional", "shared")],
)
def test_an_old_word_of_a_run(run, option, old, new):
    done = run(*RUN, f"--{option}", old)
    assert (done.code, done.out) == (2, "")
    assert f"{option} '{old}' is now called '{new}'. {WRITE_NEW}" in done.err


def test_old_words_in_a_scenario_are_told_with_file_and_key(toy, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(
        "title: x\nstart: 2026-01\nmonths: 2\nrerouting: free\nrationing: proportional\n"
    )
    done = toy("scenario", "run", file)
    assert (done.code, done.out) == (3, "")
    assert f"mine.yaml, rerouting: 'free' is now called 'least'. {WRITE_NEW}" in done.err
    assert f"mine.yaml, rationing: 'proportional' is now called 'shared'. {WRITE_NEW}" in done.err


def test_old_words_in_python():
    hit = shipped_chain().remove("country=CN process=heavy")
    with pytest.raises(UsageError, match="rerouting 'free' is now called 'least'"):
        hit.solve(rerouting="free")
    with pytest.raises(UsageError, match="rationing 'proportional' is now called 'shared'"):
        hit.solve(rationing="proportional")


def test_a_word_is_told_only_where_the_new_one_is_known():
    assert new_word("free", ("value", "shared")) == ""
    assert new_word("freedom", ("least",)) == ""


def test_no_column_has_an_old_word():
    for kind in [kind for kinds in kinds_by_command().values() for kind in kinds]:
        for field in result_fields(kind):
            words = {*field.name.split("_"), *field.values}
            assert not words & RENAMED.keys(), f"{kind} {field.name}"


def test_the_page_lists_every_word():
    page = (ROOT / MIGRATION).read_text(encoding="utf-8")
    for old, new in RENAMED.items():
        assert f"`{old}`" in page and f"`{new}`" in page
