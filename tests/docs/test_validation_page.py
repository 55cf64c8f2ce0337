"""The page of validation shows what the reference cases give today."""

from pathlib import Path

from tests.faults.page import CASES_BEGIN, CASES_END, case_row
from tests.faults.reference import cases

PAGE = Path(__file__).parents[2] / "docs" / "VALIDATION.md"


def test_every_case_agrees_with_its_source():
    assert len(cases()) > 30
    missed = [
        f"{case.what}: {case.published} published, {case.computed} computed"
        for case in cases()
        if not case.holds
    ]
    assert missed == []


def test_the_page_lists_every_case_with_its_difference():
    """Sources, figures and tolerances as they stand; differences to the tolerance of each."""
    text = PAGE.read_text(encoding="utf-8")
    shown = text.partition(CASES_BEGIN)[2].partition(CASES_END)[0].strip().splitlines()[2:]
    assert len(shown) == len(cases())
    for row, case in zip(shown, cases(), strict=True):
        *said, difference = [cell.strip() for cell in row.strip("| ").split(" | ")]
        *wanted, _ = [cell.strip() for cell in case_row(case).strip("| ").split(" | ")]
        assert said == wanted
        assert abs(float(difference) - case.difference) <= max(case.tolerance, 1e-12)


def test_the_recorded_run_is_told_whole():
    text = PAGE.read_text(encoding="utf-8")
    for word in ("seed", "mutants", "accepted", "failures", "Not tested", "| **all** |"):
        assert word in text
