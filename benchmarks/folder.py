"""A synthetic chain as a dataset folder, in the project's own tables.

Figures are written with four digits, as a statistical office prints them: they agree with each
other only that far, and the balance has a little to do.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.networks import EITHER, ELEMENTS, SEED, SIZES, Chain, inputs_of, oxide

YEAR = 2024
SPARE = 1.15
SPARE_RAW = 1.3
SECTORS = ("autos", "defence", "chips", "energy", "industry", "other")
UNIT = {
    "mine": "t_reo",
    "separation": "t_oxide",
    "metal": "t_metal",
    "magnet": "t_finished",
    "component": "piece",
    "other": "t_gross",
}
UNIT_OF = {"ore": "t_reo", "ox": "t_oxide", "met": "t_metal", "mag": "t_finished", "part": "piece"}
Rows = list[Sequence[object]]


def write_network(folder: Path, facilities: int = 300, seed: int = SEED) -> Path:
    """Write a network of one of the `SIZES` as a dataset folder.

    The flows behind it go to nobody: a balance has to find them from trade, outputs and demand.
    """
    chain = Chain(SIZES[facilities], seed)
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in _tables(chain).items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows(rows)
    return folder


def _code(country: int) -> str:
    return f"C{country:02d}"


def _tables(chain: Chain) -> dict[str, Rows]:
    return {
        "countries": _countries(chain),
        "elements": [("id", "name", "group"), *((e, e, "light") for e in ELEMENTS)],
        "materials": _materials(chain),
        "compositions": _compositions(chain),
        "recipes": _recipes(chain),
        "facilities": _facilities(chain),
        "capacities": _capacities(chain),
        "trade": _trade(chain),
        "arcs": _arcs(chain),
        "products": _product_rows(chain),
        "needs": _needs(chain),
        "demand": _demand(chain),
        "stocks": _stocks(chain),
        "observations": _observations(chain),
    }


def _countries(chain: Chain) -> Rows:
    codes = [_code(r) for r in range(chain.size.countries)]
    return [("id", "name", "market", "region"), *((c, c, c, c) for c in codes)]


def _materials(chain: Chain) -> Rows:
    rows: Rows = [("id", "stage", "element", "unit")]
    rows += [(t.output, "mine", "", "t_reo") for t in chain.techs["mine"]]
    rows += [(oxide(e), "separation", e, "t_oxide") for e in ELEMENTS]
    for tech in (*chain.techs["metal"], *chain.techs["magnet"], *chain.techs["component"]):
        name = tech.output.removeprefix("met-")
        element = "Nd;Pr" if name == "ndpr" else name.capitalize()
        element = element if tech.stage == "metal" else ""
        rows.append((tech.output, tech.stage, element, UNIT[tech.stage]))
    return rows + [(f"x{x}", "other", "", "t_gross") for x in range(10)]


def _compositions(chain: Chain) -> Rows:
    rows: Rows = [("material", "element", "share")]
    for number, vector in enumerate(chain.vector):
        pairs = zip(ELEMENTS, vector, strict=True)
        rows += [(f"ore-{number}", element, repr(float(share))) for element, share in pairs]
    return rows


def _recipes(chain: Chain) -> Rows:
    rows: Rows = [("recipe", "material", "direction", "quantity", "essential", "alternative_group")]
    for plant in chain.plants:
        output = 0.9 if plant.tech.stage == "separation" else 1
        rows.append((f"r-{plant.id}", plant.tech.output, "out", output, "", ""))
        for name, quantity in inputs_of(plant).items():
            rows.append((f"r-{plant.id}", name, "in", repr(quantity), "true", ""))
        for name, quantity, _ in EITHER.get(plant.tech.name, ()):
            rows.append((f"r-{plant.id}", name, "in", quantity, "true", "heavy"))
    return rows


def _facilities(chain: Chain) -> Rows:
    head = ("id", "name", "country", "operator", "stage", "process", "status", "aggregate_kind")
    rows: Rows = [head]
    for plant in chain.plants:
        kind = "rest" if plant.tech.stage == "other" else ""
        place, tech = _code(plant.country), plant.tech
        stage = "mine" if kind else tech.stage
        rows.append((plant.id, plant.id, place, "", stage, tech.name, "operating", kind))
    return rows


def _capacities(chain: Chain) -> Rows:
    rows: Rows = [("facility", "line", "from_date", "recipes", "quantity", "unit")]
    rng = np.random.default_rng([SEED, 1])
    for plant, luck in zip(chain.plants, rng.uniform(0.0, 2.0, len(chain.plants)), strict=True):
        unit = "t_reo" if plant.tech.stage == "separation" else UNIT[plant.tech.stage]
        per = plant.efficiency if plant.tech.stage == "separation" else 1.0
        spare = SPARE_RAW if plant.tech.stage == "other" else 1 + (SPARE - 1) * luck
        quantity = repr(float(plant.activity * per * spare))
        rows.append((plant.id, 1, "2020-01", f"r-{plant.id}", quantity, f"{unit}/yr"))
    return rows


def _figure(value: float) -> str:
    """As a statistical office would print it: four digits, so that figures disagree a little."""
    return f"{value:.4g}"


def _trade(chain: Chain) -> Rows:
    rows: Rows = [("material", "from", "to", "year", "quantity", "unit", "role", "sigma")]
    for (material, origin, end), flow in sorted(chain.flows.items()):
        if flow > 0:
            unit = UNIT_OF.get(material.split("-")[0], "t_gross")
            pair = (_code(origin), _code(end))
            rows.append((material, *pair, YEAR, _figure(flow), unit, "fit", 0.15))
    return rows


def _arcs(chain: Chain) -> Rows:
    rows: Rows = [("material", "from", "to", "kind")]
    for material, origin, end in sorted(chain.candidates):
        rows.append((material, _code(origin), _code(end), "candidate"))
    return rows


def _product_rows(chain: Chain) -> Rows:
    rows: Rows = [("id", "name", "sector", "segment", "basis", "unit", "value_usd")]
    for q, value in enumerate(chain.value):
        segment = "military" if q % 4 == 0 else "civil"
        name = f"product-{q:02d}"
        rows.append((name, name, SECTORS[q % 6], segment, "counted", "unit", float(value)))
    return rows


def _needs(chain: Chain) -> Rows:
    head = (
        "product",
        "material",
        "quantity",
        "unit",
        "essential",
        "need_evidence",
        "quantity_evidence",
    )
    rows: Rows = [head]
    for q, needs in enumerate(chain.needs):
        for material, quantity in needs.items():
            unit = "piece/unit" if material.startswith("part") else "t/unit"
            rows.append((f"product-{q:02d}", material, quantity, unit, "true", "A", "B"))
    return rows


def _demand(chain: Chain) -> Rows:
    rows: Rows = [("product", "market", "units", "year", "sigma")]
    for q, units in enumerate(chain.demand):
        for r, count in enumerate(units):
            rows.append((f"product-{q:02d}", _code(r), repr(float(count)), YEAR, 0.02))
    return rows


def _stocks(chain: Chain) -> Rows:
    rows: Rows = [("holder", "material", "weeks_low", "weeks_central", "weeks_high")]
    for q, needs in enumerate(chain.needs):
        parts = [m for m in needs if m.startswith("part")]
        for r in range(chain.size.countries):
            rows += [(f"product-{q:02d}@{_code(r)}", m, 2, 4, 8) for m in parts]
    return rows


def _observations(chain: Chain) -> Rows:
    """Output of every plant: what it makes over all its products."""
    rows: Rows = [("id", "expression", "value", "unit", "year", "sigma", "role")]
    for plant in chain.plants:
        made = plant.activity * (0.9 if plant.tech.stage == "separation" else 1.0)
        if plant.tech.stage != "other" and made > 0:
            unit = UNIT[plant.tech.stage]
            text = f"output(id={plant.id})"
            rows.append((f"o-{plant.id}", text, _figure(made), unit, YEAR, 0.05, "fit"))
    return rows
