"""Recipes, bundles and units fit the materials they speak of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice

from supplygraph.dataset.cells import shorten
from supplygraph.dataset.recipes import Recipe, spell_out
from supplygraph.dataset.tables import ROW, Dataset
from supplygraph.errors import Fault, UsageError
from supplygraph.schema import hint
from supplygraph.units import MATERIAL_UNITS, per_unit, per_year

OXIDES, BUNDLE = "oxides:", "bundle:"
SAME = 1e-9  # quantities of recipes are written with far fewer digits
# A magnet line may be stated in the blanks it presses, which no material of its recipe is.
HIDDEN_ACTIVITY = {"t_finished": "t_blank"}


@dataclass(frozen=True)
class _Known:
    """What the rows of recipes may name."""

    materials: tuple[str, ...]
    vectors: Mapping[str, set[str]]
    oxides: set[str]
    bundled: Mapping[str, set[str]]

    def problem(self, recipe: str, material: str, direction: str) -> tuple[str, str] | None:
        """Rule and way out of a material that cannot stand in this row."""
        prefix = next((p for p in (OXIDES, BUNDLE) if material.startswith(p)), "")
        name = material.removeprefix(prefix)
        if name not in self.materials:
            return "not in materials.csv", hint(name, self.materials).strip() or "Add it there."
        if prefix and direction == "in":
            return "an output written as an input", "Name one material for each input."
        if prefix and name not in self.vectors:
            way_out = "Add its shares to compositions.csv, or bundle_of to materials.csv."
            return "of a material without a vector", way_out
        if prefix == OXIDES:
            missing = sorted(self.vectors[name] - self.oxides - self.bundled.get(recipe, set()))
            if missing:
                rule = f"of elements without an oxide ({', '.join(missing)})"
                return rule, "Add a material with unit t_oxide for each."
        return None


def _known(dataset: Dataset) -> _Known:
    materials, recipes = dataset["materials"], dataset["recipes"]
    single = materials.loc[materials["unit"] == "t_oxide", "element"]
    parts = dict(zip(materials["id"], materials["bundle_elements"], strict=True))
    bundled: dict[str, set[str]] = defaultdict(set)
    for recipe, material in zip(recipes["recipe"], recipes["material"], strict=True):
        if material.startswith(BUNDLE):
            bundled[recipe] |= set(parts.get(material.removeprefix(BUNDLE), ()))
    return _Known(
        materials=tuple(materials["id"]),
        vectors=_vector_elements(dataset),
        oxides={elements[0] for elements in single if len(elements) == 1},
        bundled=bundled,
    )


def check_recipes(dataset: Dataset) -> Iterator[Fault]:
    """A recipe makes something, and its materials, ores and bundles exist."""
    frame = dataset["recipes"]
    if dataset.has("materials"):
        known = _known(dataset)
        columns = (frame[c] for c in (ROW, "recipe", "material", "direction"))
        for row, recipe, material, direction in zip(*columns, strict=True):
            problem = known.problem(recipe, material, direction) if material else None
            if problem:
                yield Fault("recipes.csv", row, "material", shorten(material), *problem)
    # A blank quantity is a fault of its own; an output of 0 is none.
    makes = set(frame.loc[(frame["direction"] == "out") & (frame["quantity"] != 0), "recipe"])
    first = dict(zip(reversed(list(frame["recipe"])), reversed(list(frame[ROW])), strict=True))
    for recipe, line in sorted(first.items()):
        if recipe not in makes:
            rule, way_out = "a recipe that makes nothing", "Add a row with direction out."
            yield Fault("recipes.csv", int(line), "recipe", str(recipe), rule, way_out)


def _vector_elements(dataset: Dataset) -> dict[str, set[str]]:
    """Elements with a share above 0, by ore and by bundle."""
    found: dict[str, set[str]] = defaultdict(set)
    shares = dataset["compositions"]
    for material, element, share in zip(
        shares["material"], shares["element"], shares["share"], strict=True
    ):
        if share > 0:
            found[material].add(element)
    frame = dataset["materials"]
    for bundle, ore, parts in zip(
        frame["id"], frame["bundle_of"], frame["bundle_elements"], strict=True
    ):
        if ore and ore in found:
            found[bundle] = found[ore] & set(parts)
    return dict(found)


def check_bundles(dataset: Dataset) -> Iterator[Fault]:
    """A bundle names its ore and its elements, and the ore's vector holds some of them."""
    vectors = _vector_elements(dataset)
    frame = dataset["materials"]
    for row, name, ore, elements in zip(
        frame[ROW], frame["id"], frame["bundle_of"], frame["bundle_elements"], strict=True
    ):
        if bool(ore) != bool(elements):
            column = "bundle_elements" if ore else "bundle_of"
            way_out = "Give both bundle_of and bundle_elements, or neither."
            yield Fault("materials.csv", row, column, "", f"is missing for bundle {name}", way_out)
        elif ore and dataset.has("compositions") and not vectors.get(name):
            rule = "an ore whose vector holds none of these elements"
            way_out = "Add the ore's shares to compositions.csv or correct the elements."
            yield Fault("materials.csv", row, "bundle_of", ore, rule, way_out)


def check_line_units(dataset: Dataset) -> Iterator[Fault]:
    """The unit of a line is one that each of its recipes takes in or gives out, all its dates."""
    units = _recipe_units(dataset)
    frame = dataset["capacities"]
    first: dict[tuple[str, str], str] = {}
    columns = (frame[c] for c in (ROW, "facility", "line", "recipes", "unit"))
    for row, plant, line, recipes, unit in zip(*columns, strict=True):
        if not unit:
            continue
        try:
            substance = per_year(unit)[1]
        except UsageError as error:
            yield _unit_fault("capacities.csv", row, unit, "not a yearly mass", _way_out(error))
            continue
        if first.setdefault((plant, line), substance) != substance:
            rule = f"not the unit of this line on other dates, {first[plant, line]}/yr"
            yield _unit_fault("capacities.csv", row, unit, rule, "Use one unit for a line.")
        for recipe in recipes:
            fits = units.get(recipe, set())
            if fits and substance not in fits:
                rule = f"no unit of recipe '{recipe}'"
                way_out = f"Write {' or '.join(f'{u}/yr' for u in sorted(fits))}."
                yield _unit_fault("capacities.csv", row, unit, rule, way_out)


def sound_recipes(dataset: Dataset) -> dict[str, Recipe]:
    """Recipes spelled out; none where a row of them is at fault, which would bring others."""
    blank = dataset["recipes"]["quantity"].isna().any()
    damaged = blank or any(True for _ in chain(check_recipes(dataset), check_bundles(dataset)))
    return {} if damaged else spell_out(dataset)[0]


def check_line_counts(dataset: Dataset) -> Iterator[Fault]:
    """What a capacity counts is clear: feed or product, the same on all dates of its line."""
    recipes, units = sound_recipes(dataset), _material_units(dataset)
    frame = dataset["capacities"]
    first: dict[tuple[str, str], str] = {}
    columns = (frame[c] for c in (ROW, "facility", "line", "recipes", "unit", "counts"))
    for row, plant, line, names, unit, counts in zip(*columns, strict=True):
        if first.setdefault((plant, line), counts) != counts:
            rule = f"not what this line counts on other dates, {first[plant, line] or 'blank'}"
            yield Fault("capacities.csv", row, "counts", counts, rule, "Use one for a line.")
            continue
        try:
            substance = per_year(unit)[1]
        except UsageError:
            continue  # a fault of its own
        known = [recipes[name] for name in names if name in recipes]
        found = (p for recipe in known if (p := _unclear(recipe, substance, counts, units)))
        for column, rule, way_out in islice(found, 1):  # one line, one cause
            shown = unit if column == "unit" else counts
            yield Fault("capacities.csv", row, column, shorten(shown), rule, way_out)


def _unclear(
    recipe: Recipe, substance: str, counts: str, units: Mapping[str, str]
) -> tuple[str, str, str] | None:
    """Column, rule and way out where a capacity does not say what of a recipe it counts."""
    feed, product = recipe.taken(substance, units), recipe.given(substance, units)
    if not counts and feed and product and abs(feed - product) > SAME * max(feed, product):
        rule = f"the unit of what '{recipe.name}' takes in ({feed:g}) and gives out ({product:g})"
        return "unit", rule, "Write feed or product in a column counts."
    if (counts == "feed" and not feed) or (counts == "product" and not product):
        does = "takes in" if counts == "feed" else "gives out"
        rule = f"what '{recipe.name}' {does}, of which nothing is in {substance}"
        return "counts", rule, "Blank it, or state the capacity in a unit of it."
    return None


def _recipe_units(dataset: Dataset) -> dict[str, set[str]]:
    unit_of = _material_units(dataset)
    found: dict[str, set[str]] = defaultdict(set)
    recipes = dataset["recipes"]
    for recipe, material in zip(recipes["recipe"], recipes["material"], strict=True):
        name = material.removeprefix(BUNDLE)
        unit = "t_oxide" if material.startswith(OXIDES) else unit_of.get(name, "")
        found[recipe] |= {unit, HIDDEN_ACTIVITY.get(unit, "")} - {""}
    return dict(found)


def _material_units(dataset: Dataset) -> dict[str, str]:
    frame = dataset["materials"]
    return dict(zip(frame["id"], frame["unit"], strict=True))


def check_quantity_units(dataset: Dataset) -> Iterator[Fault]:
    """Units of trade, needs, demand, recipes and observations fit what they measure."""
    unit_of = _material_units(dataset)
    yield from _check_trade(dataset, unit_of)
    yield from _check_needs(dataset, unit_of)
    yield from _check_demand(dataset)
    yield from _check_recipe_units(dataset, unit_of)
    yield from _check_observations(dataset)


def _check_trade(dataset: Dataset, unit_of: dict[str, str]) -> Iterator[Fault]:
    frame = dataset["trade"]
    for row, materials, unit in zip(frame[ROW], frame["material"], frame["unit"], strict=True):
        if not unit:
            continue
        try:
            substance = per_year(unit)[1]
        except UsageError as error:
            yield _unit_fault("trade.csv", row, unit, "not a yearly mass", _way_out(error))
            continue
        for material in materials:
            if unit_of.get(material) not in (None, "", substance):
                rule = f"not the unit of {material}"
                way_out = f"Write {unit_of[material]}, or convert the figure."
                yield _unit_fault("trade.csv", row, unit, rule, way_out)


def _check_needs(dataset: Dataset, unit_of: dict[str, str]) -> Iterator[Fault]:
    products = dataset["products"]
    thing_of = dict(zip(products["id"], products["unit"], strict=True))
    frame = dataset["needs"]
    columns = (frame[c] for c in (ROW, "product", "material", "unit"))
    for row, product, material, unit in zip(*columns, strict=True):
        if not unit or product not in thing_of or not unit_of.get(material):
            continue
        thing, wanted = thing_of[product], unit_of[material]
        mass = unit.partition("/")[0]
        example = "piece" if wanted == "piece" else "kg"
        try:
            per_unit(unit, thing)
        except UsageError:
            way_out = f"Write {example}/{thing}."
            yield _unit_fault("needs.csv", row, unit, f"not a mass per {thing}", way_out)
            continue
        if (mass == "piece") != (wanted == "piece") or (
            "_" in mass and mass.partition("_")[2] != wanted.removeprefix("t_")
        ):
            rule = f"not a measure of {material}, which is in {wanted}"
            yield _unit_fault("needs.csv", row, unit, rule, f"Write {example}/{thing}.")


def _check_demand(dataset: Dataset) -> Iterator[Fault]:
    products = dataset["products"]
    thing_of = dict(zip(products["id"], products["unit"], strict=True))
    frame = dataset["demand"]
    for row, product, unit in zip(frame[ROW], frame["product"], frame["unit"], strict=True):
        thing = thing_of.get(product, "")
        if unit and thing and unit.removesuffix("/yr") != thing:
            rule = f"not the unit of {product}"
            yield _unit_fault("demand.csv", row, unit, rule, f"Write {thing}/yr.")


def _check_recipe_units(dataset: Dataset, unit_of: dict[str, str]) -> Iterator[Fault]:
    frame = dataset["recipes"]
    for row, material, unit in zip(frame[ROW], frame["material"], frame["unit"], strict=True):
        mass = unit.partition("/")[0].strip()
        wanted = unit_of.get(material, "")
        if wanted and mass in MATERIAL_UNITS and mass != wanted:
            rule = f"not the unit of {material}"
            yield _unit_fault(
                "recipes.csv", row, unit, rule, f"Write {wanted} per unit of activity."
            )


def _check_observations(dataset: Dataset) -> Iterator[Fault]:
    frame = dataset["observations"]
    for row, expression, unit in zip(frame[ROW], frame["expression"], frame["unit"], strict=True):
        if not unit or not expression:
            continue
        if ("/" in expression) != (unit == "fraction"):
            rule = "the unit of a share" if unit == "fraction" else "the unit of an amount"
            way_out = "Use fraction for a quotient of two sums, and only there."
            yield _unit_fault("observations.csv", row, unit, rule, way_out)
        elif unit != "fraction":
            try:
                per_year(unit)
            except UsageError as error:
                rule, way_out = "not a yearly mass", _way_out(error)
                yield _unit_fault("observations.csv", row, unit, rule, way_out)


def _unit_fault(file: str, row: int, unit: str, rule: str, way_out: str) -> Fault:
    return Fault(file, row, "unit", shorten(unit), rule, way_out)


def _way_out(error: UsageError) -> str:
    """Second sentence of a message of units.py, which is its way out."""
    return str(error).partition(". ")[2]
