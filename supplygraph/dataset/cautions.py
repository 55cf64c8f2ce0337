"""What is right by every rule and yet should be known: warnings and remarks.

A warning bears on numbers, and every result repeats it. A remark is about rows that may not be
meant as they stand; `validate` prints both.
"""

from __future__ import annotations

from dataclasses import replace

from supplygraph.dataset.tables import Dataset
from supplygraph.dataset.years import old_demand, stale_figures

WARNINGS = (stale_figures, old_demand)
REMARKS = ()


def add_cautions(dataset: Dataset) -> Dataset:
    """The dataset with its warnings and remarks, in a fixed order."""
    warnings = [text for warn in WARNINGS for text in warn(dataset)]
    remarks = [text for remark in REMARKS for text in remark(dataset)]
    return replace(
        dataset,
        warnings=(*dataset.warnings, *warnings),
        remarks=(*dataset.remarks, *remarks),
    )
