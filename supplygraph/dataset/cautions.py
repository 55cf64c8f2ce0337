"""What is right by every rule and yet should be known: warnings and remarks.

A warning bears on numbers, and every result repeats it. A remark is about rows that may not be
meant as they stand; `validate` prints both.
"""

from __future__ import annotations

from dataclasses import replace

from supplygraph.dataset.recipes import spell_out
from supplygraph.dataset.tables import ROW, Dataset
from supplygraph.dataset.years import name_rows, old_demand, stale_figures


def sourceless_plants(dataset: Dataset) -> tuple[str, ...]:
    """A remark on plants that make something of nothing and are no mines.

    Their feed, such as scrap, is in no table, so no answer lets them make more than in the base
    year; a mine may, up to its capacity.
    """
    recipes = spell_out(dataset)[0]
    bare = {name for name, recipe in recipes.items() if recipe.outputs and not recipe.inputs}
    plants = dataset["facilities"]
    rows = dict(zip(plants["id"], plants[ROW], strict=True))
    raw = set(plants.loc[plants["stage"] == "mine", "id"])
    lines = dataset["capacities"]
    found = {
        plant
        for plant, names in zip(lines["facility"], lines["recipes"], strict=True)
        if plant in rows and plant not in raw and bare.intersection(names)
    }
    if not found:
        return ()
    listed = name_rows(sorted((int(rows[plant]), plant) for plant in found))
    return (
        f"facilities.csv {listed}: no mine, and a recipe without a material input, as of scrap: "
        "never makes more than in the base year. Give the recipe its input, or the plant stage "
        "mine, if it can.",
    )


WARNINGS = (stale_figures, old_demand)
REMARKS = (sourceless_plants,)


def add_cautions(dataset: Dataset) -> Dataset:
    """The dataset with its warnings and remarks, in a fixed order."""
    warnings = [text for warn in WARNINGS for text in warn(dataset)]
    remarks = [text for remark in REMARKS for text in remark(dataset)]
    return replace(
        dataset,
        warnings=(*dataset.warnings, *warnings),
        remarks=(*dataset.remarks, *remarks),
    )
