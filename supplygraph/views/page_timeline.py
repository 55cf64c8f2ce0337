"""Months of scenarios for the page: names once, losses as whole ten-thousandths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from supplygraph.views.page_parts import PageRecord, brief_loss, compact

PER_UNIT = 10_000  # the four decimals to which the page holds every loss of a product
PER_MILLE = 1000  # of levels that are drawn as widths
COVERS = ("central", "low", "high")


def timeline_of_page(record: PageRecord) -> dict[str, Any]:
    """What the tab of months needs: products, places and materials by place, then scenarios.

    Parameters
    ----------
    record
        Of the page; without scenarios every list is empty.
    """
    known = record.rows("scenario")
    rows = [row for values in known.values() for row in values["rows"]]
    products = {row["product"]: [row["product"], row["name"], row["sector"]] for row in rows}
    places = {row["region"]: [row["region"], row["place"]] for row in rows}
    materials = sorted({name for row in rows for _, name in row["binding"]})
    arcs, pools = (list(record.rows(part)) for part in ("arc", "pool"))
    order = [list(table) for table in (products, places, materials)]
    numbers = [{name: number for number, name in enumerate(names)} for names in order]
    return {
        "products": list(products.values()),
        "places": list(places.values()),
        "materials": materials,
        "scenarios": [
            {key: values[key] for key in ("title", "description", "note", "months", "asked")}
            | {
                "id": name,
                "notes": values["notes"],
                "spans": [list(span.values()) for span in values["spans"]],
                "total": {key: _whole(loss) for key, loss in values["total"].items()},
                "rows": [_row(row, numbers) for row in values["rows"]],
                "flows": _flows(values["flows"], arcs, pools),
                "recorded": compact(values["recorded"]),
            }
            for name, values in known.items()
        ],
    }


def _row(row: dict[str, Any], numbers: Sequence[dict[str, int]]) -> list[Any]:
    """Product, place, segment, nominal, what binds from which month on, and three series.

    A series that is that at central stocks is left out.
    """
    products, places, materials = numbers
    series = [_whole(row[cover]) for cover in COVERS]
    return [
        products[row["product"]],
        places[row["region"]],
        row["segment"],
        int(row["nominal"]),
        [[first, materials[name]] for first, name in row["binding"]],
        series[0],
        *(one if one != series[0] else 0 for one in series[1:]),
    ]


def _flows(flows: dict[str, Any], arcs: Sequence[str], pools: Sequence[str]) -> dict[str, Any]:
    """Levels as spells: of plants by id, of arcs and pools by their place on the page."""
    place = {name: number for number, name in enumerate((*arcs, *pools))}
    return {
        "plants": [[name, *_spells(levels)] for name, levels in flows["plant"].items()],
        "arcs": [[place[n], *_spells(v)] for n, v in flows["arc"].items() if n in place],
        "pools": [
            [place[n] - len(arcs), *_spells(v)] for n, v in flows["pool"].items() if n in place
        ],
    }


def _spells(levels: Sequence[float]) -> list[int]:
    """Months in which a level changes, each before the new level in thousandths; 1 at first.

    Examples
    --------
    >>> _spells([1.0, 0.5, 0.5, 0.25])
    [1, 500, 3, 250]
    """
    found, last = [], PER_MILLE
    for month, level in enumerate(levels):
        if (now := round(PER_MILLE * level)) != last:
            found += [month, now]
            last = now
    return found


def _whole(losses: Sequence[float | None]) -> list[int | None]:
    """Losses in ten-thousandths; one of nothing that weighs stays unknown.

    Examples
    --------
    >>> _whole([0.12346, 1e-9, 0.0, None])
    [1234, 1, 0, None]
    """
    found = [None if loss is None else brief_loss(loss) for loss in losses]
    return [None if loss is None else round(PER_UNIT * (loss or 0.0)) for loss in found]
