"""One HTML file that opens from disk: no network, no script but its own, the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from supplygraph.results import Results
from supplygraph.trade_words import SECTORS, step_text, unit_text, word
from supplygraph.views.layout import StageMatrix, column_text
from supplygraph.views.page_deals import deals_of_page
from supplygraph.views.page_parts import PageRecord, brief_loss, compact
from supplygraph.views.page_template import policy_hash, template_environment, web_text
from supplygraph.views.page_timeline import timeline_of_page
from supplygraph.views.pyvis_network import network_of
from supplygraph.views.sankey import sankey_of
from supplygraph.views.stage_matrix import matrix_of
from supplygraph.views.style import DARK, LIGHT
from supplygraph.writing import write_text

TEMPLATE = "page.html"
NOT_SHOWN = ("loss_home_3m", "loss_home_6m")  # the way there is told of losses abroad alone
SCRIPTS = (
    "data.js",
    "draw.js",
    "losses.js",
    "cascade.js",
    "whatif.js",
    "licence.js",
    "matrix.js",
    "drag.js",
    "sankey.js",
    "flows.js",
    "network.js",
    "land.js",
    "map.js",
    "panel.js",
    "tables.js",
    "timeline.js",
    "timeline_panel.js",
    "month_flows.js",
    "deals.js",
    "share.js",
    "main.js",
)


class View:
    """A page of a chain.

    Parameters
    ----------
    results
        Record of kind ``view``, as ``chain.page()`` gives it or `load_results` reads it.

    Raises
    ------
    SupplygraphError
        If the record is of another kind.
    """

    def __init__(self, results: Results) -> None:
        self.results = results
        self._record = PageRecord(results)

    def html(self) -> str:
        """The page as text. Opened from disk it makes no request and runs only its own script."""
        matrix = matrix_of(self._record)
        net = network_of(matrix)
        net.heading = self.results.dataset.get("name") or "supplygraph"
        script, style = _script(), web_text("page.css")
        net.templateEnv = template_environment(
            script=script,
            style=style,
            script_hash=policy_hash(script),
            style_hash=policy_hash(style),
            page=_page(self._record, matrix),
            title=net.heading,
        )
        net.path = TEMPLATE
        return net.generate_html("page.html")

    def save(self, path: str | Path) -> Path:
        """Write the page; a failure leaves no half-written file.

        Raises
        ------
        SupplygraphError
            If the folder cannot be written.
        """
        return write_text(Path(path), self.html())


def _script() -> str:
    parts = [web_text(name) for name in SCRIPTS]
    return '"use strict";\n(() => {\n' + "\n".join(parts) + "})();\n"


def _page(record: PageRecord, matrix: StageMatrix) -> dict[str, Any]:
    """What the page needs besides nodes and edges."""
    results = record.results
    rows = {part: record.rows(part) for part in ("element", "material", "product", "source")}
    rows["product"] = _products(record)
    return {
        "dataset": dict(results.dataset),
        "meta": record.meta,
        "params": {key: value for key, value in results.params.items() if value is not None},
        "weights": compact(dict(results.weights)),
        "warnings": list(results.warnings),
        "colours": {"light": LIGHT, "dark": DARK},
        "sectors": SECTORS,
        "matrix": _matrix(matrix),
        "sankey": compact(sankey_of(record)),
        "countries": {
            name: {"name": values["name"], "market": values["market"]}
            for name, values in record.rows("country").items()
        },
        "pools": [
            [
                p["id"],
                p["material"],
                unit_text(p["unit"]),
                p["made"],
                p["home"],
                p["stay"],
                list(p["makers"].items()),
                list(p["users"].items()),
            ]
            for p in map(compact, _filled(record, "pool"))
        ],
        "arcs": [
            [a["origin"], a["destination"], a["quantity"], a["grade"]]
            for a in map(compact, _filled(record, "arc"))
        ],
        "removals": _removals(record),
        "outages": _outages(record),
        # Not rounded further: the page's own losses are the engine's.
        "cascade": record.rows("cascade").get("network"),
        "removables": _removables(record),
        "timeline": timeline_of_page(record),
        "deals": deals_of_page(record),
        **{f"{part}s": {name: compact(row) for name, row in rows[part].items()} for part in rows},
    }


def _products(record: PageRecord) -> dict[str, dict[str, Any]]:
    """Products, whose lists of what stops them name removals by their place."""
    place = _places(record)
    found = {}
    for name, product in record.rows("product").items():
        stopped = {
            act: {
                region: [[place[removal], *_pair(*losses)] for removal, *losses in rows]
                for region, rows in regions.items()
            }
            for act, regions in product["stopped_by"].items()
        }
        found[name] = product | {"stopped_by": stopped}
    return found


def _places(record: PageRecord) -> dict[str, int]:
    return {name: number for number, name in enumerate(record.rows("removal"))}


def _removals(record: PageRecord) -> dict[str, Any]:
    """Removals as stops of exports: who each is, what is lost, what reproduces it.

    The name of a plant stands at its node.
    """
    rows, nodes = [], record.rows("node")
    for name, row in record.rows("removal").items():
        step = step_text(row["stage"], row["process"]) if row["process"] else word(row["stage"])
        node = nodes.get(name.removeprefix("facility:"), {})
        kept = row | {
            "step": step,
            "name": None if row["name"] == node.get("name") else row["name"],
        }
        rows.append({key: value for key, value in kept.items() if key not in NOT_SHOWN})
    return _by_names(rows)


def _outages(record: PageRecord) -> dict[str, Any]:
    """What is lost where the plants stop, of the same removals by their place in the list."""
    place = _places(record)
    outages = record.rows("outage").items()
    return _by_names([{"of": place[name]} | row for name, row in outages if name in place])


def _removables(record: PageRecord) -> dict[str, Any]:
    """What can be taken away, by id; selectors of removals stand there, reasons in a list once."""
    known, rows = record.rows("removal"), record.rows("removable")
    reasons = list(dict.fromkeys(row["why"] for row in rows.values() if "why" in row))
    place = {reason: number for number, reason in enumerate(reasons)}
    items = {}
    for name, row in rows.items():
        kept = {key: row[key] for key in row if key != "selector" or name not in known}
        items[name] = {"why": place[row["why"]]} if "why" in row else compact(kept)
    return {"reasons": reasons, "items": items}


def _by_names(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows below their names, which would take half of the page if repeated; no empty columns.

    A column of few words holds their places in a list of them.
    """
    table = [
        {name: value for name, value in compact(_parts(row)).items() if value != []} for row in rows
    ]
    names = list(dict.fromkeys(name for row in table for name in row))
    words: dict[str, list[str]] = {}
    for name in names:
        used = dict.fromkeys(row[name] for row in table if isinstance(row.get(name), str))
        if 0 < 2 * len(used) <= len(table):
            words[name] = list(used)
            place = {word: number for number, word in enumerate(used)}
            table = [row | {name: place.get(row.get(name))} for row in table]
    return {
        "names": names,
        "words": words,
        "rows": [[row.get(name) for name in names] for row in table],
    }


def _parts(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose losses are brief, most of all those of sectors and products: they are many."""
    sectors = tuple(f"_{sector}" for sector in SECTORS)
    found = {
        name: brief_loss(x, 4 if name.endswith(sectors) else 7) if name.startswith("loss_") else x
        for name, x in row.items()
    }
    hit = [[*where, *_pair(none, year)] for *where, none, year in row.get("products", ())]
    return found | {"products": hit}


def _pair(none: float, year: float | None) -> list[float | None]:
    """Loss under none and after a year, the second left out where it was not solved for."""
    return [brief_loss(none)] if year is None else [brief_loss(none), brief_loss(year)]


def _filled(record: PageRecord, part: str) -> list[dict[str, Any]]:
    return list(record.rows(part).values())


def _matrix(matrix: StageMatrix) -> dict[str, Any]:
    """Columns, lanes and size of the picture."""
    return {
        "width": matrix.width,
        "height": round(matrix.height, 2),
        "hidden": matrix.hidden,
        "columns": [
            {
                "id": c.id,
                "x": round(c.x, 2),
                "width": round(c.width, 2),
                "title": c.title,
                "group": c.group,
                "block": c.block,
                "lines": column_text(c.values),
                "stage": c.values["stage"],
                "processes": c.values["processes"],
                "unit": unit_text(c.values["unit"]),
                "total": compact(c.values["total"]),
                "steps": {p: step_text(c.values["stage"], p) for p in c.values["processes"]},
                "hhi": compact(c.values["hhi"]),
                "top": compact(c.values["top"]),
            }
            for c in matrix.columns
        ],
        "lanes": [
            {
                "id": lane.id,
                "name": lane.name,
                "share": compact(lane.share),
                "colour": lane.colour,
                "y": round(lane.y, 2),
                "height": round(lane.height, 2),
            }
            for lane in matrix.lanes
        ],
    }
