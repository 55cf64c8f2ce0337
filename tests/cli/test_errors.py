"""A known error is one clear line on stderr, nothing on stdout, and its own exit code."""

import pytest

from supplygraph.errors import InfeasibleError

pytestmark = pytest.mark.sampled

REMOVE = ("whatif", "--remove")
WRONG = [
    (["frobnicate"], "No such command 'frobnicate'"),
    (["chokepoints", "--bye", "x"], "No such option: --bye"),
    (["whatif"], "nothing is taken away"),
    (["chokepoints", "--top", "0"], "'--top'"),
    (["--threads", "many", "info"], "'--threads'"),
    (["--threads", "0", "info"], "'--threads'"),
    (["info", "surplus-word"], "surplus-word"),
    (["--dataset", "three-node", "info"], "Did you mean 'three-nodes'?"),
    (["--dataset", "/dev/null", "info"], "is a file"),
    (["validate", "nowhere"], "is no folder and no shipped dataset"),
    (["chokepoints", "--by", "facilty"], "--by 'facilty' is not known. Did you mean 'facility'?"),
    (["chokepoints", "--product", "evv"], "no product 'evv' in demand. Did you mean 'ev' (Car)?"),
    (["chokepoints", "--region", "USA"], "no region 'USA'"),
    (["chokepoints", "--weights", "equl"], "weights 'equl'"),
    (["chokepoints", "--rerouting", "fair"], "rerouting 'fair'"),
    (["chokepoints", "--rerouting", "some"], "rerouting 'some' is not known"),
    (["chokepoints", "--rerouting", "qualified"], "month by month"),
    (["chokepoints", "--at", "2024-13"], "--at '2024-13' is not YYYY-MM"),
    (["chokepoints", "--at", "2026-1"], "--at '2026-1' is not YYYY-MM"),
    (["chokepoints", "--at", "２０２６-01"], "is not YYYY-MM"),
    (["chokepoints", "--at", "0000-01"], "--at '0000-01' lies outside 1900 to 2200. Correct"),
    (["chokepoints", "--at", "9999-12"], "lies outside 1900 to 2200"),
    (["comply", "x", "--at", "2025-00"], "--at '2025-00' is not YYYY-MM"),
    (["chokepoints", "--top", "0"], "--top"),
    (["chokepoints", "--top", "-1"], "--top"),
    (["--threads", "0", "info"], "--threads"),
    (["--seed", "1", "info"], "No such option: --seed"),
    (["chokepoints", "--seed", "1"], "No such option: --seed"),
    (["deals", "--seed", "-1"], "'--seed'"),
    (["balance", "--moved", "nan"], "'--moved': Input should be greater than or equal to 0"),
    (["balance", "--moved", "inf"], "--moved inf: no finite number"),
    (
        ["comply", "x", "--compliance", "nan"],
        "'--compliance': Input should be less",
    ),
    (["cover", "--longest", "nan"], "--longest nan: no finite number"),
    (["cover", "--longest", "inf"], "--longest inf: no finite number"),
    (["cover", "--longest", "-1"], "--longest -1: months are above 0. Write such as 60."),
    (["cover", "--longest", "0"], "--longest 0: months are above 0"),
    (["cover", "--remove", "id=mine-a", "--ttr", "nan"], "--ttr nan: months are above 0"),
    (["deals", "--growth", "nan"], "--growth nan: no finite number"),
    (["scenario", "run", "x.yaml", "--months", "0"], "--months"),
    (["chokepoints", "--fail-if", "loss_none"], "is not COLUMN>NUMBER"),
    (["chokepoints", "--fail-if", "loss_none>-"], "is not COLUMN>NUMBER"),
    (["chokepoints", "--fail-if", "loss_none>nan"], "is not COLUMN>NUMBER"),
    (["chokepoints", "--fail-if", "loss_none>1e999"], "is not COLUMN>NUMBER"),
    (["chokepoints", "--fail-if", "loss_abroad_nine>0.2"], "Did you mean 'loss_abroad_none'?"),
    (["chokepoints", "--fail-if", "name>0.2"], "'name' is no column of numbers"),
    (["chokepoints", "--format", "xls"], "--format 'xls' is not known"),
    (["chokepoints", "--format", "parquet"], "parquet needs a file"),
    ([*REMOVE, "country=XX"], "no country 'XX'"),
    ([*REMOVE, "countr=JP"], "unknown key 'countr'. Did you mean 'country'?"),
    ([*REMOVE, "mine-a"], "'mine-a' is not key=value"),
    ([*REMOVE, "id=mine-b"], "no id 'mine-b'. Did you mean 'mine-a' (Mine A)?"),
    ([*REMOVE, "country=CN stage=magnet"], "nothing fits all of its terms"),
    ([*REMOVE, "id='mine-a"], "Close the quotes"),
    ([*REMOVE, ""], "selector is empty"),
    ([*REMOVE, "id=mine-a share=1.5"], "share '1.5' is not between 0 and 1"),
    ([*REMOVE, "id=mine-a share=nan"], "share 'nan' is not between 0 and 1"),
    ([*REMOVE, "id=mine-a share=true"], "share 'true' is not between 0 and 1. Write such as"),
    ([*REMOVE, "id=mine-a share=inf"], "share 'inf' is not between 0 and 1. Write such as"),
    ([*REMOVE, "share=0.5"], "Give a selector"),
    ([*REMOVE, "-"], "standard input names nothing"),
    ([*REMOVE, "id=mine-a", "--months", "24"], "static year"),
    ([*REMOVE, "id=mine-a", "--from", "2025-04"], "static year"),
    (["explain", "mine-b"], "nothing has the id 'mine-b'. Did you mean 'mine-a' (Mine A)?"),
    (["balance", "--role", "fits"], "Did you mean 'fit'?"),
    (["balance", "--intervals", "ore-b"], "no arc carries 'ore-b'"),
    (["balance", "--held", "--flows"], "choose one of"),
    (["schema", "facilites"], "Did you mean 'facilities'?"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=lambda item: " ".join(item)[:40])
def test_usage_errors(toy, arguments, message):
    done = toy(*arguments)
    lines = [line for line in done.err.splitlines() if not line.startswith("balance: computed")]
    assert (done.code, done.out) == (2, "")
    assert len(lines) == 1 and lines[0].startswith("error: ")
    assert message in lines[0]


def test_what_cannot_be_written_exits_1(toy, tmp_path):
    (tmp_path / "file").write_text("x")
    done = toy("info", "-o", tmp_path / "file" / "below.csv")
    assert (done.code, done.out) == (1, "")
    assert "cannot be written" in done.err.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.slow
def test_an_invalid_dataset_exits_3_and_lists_every_fault(run, tmp_path):
    run("init", tmp_path / "toy")
    (tmp_path / "toy" / "demand.csv").write_text("product,market,units,year\nev,JPP,-1,2024\n")
    for command in (["info"], ["chokepoints"], ["whatif", "--remove", "id=mine-a"]):
        done = run("--dataset", tmp_path / "toy", *command)
        assert (done.code, done.out) == (3, "")
        assert done.err.splitlines()[0] == "error: 2 problems in toy"
        assert len(done.err.splitlines()) == 3


def test_an_infeasible_program_exits_4(toy, monkeypatch):
    def infeasible(*_: object, **__: object) -> None:
        raise InfeasibleError("demand of ev@JP cannot be met")

    monkeypatch.setattr("supplygraph.api.Chain.rank", infeasible)
    done = toy("chokepoints")
    assert (done.code, done.out) == (4, "")
    assert done.err.splitlines()[-1] == "error: demand of ev@JP cannot be met"


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("loss_abroad_none>0.2", 10),
        ("loss_none >= 1", 10),
        ("loss_least<0.5", 0),
        ("loss_abroad_least<0.5", 0),
        ("loss_home_none>0.5", 0),
        ("months_to_first_shortage<=0.9", 0),
        ("months_to_first_shortage<9.3e-1", 10),
        ("loss_upper>0", 1),
    ],
)
def test_fail_if(toy, condition, code):
    for command in (["chokepoints"], ["whatif", "--remove", "id=mine-a"]):
        of_places = "abroad" in condition or "home" in condition or "upper" in condition
        if condition.startswith("loss") and of_places != (command[0] == "chokepoints"):
            continue
        done = toy(*command, "--fail-if", condition)
        assert done.code == code
        assert done.out
        assert ("fail-if: " in done.err) == (code != 0)


def test_errors_show_no_control_characters(toy):
    done = toy("explain", "x\x1b[31m\ny")
    assert done.code == 2
    assert done.err.splitlines()[-1].startswith("error: nothing has the id 'x [31m y'.")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["comply", "CN-2025-18"], "CN-2025-18 is not a content rule. Name a measure of kind"),
        (["comply", "US-2027-DFARS", "--region", "CN"], "no product or region you asked for is"),
    ],
)
def test_a_rule_of_content_that_cannot_be_asked_about(run, arguments, message):
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
