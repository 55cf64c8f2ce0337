"""Words of earlier versions are refused with the word that took their place."""

import pytest
from pages import ROOT
from program import shipped_chain

from supplygraph.errors import UsageError
from supplygraph.schema.commands import kinds_by_command, result_fields
from supplygraph.vocabulary import MIGRATION, RENAMED, RENAMED_OPTIONS, WRITE_NEW, new_word

pytestmark = pytest.mark.sampled

WHATIF = ("whatif", "--remove", "id=mine-a")
RUN = ("scenario", "run", "april-2025-shock")
COLUMNS = (("loss_none", "loss_abroad_none"), ("loss_least", "loss_abroad_least"))
SHAPLEY = ("structure", "--metric", "shapley")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chokepoints", "--rerouting", "free"], "rerouting 'free' is now called 'least'. "),
        ([*WHATIF, "--rerouting", "free"], "rerouting 'free' is now called 'least'. "),
        ([*SHAPLEY, "--rerouting", "free"], "--rerouting 'free' is now called 'least'. "),
        (["chokepoints", "--rerouting", "both"], "rerouting 'both' is now called 'all'. "),
        ([*WHATIF, "--rerouting", "both"], "rerouting 'both' is now called 'all'. "),
        ([*WHATIF, "--rationing", "proportional"], "proportional is now --rerouting shared. "),
        (["chokepoints", "--rationing", "shared"], "shared is now --rerouting shared. "),
        (["chokepoints", "--rationing", "value"], "value is now --rerouting least. "),
        (
            ["chokepoints", "--fail-if", "loss_none>0.2"],
            "'loss_none>0.2': 'loss_none' is now called 'loss_abroad_none'. ",
        ),
        (
            ["chokepoints", "--fail-if", "loss_least>0.2"],
            "'loss_least>0.2': 'loss_least' is now called 'loss_abroad_least'. ",
        ),
        (
            ["chokepoints", "--fail-if", "loss_free>0.2"],
            "'loss_free>0.2': 'loss_free' is now called 'loss_abroad_least'. ",
        ),
        (
            ["chokepoints", "--fail-if", "loss_none_autos>0.2"],
            "'loss_none_autos' is now called 'loss_abroad_none_autos'. ",
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
    with pytest.raises(UsageError, match="rerouting 'both' is now called 'all'"):
        hit.solve(rerouting="both")
    with pytest.raises(UsageError, match="rationing 'proportional' is now called 'shared'"):
        shipped_chain().run("april-2025-shock", rationing="proportional")


def test_a_word_is_told_only_where_the_new_one_is_known():
    assert new_word("free", ("value", "shared")) == ""
    assert new_word("freedom", ("least",)) == ""
    assert new_word("both", ("all", "place", "owner")) == ""  # no word of a static year's bounds
    assert new_word("loss_none", ("loss_none_autos",)) == ""


def test_no_column_has_an_old_word():
    for kind in [kind for kinds in kinds_by_command().values() for kind in kinds]:
        for field in result_fields(kind):
            words = {*field.name.split("_"), *field.values}
            assert not words & RENAMED.keys(), f"{kind} {field.name}"


def test_the_page_lists_every_word():
    page = (ROOT / MIGRATION).read_text(encoding="utf-8")
    words = [*RENAMED.items(), ("both", "all"), *COLUMNS]
    for option, ways in RENAMED_OPTIONS.items():
        words += [(f"{option} {word}", new) for word, new in ways.items()]
    for old, new in words:
        assert f"`{old}`" in page and f"`{new}`" in page


def test_old_columns_of_a_ranking_are_gone_and_the_new_ones_are_there():
    columns = {field.name for field in result_fields("chokepoints")}
    for old, new in COLUMNS:
        assert old not in columns and new in columns
