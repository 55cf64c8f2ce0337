"""What `--fail-if` decides, with what is blank, and what it says when it cannot."""

from __future__ import annotations

import pandas as pd
import pytest
import typer

from supplygraph.cli.conditions import FAILED, UNDECIDED, fail_if, judge, parse_condition
from supplygraph.results import Results

NAN = float("nan")
SHORTAGE = "months_to_first_shortage<3"


def code(kind: str, rows: list[dict], text: str) -> int:
    results = Results(kind, pd.DataFrame(rows), {"name": "t", "version": "0", "hash": ""})
    try:
        fail_if(results, parse_condition(kind, text))
    except typer.Exit as ended:
        return ended.exit_code
    return 0


def plant(name: str, none: float, twelve: float = NAN, upper: float = NAN, **more) -> dict:
    return {
        "id": name,
        "loss_abroad_none": none,
        "loss_abroad_12m": twelve,
        "loss_home_none": NAN,
        "loss_upper": upper,
        **more,
    }


@pytest.mark.parametrize(
    ("rows", "text", "expected"),
    [
        # Known values decide.
        ([plant("a", 0.1, 0.0)], "loss_abroad_none>0.2", 0),
        ([plant("a", 0.3, 0.0)], "loss_abroad_none>0.2", FAILED),
        # A row that meets it decides, whatever others lack.
        ([plant("a", 0.3), plant("b", NAN)], "loss_abroad_none>0.2", FAILED),
        ([plant("a", 0.1), plant("b", NAN)], "loss_abroad_none>0.2", UNDECIDED),
        # An upper limit decides below it, not above, and for every loss abroad.
        ([plant("a", 0.1), plant("b", NAN, upper=0.2)], "loss_abroad_none>0.2", 0),
        ([plant("a", 0.1), plant("b", NAN, upper=0.3)], "loss_abroad_none>0.2", UNDECIDED),
        ([plant("a", 0.1), plant("b", NAN, upper=0.1)], "loss_abroad_none<0.2", FAILED),
        ([plant("a", 0.3), plant("b", NAN, upper=0.3)], "loss_abroad_none<0.2", UNDECIDED),
        ([plant("a", 0.1, 0.0), plant("b", NAN, upper=0.2)], "loss_abroad_12m>0.2", 0),
        ([plant("a", 0.1, 0.0), plant("b", NAN, upper=0.2)], "loss_home_12m>0.2", UNDECIDED),
        # What a later step or the least loses is no more than what nobody rerouting loses.
        ([plant("a", 0.1)], "loss_abroad_12m>0.1", 0),
        ([plant("a", 0.1)], "loss_abroad_least>0.1", 0),
        ([plant("a", 0.2)], "loss_abroad_12m>0.1", UNDECIDED),
        ([plant("a", 0.3, loss_home_none=0.1)], "loss_home_24m>0.1", 0),
        # Of a sector likewise; one in which nothing weighs cannot lose.
        ([plant("a", 0.3, loss_abroad_none_autos=0.1)], "loss_abroad_12m_autos>0.1", 0),
        ([plant("a", 0.3, loss_abroad_none_autos=0.3)], "loss_abroad_12m_autos>0.1", UNDECIDED),
        (
            [
                plant("a", 0.3, loss_abroad_none_autos=0.1),
                plant("b", 0.3, loss_abroad_none_autos=NAN),
            ],
            "loss_abroad_none_autos>0.2",
            0,
        ),
        # A row with no weight in a place has no loss there, which keeps no gate open.
        ([plant("a", 0.1), plant("b", NAN, loss_home_none=0.9)], "loss_abroad_none>0.2", 0),
        ([plant("a", 0.9, loss_home_none=0.1), plant("b", 0.9)], "loss_home_none>0.2", 0),
        # Nothing to decide by.
        ([plant("a", NAN)], "loss_abroad_none>0.2", UNDECIDED),
        ([plant("a", NAN, loss_home_none=0.1)], "loss_abroad_none>0.2", UNDECIDED),
        ([], "loss_abroad_none>0.2", UNDECIDED),
        # An upper limit stands only where nobody knows the loss.
        ([plant("a", 0.3, 0.1)], "loss_upper>0.2", UNDECIDED),
        ([plant("a", 0.3, 0.1), plant("b", NAN, upper=0.1)], "loss_upper>0.2", 0),
        ([plant("a", NAN, loss_home_none=0.1), plant("b", NAN, upper=0.1)], "loss_upper>0.2", 0),
        # Without a loss there is no shortage; without a stock nobody knows when.
        ([plant("a", 0.0, months_to_first_shortage=NAN)], "months_to_first_shortage<3", 0),
        (
            [plant("a", NAN, loss_home_none=0.0, months_to_first_shortage=NAN)],
            "months_to_first_shortage<3",
            0,
        ),
        (
            [plant("a", 0.4, months_to_first_shortage=NAN)],
            "months_to_first_shortage<3",
            UNDECIDED,
        ),
    ],
)
def test_rankings(rows, text, expected):
    assert code("chokepoints", rows, text) == expected


def test_without_contracts_a_step_may_be_worse_than_when_nobody_reroutes():
    table = pd.DataFrame([plant("a", 0.1)])
    about = {"name": "t", "version": "0", "hash": ""}
    gate = parse_condition("chokepoints", "loss_abroad_12m>0.1")
    for floors, expected in ((True, []), (False, ["a"])):
        results = Results("chokepoints", table, about, {"floors": floors})
        assert judge(results, gate)[1] == expected


def lost(product: str, place: str, none: float, **more) -> dict:
    return {"product": product, "place": place, "loss_none": none, "binding_none": "", **more}


@pytest.mark.parametrize(
    ("rows", "text", "expected"),
    [
        # The total of a place in which nothing weighs is empty, and keeps no gate open.
        ([lost("ev", "abroad", 0.1), lost("total", "home", NAN)], "loss_none>0.2", 0),
        ([lost("total", "home", NAN), lost("total", "", NAN)], "loss_none>0.2", UNDECIDED),
        # Rows under any sharing lose no more than when nobody reroutes.
        ([lost("ev", "abroad", 0.2)], "loss_12m>0.2", 0),
        ([lost("ev", "abroad", 0.3)], "loss_least>0.2", UNDECIDED),
        # Without a first month nothing is short in the three years that are counted.
        ([lost("ev", "abroad", 0.2, first_month_low=NAN)], "first_month_low<12", 0),
        ([lost("ev", "abroad", 0.2, first_month_low=NAN)], "first_month_low<=37", UNDECIDED),
        # Below a twentieth no month of shortage is told.
        ([lost("ev", "abroad", 0.05, months_to_first_shortage=NAN)], SHORTAGE, 0),
        ([lost("ev", "abroad", 0.06, months_to_first_shortage=NAN)], SHORTAGE, UNDECIDED),
    ],
)
def test_losses_of_one_removal(rows, text, expected):
    assert code("whatif", rows, text) == expected


def month(product: str, month: str | None, loss: float, **more) -> dict:
    whole = month is None
    row = {
        "product": product,
        "region": "JP",
        "month": month,
        "rerouting": "none",
        "cover": "central",
        "loss": loss,
        "months_lost": 3 * loss if whole else NAN,
        "first_shortage": "2025-02" if whole and loss > 0 else None,
        "demand": 1.0,
        "tts_months": 1.5 if whole and loss > 0 else NAN,
        "ttr_months": NAN,
        "flags": (),
    }
    return row | more


@pytest.mark.parametrize(
    ("rows", "text", "expected"),
    [
        # Rows of single months have no months lost.
        ([month("ev", "2025-01", 0.5), month("ev", None, 0.5)], "months_lost>2", 0),
        ([month("ev", "2025-01", 0.5), month("ev", None, 0.5)], "months_lost>1", FAILED),
        ([month("ev", "2025-01", 0.5)], "months_lost>1", UNDECIDED),
        # A total counts no units.
        ([month("ev", None, 0.5), month("total", None, 0.5, demand=NAN)], "demand>2", 0),
        # What is never short survives any time and is back at once.
        ([month("ev", None, 0.0)], "tts_months<3", 0),
        ([month("ev", None, 0.0)], "ttr_months>3", 0),
        ([month("ev", None, 0.5)], "tts_months<3", FAILED),
        ([month("ev", None, 0.5, flags=("not_recovered",))], "ttr_months>3", FAILED),
        # Short without a shock before it: no time counts.
        ([month("ev", None, 0.5, tts_months=NAN)], "tts_months<3", UNDECIDED),
        # What nobody sized has no first shortage because nobody knows it.
        ([month("ev", None, NAN, months_lost=NAN, tts_months=NAN)], "tts_months<3", UNDECIDED),
        # A need that nobody sized loses at most what it loses when nobody reroutes.
        (
            [
                month("ev", None, 0.1),
                month("ev", None, NAN, rerouting="least", flags=("nominal",)),
            ],
            "loss>0.2",
            0,
        ),
        ([month("ev", None, NAN, rerouting="least", flags=("nominal",))], "loss>0.2", UNDECIDED),
    ],
)
def test_runs(rows, text, expected):
    assert code("run", rows, text) == expected


def test_a_message_names_the_rows_and_the_column(capsys):
    rows = [plant("a", 0.1), *(plant(f"p{number}", NAN) for number in range(7))]
    assert code("chokepoints", rows, "loss_abroad_none>0.2") == UNDECIDED
    assert capsys.readouterr().err == (
        "fail-if: 7 rows have no loss_abroad_none and may meet loss_abroad_none>0.2: "
        "p0; p1; p2; p3; p4; …. Ask for rows that have one.\n"
    )
    assert code("chokepoints", [], "loss_abroad_none>0.2") == UNDECIDED
    assert (
        "there are no rows, so that loss_abroad_none>0.2 cannot be decided"
        in capsys.readouterr().err
    )


@pytest.mark.slow
def test_a_gate_over_a_product_that_nothing_weighs_does_not_pass(run, tmp_path):
    """Needs of grade D weigh nothing but under level: every loss is empty."""
    run("init", tmp_path / "toy")
    needs = tmp_path / "toy" / "needs.csv"
    needs.write_text(needs.read_text().replace("true,A,A", "true,A,D"))
    done = run(
        "--dataset",
        tmp_path / "toy",
        "chokepoints",
        "--weights",
        "sectors",
        "--fail-if",
        "loss_abroad_none>0.2",
    )
    assert done.code == UNDECIDED and "fail-if: no row has a loss_abroad_none" in done.err


def test_a_gate_writes_its_table_first(toy, tmp_path):
    out = tmp_path / "t.csv"
    done = toy("cover", "--fail-if", "months_low<1", "-o", out)
    assert done.code in (FAILED, UNDECIDED) and out.exists() and "fail-if: " in done.err
