"""Recipes spelled out: ore vectors become oxides and bundles, one row per material."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from supplygraph.dataset.tables import Dataset
from supplygraph.errors import DatasetError, Fault

RECIPE_COLUMNS = (
    "recipe",
    "direction",
    "material",
    "quantity",
    "essential",
    "alternative_group",
    "_row",
)


@dataclass(frozen=True)
class RecipeFlow:
    """One material per unit of activity of a recipe, in the material's unit."""

    material: str
    quantity: float
    group: str = ""
    essential: bool = True
    row: int = 0


@dataclass(frozen=True)
class Recipe:
    """Inputs and joint outputs per unit of activity."""

    name: str
    inputs: tuple[RecipeFlow, ...]
    outputs: tuple[RecipeFlow, ...]

    def units_of(self, unit: str, units: Mapping[str, str], counts: str = "") -> float:
        """Amount of ``unit`` that one unit of activity stands for (1 when it names the activity).

        A line may state its capacity in its own activity (t_blank) or in what it takes in
        or gives out (t_reo of feed, t_finished of magnets).

        Parameters
        ----------
        unit
            Unit of the capacity.
        units
            Unit of every material.
        counts
            ``feed`` or ``product``, as the capacity says; where it says nothing, a checked dataset
            leaves no doubt.

        Examples
        --------
        >>> units = {"ore": "t_gross", "sand": "t_gross"}
        >>> sorting = Recipe("sort", (RecipeFlow("ore", 4.0),), (RecipeFlow("sand", 1.0),))
        >>> [sorting.units_of("t_gross", units, counts) for counts in ("feed", "product")]
        [4.0, 1.0]
        """
        feed, product = self.taken(unit, units), self.given(unit, units)
        return (product if counts == "product" else feed) or feed or product or 1.0

    def taken(self, unit: str, units: Mapping[str, str]) -> float:
        """What one unit of activity takes in, in one unit; of alternatives the largest."""
        groups: dict[str, float] = {}
        for flow in self.inputs:
            if units.get(flow.material) == unit:
                key = flow.group or flow.material
                groups[key] = max(groups.get(key, 0.0), flow.quantity)
        return sum(groups.values())

    def given(self, unit: str, units: Mapping[str, str]) -> float:
        """What one unit of activity gives out, in one unit."""
        return sum(flow.quantity for flow in self.outputs if units.get(flow.material) == unit)


def vectors(dataset: Dataset, variants: Mapping[str, str] | None = None) -> dict[str, dict]:
    """Oxide share by element of every ore, carbonate and bundle.

    Parameters
    ----------
    dataset
        Checked dataset.
    variants
        Rival vector to use instead of ``default``, by material.

    Returns
    -------
    dict of dict
        Shares by material and element; a bundle's are its ore's, renormalised.
    """
    chosen = dict(variants or {})
    table = dataset.tables["compositions"]
    result: dict[str, dict] = {}
    for material, rows in table.groupby("material", sort=True):
        variant = chosen.get(str(material), "default")
        pick = rows[rows["variant"] == variant]
        result[str(material)] = dict(zip(pick["element"], pick["share"], strict=True))
    for row in dataset.tables["materials"].itertuples():
        if row.bundle_of and row.bundle_of in result:
            parent = result[row.bundle_of]
            part = {e: parent.get(e, 0.0) for e in row.bundle_elements}
            total = sum(part.values())
            if total > 0:
                result[row.id] = {e: share / total for e, share in part.items()}
    return result


def expand(dataset: Dataset, variants: Mapping[str, str] | None = None) -> dict[str, Recipe]:
    """All recipes with `oxides:` and `bundle:` written out.

    Raises
    ------
    DatasetError
        If a recipe names a vector or an oxide that does not exist.
    """
    recipes, faults = spell_out(dataset, variants)
    if faults:
        raise DatasetError(dataset.name, faults)
    return recipes


def spell_out(
    dataset: Dataset, variants: Mapping[str, str] | None = None
) -> tuple[dict[str, Recipe], list[Fault]]:
    """The same with the faults found; what does not exist is then a material without a name."""
    if variants:
        return _spelled_out(dataset, variants)
    if "recipes" not in dataset.remembered:  # every check of recipes asks for them
        dataset.remembered["recipes"] = _spelled_out(dataset, {})
    recipes, faults = dataset.remembered["recipes"]
    return dict(recipes), list(faults)


def _spelled_out(
    dataset: Dataset, variants: Mapping[str, str]
) -> tuple[dict[str, Recipe], list[Fault]]:
    known = vectors(dataset, variants)
    materials = dataset.tables["materials"]
    oxides = {
        row.element[0]: row.id
        for row in materials.itertuples()
        if row.unit == "t_oxide" and len(row.element) == 1
    }
    bundles = {
        row.id: (row.bundle_of, row.bundle_elements)
        for row in materials.itertuples()
        if row.bundle_of
    }
    faults: list[Fault] = []
    writer = _Expander(known, oxides, bundles, faults)
    rows = dataset.tables["recipes"][list(RECIPE_COLUMNS)]
    rows = rows.sort_values(["recipe", "direction", "material"])
    parts = groupby(rows.itertuples(index=False, name=None), key=itemgetter(0))
    return {str(name): writer.recipe(str(name), list(part)) for name, part in parts}, faults


class _Expander:
    """Writes out one recipe, collecting faults."""

    def __init__(
        self,
        known: Mapping[str, Mapping[str, float]],
        oxides: Mapping[str, str],
        bundles: Mapping[str, tuple[str, tuple[str, ...]]],
        faults: list[Fault],
    ) -> None:
        self.known, self.oxides, self.bundles, self.faults = known, oxides, bundles, faults

    def recipe(self, name: str, rows: Sequence[tuple]) -> Recipe:
        """Recipe of rows with `RECIPE_COLUMNS`, sorted by direction and material."""
        inputs, outputs = [], []
        bundled = {
            element
            for _, _, material, *_ in rows
            if material.startswith("bundle:") and material[7:] in self.bundles
            for element in self.bundles[material[7:]][1]
        }
        for _, direction, material, quantity, essential, group, line in rows:
            if direction == "in":
                inputs.append(RecipeFlow(material, quantity, group, bool(essential), line))
            else:
                outputs += self._outputs(material, quantity, line, bundled)
        return Recipe(name, tuple(inputs), tuple(_merge(outputs)))

    def _outputs(
        self, material: str, quantity: float, line: int, bundled: set[str]
    ) -> list[RecipeFlow]:
        if material.startswith("oxides:"):
            vector = self._vector(material[7:], line)
            return [
                RecipeFlow(self._oxide(element, line), quantity * share, row=line)
                for element, share in sorted(vector.items())
                if share > 0 and element not in bundled
            ]
        if material.startswith("bundle:"):
            bundle = material[7:]
            if bundle not in self.bundles:
                self._fault(line, material, "not a bundle in materials.csv", "Give it bundle_of.")
                return []
            ore, elements = self.bundles[bundle]
            vector = self._vector(ore, line)
            return [
                RecipeFlow(bundle, quantity * sum(vector.get(e, 0.0) for e in elements), row=line)
            ]
        return [RecipeFlow(material, quantity, row=line)]

    def _vector(self, ore: str, line: int) -> Mapping[str, float]:
        if ore not in self.known:
            self._fault(line, ore, "without a vector", "Add its shares to compositions.csv.")
        return self.known.get(ore, {})

    def _oxide(self, element: str, line: int) -> str:
        if element not in self.oxides:
            self._fault(
                line, element, "without an oxide", "Add a material with unit t_oxide for it."
            )
        return self.oxides.get(element, "")

    def _fault(self, line: int, value: str, rule: str, way_out: str) -> None:
        self.faults.append(Fault("recipes.csv", line, "material", value, rule, way_out))


def _merge(flows: list[RecipeFlow]) -> list[RecipeFlow]:
    """One flow per material, largest first is not needed: sorted by material."""
    total: dict[str, RecipeFlow] = {}
    for flow in flows:
        old = total.get(flow.material)
        quantity = flow.quantity + (old.quantity if old else 0.0)
        total[flow.material] = RecipeFlow(flow.material, quantity, row=flow.row)
    return [total[name] for name in sorted(total)]
