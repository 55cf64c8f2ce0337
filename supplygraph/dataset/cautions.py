"""What is right by every rule and yet should be known: warnings and remarks.

A warning bears on numbers, and every result repeats it. A remark is about rows that may not be
meant as they stand; `validate` prints both.
"""

from __future__ import annotations

from dataclasses import replace

from supplygraph.dataset.capacities import RUNNING
from supplygraph.dataset.identity import ancestors
from supplygraph.dataset.recipes import spell_out
from supplygraph.dataset.tables import ROW, Dataset
from supplygraph.dataset.years import name_rows, old_demand, stale_figures

WIDEST = 1.0  # relative; wider, a figure says less than that the quantity is not negative


def wide_errors(dataset: Dataset) -> tuple[str, ...]:
    """A warning per table of standard errors above the figure itself, as 5 for 5 %."""
    found = []
    for name, frame in dataset.tables.items():
        if "sigma" in frame.columns and (frame["sigma"] > WIDEST).any():
            wide = frame[frame["sigma"] > WIDEST]
            rows = [(int(r), f"{s:g}") for r, s in zip(wide[ROW], wide["sigma"], strict=True)]
            found.append(
                f"{name}.csv {name_rows(rows)}: sigma above 1, an error larger than the figure "
                "itself, so it hardly pulls. Write 0.05 if 5 % is meant."
            )
    return tuple(found)


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


def plants_without_a_line(dataset: Dataset) -> tuple[str, ...]:
    """A remark on plants said to run of which no table says what they make.

    A member of a group whose total has a line is counted there.
    """
    plants = dataset["facilities"]
    lined = set(dataset["capacities"]["facility"])
    parents = dict(zip(plants["id"], plants["parent_id"], strict=True))
    columns = (plants[name] for name in (ROW, "id", "status"))
    found = [
        (int(row), str(plant))
        for row, plant, status in zip(*columns, strict=True)
        if status in RUNNING and lined.isdisjoint([plant, *ancestors(plant, parents)])
    ]
    if not found:
        return ()
    return (
        f"facilities.csv {name_rows(found)}: said to run, and no line in capacities.csv: no answer "
        "lets it make anything. Give it a line, whose quantity may be blank, or another status.",
    )


WARNINGS = (stale_figures, old_demand, wide_errors)
REMARKS = (sourceless_plants, plants_without_a_line)


def add_cautions(dataset: Dataset) -> Dataset:
    """The dataset with its warnings and remarks, in a fixed order."""
    warnings = [text for warn in WARNINGS for text in warn(dataset)]
    remarks = [text for remark in REMARKS for text in remark(dataset)]
    return replace(
        dataset,
        warnings=(*dataset.warnings, *warnings),
        remarks=(*dataset.remarks, *remarks),
    )
