"""Tables that are right by every rule and yet odd: a right number or one clear line."""

import pytest

import supplygraph as sg
from supplygraph.errors import UsageError

pytestmark = pytest.mark.sampled


@pytest.fixture
def folder(tmp_path, run):
    run("init", tmp_path / "toy")

    def change(**tables: tuple[str, str]):
        for name, (old, new) in tables.items():
            path = tmp_path / "toy" / f"{name}.csv"
            text = path.read_text()
            assert old in text, (name, old)
            path.write_text(text.replace(old, new, 1))
        return tmp_path / "toy"

    return change


def add(row: str) -> tuple[str, str]:
    """Append a row to a table that ends in a line end."""
    return ("\n", f"\n{row}\n")


def ask(run, folder, *more, remove="id=mine-a", format_="json"):
    return run("--dataset", folder, "whatif", "--remove", remove, "--format", format_, *more)


@pytest.mark.slow
def test_a_product_of_another_year_is_named(run, folder):
    path = folder(
        products=add("bus,Bus,autos,civil,counted,vehicle,1000"),
        demand=add("bus,JP,100,2023"),
        needs=add("bus,mag-a,2,kg/vehicle,true,A,A"),
    )
    for command in (["whatif", "--remove", "id=mine-a"], ["chokepoints"]):
        done = run("--dataset", path, *command)
        assert done.code == 0
        assert "warning: no demand in 2024, left out: bus\n" in done.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "warning"),
    [
        ({"demand": ("15000", "0")}, "no demand in 2024, left out: ev"),
        ({"capacities": ("dig,120", "dig,0")}, "the balance of 2024 serves nothing of: ev@JP"),
        (
            {"capacities": ("t_finished/yr,nameplate,2020-01", "t_finished/yr,nameplate,2025-06")},
            "the balance of 2024 serves nothing of: ev@JP",
        ),
    ],
)
def test_what_has_no_base_has_no_loss_of_zero(run, folder, change, warning):
    """A plant that opens later or a line of zero: once a total of 0, or a traceback."""
    done = ask(run, folder(**change))
    assert done.code == 0
    assert f"warning: {warning}\n" in done.err
    for total in done.envelope["results"]:
        assert (total["product"], total["loss_none"], total["loss_least"]) == ("total", None, None)


@pytest.mark.slow
def test_a_day_counts_as_its_month(run, folder):
    path = folder(
        capacities=("t_finished/yr,nameplate,2020-01", "t_finished/yr,nameplate,2024-12-01")
    )
    assert ask(run, path).envelope["results"][-1]["loss_none"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("quantity", "message"),
    [("1e300", "larger than 1e+18"), ("1e-300", "nearer to 0 than 1e-18")],
)
def test_numbers_beyond_any_quantity_are_refused(run, folder, quantity, message):
    done = run("validate", folder(capacities=("dig,120", f"dig,{quantity}")))
    assert done.code == 3
    assert f"'{quantity}' is {message}. No quantity here is" in done.out


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_the_answer_does_not_depend_on_the_size_of_the_chain(run, folder, scale):
    path = folder(
        capacities=("dig,120", f"dig,{120 * scale!r}"),
        demand=("15000", repr(15000 * scale)),
        observations=(",90,", f",{90 * scale!r},"),
        trade=(",90,", f",{90 * scale!r},"),
    )
    folder(capacities=("sinter,40", f"sinter,{40 * scale!r}"))
    total = ask(run, path, remove="id=mine-a share=0.75").envelope["results"][-1]
    assert total["loss_none"] == pytest.approx(0.75, abs=1e-8)
    assert total["loss_least"] == pytest.approx(2 / 3, abs=1e-8)


@pytest.fixture
def later(folder):
    """From 2027 mine A digs 30 of 90 t and a new mine N 60 t."""
    return folder(
        facilities=add("mine-n,Mine N,CN,op,mine,dig,operating,,"),
        capacities=add(
            "mine-a,1,dig,30,t_reo/yr,nameplate,2027-01\nmine-n,1,dig,60,t_reo/yr,nameplate,2027-01"
        ),
    )


@pytest.mark.slow
def test_a_plant_without_a_base_flow_is_missed_by_nobody_and_said_to_be(run, later):
    """Losses are held against what the month serves when nobody reroutes: a third, from mine A."""
    done = ask(run, later, "--at", "2028-01", remove="id=mine-n")
    row, _, _, total = done.envelope["results"]
    for line in (row, total):
        assert line["loss_none"] == line["loss_12m"] == line["loss_least"] == 0
        assert line["flags"] == ["no_base_flow"]
    assert "serves 33.3 % of 2024 demand if nobody reroutes" in done.err


@pytest.mark.slow
def test_a_plant_that_opened_since_makes_up_for_the_one_that_stops(run, later):
    """Mine A serves the third that is left; mine N digs twice that, and its ore can come too."""
    done = ask(run, later, "--at", "2028-01", remove="id=mine-a")
    total = done.envelope["results"][-1]
    assert total["loss_none"] == pytest.approx(1 / 3, abs=1e-6)
    assert total["loss_12m"] == total["loss_least"] == pytest.approx(0, abs=1e-6)


@pytest.mark.slow
def test_a_month_in_which_nothing_runs_says_so(run, folder):
    done = ask(run, folder(), "--at", "1999-01")
    assert done.envelope["results"][-1]["loss_none"] == 0
    assert "without a removal 1999-01 serves 0.0 % of 2024 demand if nobody reroutes" in done.err


@pytest.mark.slow
def test_in_the_base_month_there_is_nothing_to_say(run, folder):
    assert "serves" not in ask(run, folder(), "--at", "2024-12").err


@pytest.mark.slow
def test_a_damaged_balance_is_computed_anew(run, folder):
    path = folder()
    run("--dataset", path, "balance", "--write")
    stored = path / "derived" / "baseline.csv"
    good = stored.read_text()
    ore = next(line for line in good.splitlines() if line.startswith("arc,"))
    for damage in ("x", "nan", "-3", "1e9", ""):
        broken = ore.split(",")
        broken[2] = damage
        stored.write_text(good.replace(ore, ",".join(broken)))
        done = ask(run, path)
        assert done.code == 0, damage
        assert done.err.startswith("balance: computed now"), damage
        assert done.envelope["results"][-1]["loss_none"] == pytest.approx(1), damage
    for rubbish in (b"\xff\xfe\x00", b"", b"block,id\nhash\n"):
        stored.write_bytes(rubbish)
        assert ask(run, path).code == 0
    stored.write_text(good)
    assert not ask(run, path).err.startswith("balance: computed now")


def test_a_package_with_half_a_sign_is_refused(run, folder):
    path = folder()
    (path / "datapackage.json").write_text('{"name": "toy\\ud800"}')
    done = run("validate", path)
    assert (done.code, len(done.out.splitlines())) == (3, 1)
    assert "datapackage.json: file is not a readable data package" in done.out


def test_python_refuses_what_the_command_line_refuses():
    chain = sg.load("three-nodes")
    with pytest.raises(UsageError, match="month '2026-1' is not YYYY-MM"):
        chain.chokepoints(at="2026-1")
    with pytest.raises(UsageError, match="top '-1' is below 1"):
        chain.chokepoints(top=-1)


@pytest.mark.slow
def test_a_rank_of_an_owner_pipes_into_its_own_loss(run, folder):
    """The row that closes a group is never ranked; the pipe leaves it out as well."""
    path = folder(
        facilities=add("rest-a,Rest of A,CN,op,mine,dig,operating,,rest"),
        capacities=add("rest-a,1,dig,40,t_reo/yr,nameplate,2020-01"),
        observations=("output(id=mine-a),90", "output(id=mine-a),60"),
    )
    ranked = run("--dataset", path, "chokepoints", "--by", "operator", "--format", "tsv")
    piped = run("--dataset", path, "whatif", "--remove", "-", stdin=ranked.out)
    # The operator's plants stand in both countries, so that all is lost at home.
    assert float(piped.rows[-1]["loss_none"]) == float(ranked.rows[0]["loss_home_none"])
    whole = ask(run, path, remove="operator=op")
    assert "warning: also removed, though left running in the ranking: rest-a\n" in whole.err
    assert "also removed" not in ask(run, path, remove="operator=op kind!=rest").err
    assert "also removed" not in ask(run, path, remove="country=CN").err


@pytest.mark.slow
def test_a_figure_of_zero_that_stands_against_all_others_is_named(run, folder):
    path = folder(observations=(",90,", ",0,"))
    done = ask(run, path)
    assert done.code == 0
    assert "the balance of 2024 serves nothing of: ev@JP" in done.err
    table = run("--dataset", str(path), "balance", "--format", "json").envelope["results"]
    why = {row["id"]: row["why"] for row in table}
    assert why["demand(ev@JP)"].startswith("o1 = 0 t_reo (D) stands against it")


@pytest.mark.slow
def test_a_base_far_below_what_is_published_is_named(run, folder):
    done = ask(run, folder(observations=(",90,", ",9,")))
    assert "serves less than half of the published demand of: ev@JP (10 %)" in done.err


@pytest.mark.slow
def test_python_takes_one_key_and_refuses_an_unknown_rerouting():
    solution = sg.load("three-nodes").remove("id=mine-a").solve(rerouting="none")
    assert solution.shortage(by="product")["loss_none"].tolist() == pytest.approx([1])
    with pytest.raises(UsageError, match="rerouting 'fair' is not known"):
        sg.load("three-nodes").solve(rerouting="fair")


@pytest.mark.slow
def test_a_condition_that_nothing_can_meet_says_so(run, folder):
    """A gate on a column that is empty would stay open for ever."""
    done = ask(run, folder(), "--rerouting", "none", "--fail-if", "loss_least>0.1")
    assert done.code == 1
    assert "fail-if: 3 rows have no loss_least and may meet loss_least>0.1: ev JP" in done.err


def test_nothing_to_rank_names_what_was_asked(run):
    done = run("--dataset", "three-nodes", "chokepoints", "--by", "element")
    assert "warning: nothing to rank by element in this dataset\n" in done.err
