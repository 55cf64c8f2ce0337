"""From `init` to the answers of docs/design.md#three-nodes, by the command line alone."""

import pytest

pytestmark = pytest.mark.slow

MONTHS = 4 * 12 / 52


@pytest.fixture
def own(run, tmp_path):
    """Run the program on a dataset just written by `init`."""
    folder = tmp_path / "own"
    assert run("init", folder).code == 0
    assert run("validate", folder).code == 0

    def call(*arguments: str, stdin: str = ""):
        done = run("--dataset", folder, *arguments, stdin=stdin)
        assert done.code == 0, done.err
        return done

    return call


def test_the_balance_moves_nothing(own):
    for row in own("balance", "--format", "json").envelope["results"]:
        assert abs(row["moved"]) < 1e-6
        assert row["why"] == ""


def test_the_ranking(own):
    """Demand lies in JP: abroad of the mine, at home of the plant, which exports nothing."""
    mine, plant = own("chokepoints", "--format", "json").envelope["results"]
    assert (mine["id"], mine["rank"], mine["flags"]) == ("mine-a", 1, [])
    for bound in ("none", "3m", "6m", "12m", "least"):
        assert mine[f"loss_abroad_{bound}"] == pytest.approx(1)
        assert mine[f"loss_home_{bound}"] is None and plant[f"loss_abroad_{bound}"] is None
        assert plant[f"loss_home_{bound}"] == 0
    assert (plant["id"], plant["rank"], plant["flags"]) == ("plant-b", 2, ["no_abroad"])


def test_the_ranking_of_plants_that_stop(own):
    rows = own("chokepoints", "--as", "outage", "--format", "json").envelope["results"]
    assert [row["id"] for row in rows] == ["mine-a", "plant-b"]
    for row, place in zip(rows, ("abroad", "home"), strict=True):
        assert row["rank"] == 1 and "same_flow" in row["flags"]
        assert row[f"loss_{place}_none"] == pytest.approx(1)
        assert row[f"loss_{place}_least"] == pytest.approx(1)
        assert row["months_to_first_shortage"] == pytest.approx(MONTHS)
        assert (row["worst_product"], row["worst_region"]) == ("ev", "JP")
    assert [row["binding_input"] for row in rows] == ["ore-a", "mag-a"]


@pytest.mark.parametrize(
    ("share", "none", "least"),
    [("1", 1, 1), ("0.75", 0.75, 2 / 3), ("0.25", 0.25, 0), ("0", 0, 0)],
)
def test_what_if_the_mine_stops_in_part(own, share, none, least):
    asked = ("whatif", "--remove", f"id=mine-a share={share}", "--format", "json")
    row, abroad, home, total = own(*asked).envelope["results"]
    assert home["loss_none"] is None and home["loss_least"] is None
    for line in (row, abroad, total):
        assert line["loss_none"] == pytest.approx(none, abs=1e-6)
        assert line["loss_least"] == pytest.approx(least, abs=1e-6)
    assert (row["product"], row["region"], row["unit"]) == ("ev", "JP", "vehicle")
    assert row["demand"] == pytest.approx(15000)
    assert row["binding_none"] == ("ore-a" if none else "")
    assert row["binding_least"] == ("ore-a" if least else "")
    if none:
        assert row["months_to_first_shortage"] == pytest.approx(MONTHS / none)
    else:
        assert row["months_to_first_shortage"] is None


def same(total, row, place, bounds):
    """Whether a total of `whatif` and a row of a ranking, as text, have the same losses."""
    for bound in bounds:
        one, other = total[f"loss_{bound}"], row[f"loss_{place}_{bound}"]
        assert (one == "") == (other == "")
        if one:
            assert float(one) == pytest.approx(float(other), abs=1e-6)


@pytest.mark.parametrize("acts_as", ["export-stop", "outage"])
@pytest.mark.parametrize("by", ["facility", "country", "country-process", "arc"])
def test_a_ranked_row_is_what_its_removal_costs(own, by, acts_as):
    """The tsv of `chokepoints`, piped to `whatif --remove -`, gives the row's own losses."""
    table = own("chokepoints", "--by", by, "--as", acts_as)
    header, *lines = table.out.splitlines(keepends=True)
    for line, row in zip(lines, table.rows, strict=True):
        totals = own("whatif", "--remove", "-", "--as", acts_as, stdin=header + line).rows[-3:]
        for total in totals[:2]:
            same(total, row, total["place"], ("none", "3m", "6m", "12m", "least"))


@pytest.mark.parametrize(
    ("by", "acts_as"),
    [("operator", "outage"), ("element", "outage"), ("element-country", "export-stop")],
)
def test_rows_of_the_rare_earth_chain_can_be_piped_too(run, by, acts_as):
    how = ("--rerouting", "none", "--as", acts_as)
    table = run("chokepoints", "--by", by, "--top", "1", *how)
    piped = run("whatif", "--remove", "-", *how, stdin=table.out)
    assert [row["place"] for row in piped.rows[-3:]] == ["abroad", "home", ""]
    for total in piped.rows[-3:-1]:
        same(total, table.rows[0], total["place"], ("none",))


def test_plants_without_a_rank_are_left_out_of_a_pipe(run):
    table = run("chokepoints", "--rerouting", "none")
    lines = table.out.splitlines(keepends=True)
    unranked = [line for line in lines if line.split("\t")[1] == ""]
    assert unranked and lines[-1] == unranked[-1]
    piped = run("whatif", "--remove", "-", "--rerouting", "none", stdin="".join(lines[:2]))
    both = run(
        "whatif", "--remove", "-", "--rerouting", "none", stdin="".join(lines[:2] + unranked)
    )
    assert both.out == piped.out
    assert f"{len(unranked)} plants without a known share are left out" in both.err


def test_standard_input_takes_ids_and_selectors(own):
    whole = own("whatif", "--remove", "id=mine-a").out
    assert own("whatif", "--remove", "-", stdin="mine-a\n\n").out == whole
    assert own("whatif", "--remove", "-", stdin="id=mine-a share=1\r\n").out == whole
    assert own("whatif", "--remove", "id=plant-b", "--remove", "-", stdin="mine-a").code == 0
