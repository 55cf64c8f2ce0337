"""A record of a page with any number of plants, drawn from a seed: no engine is asked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from supplygraph.results import Results

STAGES = ("mine", "separation", "metal", "magnet", "component")
SECTORS = ("autos", "defence", "chips", "energy", "industry", "other")
COUNTRIES = [f"{a}{b}" for a in "ABCDE" for b in "VWXYZ"]


def large_record(plants: int, seed: int = 7) -> Results:
    """Plants over five stages and 25 countries, a quarter as many products, flows, removals."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, str, dict]] = [
        ("meta", "page", {"base_year": 2024, "weights": "level", "at": None})
    ]
    columns = [(stage, stage) for stage in STAGES] + [("product", name) for name in SECTORS]
    share = 1 / np.arange(1, len(COUNTRIES) + 1) ** 1.1
    share /= share.sum()
    nodes = []
    for number in range(plants):
        column = int(rng.integers(len(STAGES)))
        nodes.append(_plant(rng, number, column, COUNTRIES[rng.choice(len(COUNTRIES), p=share)]))
    for number in range(plants // 4):
        nodes.append(_product(rng, number, len(STAGES) + int(rng.integers(len(SECTORS)))))
    for number, (stage, process) in enumerate(columns):
        here = [n for n in nodes if n["column"] == f"c{number:02d}"]
        rows.append(("column", f"c{number:02d}", _column(stage, process, here)))
    used = {node["country"] for node in nodes}
    for name, part in zip(COUNTRIES, share, strict=True):
        if name in used:
            values = {"id": name, "name": f"Country {name}", "market": name, "region": name}
            rows.append(("country", name, values | {"share": float(part), "active": True}))
    rows += [("node", node["id"], node) for node in nodes]
    rows += _flows(rng, nodes)
    rows += [
        ("removal", f"facility:{n['id']}", _removal(rng, i, n))
        for i, n in enumerate(nodes)
        if "product" not in n
    ]
    rows += [
        ("outage", f"facility:{n['id']}", _outage(rng, i))
        for i, n in enumerate(nodes)
        if "product" not in n
    ]
    for number in range(plants // 4):
        product = {
            "name": f"Product number {number}",
            "sector": SECTORS[number % 6],
            "segment": "civil",
        }
        rows.append(
            ("product", f"p{number}", product | {"unit": "unit", "needs": [], "stopped_by": {}})
        )
    table = pd.DataFrame(rows, columns=["part", "id", "values"])
    about = {"name": "synthetic", "version": "0", "hash": f"{seed:064d}"}
    return Results("view", table, about, {"weights": "level"}, {}, 0, ())


def _plant(rng, number: int, column: int, country: str) -> dict:
    quantity = float(np.round(rng.lognormal(5, 1.8), 2)) * bool(rng.random() < 0.8)
    fact = {
        "part": "capacity",
        "what": "nameplate, line 1",
        "quantity": quantity,
        "unit": "t/yr",
        "evidence": "C",
        "year": 2024,
        "source": ["s"],
        "note": "A note of usual length.",
    }
    return {
        "id": f"plant-{number}",
        "name": f"Plant number {number} of the chain",
        "kind": "site",
        "country": country,
        "column": f"c{column:02d}",
        "stage": STAGES[column],
        "process": STAGES[column],
        "status": "operating",
        "running": True,
        "operator": "Owner",
        "owner": "Owner",
        "owner_country": country,
        "place": "",
        "quantity": quantity,
        "unit": "t_reo/yr",
        "share": 0.01,
        "grade": "ABCD"[number % 4],
        "elements": ["Nd", "Dy"],
        "materials": [],
        "parent": "",
        "facts": [fact],
    }


def _product(rng, number: int, column: int) -> dict:
    country = COUNTRIES[int(rng.integers(15))]
    quantity = float(np.round(rng.lognormal(4, 1), 2))
    return {
        "id": f"p{number}@{country}",
        "name": f"Product number {number}",
        "kind": "product",
        "product": f"p{number}",
        "country": country,
        "region": country,
        "column": f"c{column:02d}",
        "stage": "product",
        "process": SECTORS[column - len(STAGES)],
        "segment": "civil",
        "status": "",
        "running": True,
        "quantity": quantity,
        "units": quantity,
        "unit": "unit/yr",
        "grade": "C",
        "facts": [],
    }


def _column(stage: str, process: str, nodes: list[dict]) -> dict:
    total = sum(node["quantity"] for node in nodes)
    return {
        "stage": stage,
        "processes": [process],
        "unit": "t_reo/yr",
        "sites": len(nodes),
        "products": len(nodes),
        "markets": 15,
        "total": total,
        "hhi": 2500.0,
        "parts": {process: 1.0},
        "top": [["AV", 0.4], ["AW", 0.2], ["AX", 0.1]],
    }


def _flows(rng, nodes: list[dict]) -> list[tuple[str, str, dict]]:
    """Pools of each stage and country, arcs between them, and the cells' sums."""
    rows = []
    by_cell: dict[tuple[str, str], list[dict]] = {}
    for node in nodes:
        if node["quantity"] > 0:
            by_cell.setdefault((node["column"], node["country"]), []).append(node)
    for (column, country), makers in sorted(by_cell.items()):
        after = f"c{int(column[1:]) + 1:02d}"
        users = by_cell.get((after, country), [])
        if int(column[1:]) >= len(STAGES):
            continue
        made = sum(node["quantity"] for node in makers)
        pool = {
            "id": f"m{column}@{country}",
            "material": f"m{column}",
            "market": country,
            "unit": "t_reo/yr",
            "made": made,
            "home": made,
            "stay": made,
            "makers": {node["id"]: node["quantity"] for node in makers},
            "users": {node["id"]: made / len(users) for node in users},
        }
        rows.append(("pool", pool["id"], pool))
        for end in rng.choice(COUNTRIES, 4, replace=False):
            if (after, str(end)) in by_cell:
                quantity = float(made * rng.random() * 0.3)
                arc = {"origin": pool["id"], "destination": f"m{column}@{end}"}
                name = f"m{column}:{country}>{end}"
                rows.append(("arc", name, arc | {"id": name, "quantity": quantity, "grade": "C"}))
                flow = {
                    "origin": [country, column],
                    "destination": [str(end), after],
                    "material": f"m{column}",
                    "unit": "t_reo/yr",
                    "quantity": quantity,
                    "reported": quantity if rng.random() < 0.3 else 0.0,
                }
                rows.append(("flow", f"f{len(rows):06d}", flow))
    return rows


def _removal(rng, number: int, node: dict) -> dict:
    none = float(rng.random() ** 6)
    return {
        "id": f"facility:{node['id']}",
        "rank": number + 1,
        "name": node["name"],
        "kind": "facility",
        "country": node["country"],
        "stage": node["stage"],
        "process": node["process"],
        "baseline_share": 0.01,
        "selector": f"id={node['id']}",
        **{f"loss_abroad_{step}": none * 0.7 for step in ("3m", "6m")},
        "loss_abroad_least": none / 4,
        "loss_home_least": 0.0,
        **_lost(none),
    }


def _outage(rng, number: int) -> dict:
    none = float(rng.random() ** 6)
    values = _lost(none)
    if none >= 0.01:
        return {"rank": number + 1, **values}
    hit = [[product, region, lost, None] for product, region, lost, _ in values["products"]]
    unsolved = {name: None for name in values if "_12m" in name}
    return {"rank": None, **values, **unsolved, "products": hit}


def _lost(none: float) -> dict:
    """What both actions have: the losses when nobody reroutes and after a year, and why."""
    places = {"loss_abroad": 1.0, "loss_home": 0.1}
    values: dict = {f"{place}_none": none * part for place, part in places.items()}
    values |= {f"{place}_12m": none * part / 2 for place, part in places.items()}
    values["loss_upper"] = None
    for sector in SECTORS:
        values[f"loss_abroad_none_{sector}"] = none * 0.9
        values[f"loss_abroad_12m_{sector}"] = none * 0.4
    return values | {
        "months_to_first_shortage": 2.5,
        "worst_product": "p1",
        "worst_region": "AV",
        "binding_input": "mc00",
        "evidence": "C",
        "flags": [],
        "products": [["p1", "AV", none, none / 2], ["p2", "AW", none / 2, none / 4]],
    }
