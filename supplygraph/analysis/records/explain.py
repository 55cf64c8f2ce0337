"""Every figure behind a node, arc, material or product, and every document, with its grade."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.losses.chokepoints import chokepoints
from supplygraph.analysis.records.on_record import fact, ids_on_record, on_record
from supplygraph.baseline import Baseline
from supplygraph.dataset.names import full_names
from supplygraph.errors import UsageError
from supplygraph.hints import did_you_mean
from supplygraph.precision import stated
from supplygraph.vocabulary import OUTAGE

COLUMNS = ("part", "what", "quantity", "unit", "year", "evidence", "source", "note")
LARGEST = 12
RANKED = "loss_abroad_12m"
STOPPERS = 8


def explain(baseline: Baseline, name: str) -> pd.DataFrame:
    """Rows of everything known about one id.

    Parameters
    ----------
    baseline
        Balanced base year.
    name
        A facility, product, material, arc (``material:from>to``), operator, country or
        element; or a measure, project, deal or event. A plant and its project may share an id.

    Returns
    -------
    pandas.DataFrame
        Columns ``part, what, quantity, unit, year, evidence, source, note``; figures of the
        balance have the evidence ``calc`` and no source.

    Raises
    ------
    UsageError
        If nothing has this id.
    """
    work = _Explainer(baseline)
    dataset, tables = baseline.graph.dataset, baseline.graph.dataset.tables
    documents = list(on_record(dataset, name))
    for key, teller in (
        (set(tables["facilities"]["id"]), work.facility),
        (set(tables["products"]["id"]), work.product),
        (set(tables["materials"]["id"]), work.material),
        (set(tables["elements"]["id"]), work.element),
        (set(tables["operators"]["id"]), work.operator),
        (set(tables["countries"]["id"]), work.country),
    ):
        if name in key:
            return _frame([*teller(name), *documents])
    if baseline.graph.find_arc(name) >= 0:
        return _frame([*work.arc(name), *documents])
    if documents:
        return _frame(documents)
    known = [
        *tables["facilities"]["id"],
        *tables["products"]["id"],
        *tables["materials"]["id"],
        *baseline.graph.arcs["id"],
        *tables["operators"]["id"],
        *tables["elements"]["id"],
        *tables["countries"]["id"],
        *ids_on_record(dataset),
    ]
    hint = did_you_mean(name, known, full_names(dataset))
    raise UsageError(f"nothing has the id '{name}'. {hint}")


def stopped_by(tracer: Tracer, product: str, acts_as: str | None = None) -> pd.DataFrame:
    """What stops a product most, and through which input: rows like those of `explain`.

    Parameters
    ----------
    tracer
        Engines whose weights count this product alone.
    product
        Its id.
    acts_as
        Whether exports stop or plants; exports if left out.
    """
    ranking = chokepoints(tracer, "country-process", product=product, acts_as=acts_as)
    top = ranking.table.head(STOPPERS)
    rows = top[top[RANKED] > 0].to_dict("records")
    part = "stopped by" if ranking.acts_as == OUTAGE else "stopped by exports"
    return _frame(_loss_row(part, row["id"], row) for row in rows)


def stops(tracer: Tracer, plant: str, acts_as: str | None = None) -> pd.DataFrame:
    """What the removal of a plant does to the weighted total abroad; `acts_as` as above."""
    ranking = chokepoints(tracer, "facility", acts_as=acts_as, only=[plant])
    part = "outage" if ranking.acts_as == OUTAGE else "export stop"
    rows = ranking.table.to_dict("records")
    return _frame(_loss_row(part, f"of {plant}", row) for row in rows)


def _loss_row(part: str, what: str, row: dict[str, Any]) -> dict[str, Any]:
    notes = []
    for name in ("loss_abroad_none", "loss_abroad_least", "loss_home_12m"):
        if not pd.isna(row[name]):
            notes.append(f"{name} {100 * stated(row[name], 1.0):.1f} %")
    if row["worst_product"]:
        where = f" in {row['worst_region']}" * bool(row["worst_region"])
        notes.append(f"worst hit {row['worst_product']}{where}")
    if not pd.isna(row["months_to_first_shortage"]):
        notes.append(f"first shortage after {row['months_to_first_shortage']:.1f} months")
    if not pd.isna(row.get("baseline_share", np.nan)):
        notes.append(f"{100 * row['baseline_share']:.1f} % of its process in the world")
    through = f" through {row['binding_input']}" * bool(row["binding_input"])
    return fact(
        part,
        f"{what}{through}",
        row[RANKED],
        RANKED,
        evidence=row["evidence"],
        note="; ".join([*notes, *row["flags"]]),
    )


def _frame(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(COLUMNS)).astype({"year": "Int64"})


def _cited(part: str, what: str, row: dict[str, Any], field: str = "quantity") -> dict[str, Any]:
    """A figure of a table with its provenance and, where stated, its range."""
    note = str(row.get("note") or "")
    low, high = row.get("low", np.nan), row.get("high", np.nan)
    if not (pd.isna(low) or pd.isna(high)):
        note = f"range {low:g} to {high:g}. {note}".strip()
    return fact(
        part,
        what,
        row.get(field, np.nan),
        str(row.get("unit", "")),
        year=row.get("year", np.nan),
        evidence=row.get("evidence", ""),
        source=row.get("source", ()),
        note=note,
    )


class _Explainer:
    def __init__(self, baseline: Baseline) -> None:
        self.baseline, self.graph = baseline, baseline.graph
        self.tables = self.graph.dataset.tables
        self.activity = baseline.block("activity")

    def _records(self, table: str, **equal: str) -> list[dict[str, Any]]:
        frame = self.tables[table]
        for column, value in equal.items():
            frame = frame[frame[column] == value]
        return frame.to_dict("records")

    def facility(self, name: str) -> Iterator[dict[str, Any]]:
        for row in self._records("facilities", id=name):
            parts = [row["name"], row["country"], row["operator"], row["stage"], row["process"]]
            text = ", ".join(str(p) for p in [*parts, row["status"]] if p)
            yield _cited("facility", text, row, field="missing")
            if row["parent_id"]:
                yield fact("group", f"part of {row['parent_id']}")
        for capacity in (row for rows in self.graph.stated_capacities for row in rows):
            if capacity.facility == name:
                recipes = ", ".join(capacity.recipes)
                since = f" from {capacity.from_date}" if capacity.from_date else ""
                what = f"line {capacity.line} ({recipes}){since}, {capacity.kind}"
                yield _cited("capacity", what, vars(capacity))
        yield from self._runs((self.graph.activities["id"] == name).to_numpy())
        for row in self._records("stocks", holder=name):
            yield self._stock(row)

    def _runs(self, mask: np.ndarray) -> Iterator[dict[str, Any]]:
        """Base-year activity and output of some activities, and the figures that pin them."""
        rows = np.flatnonzero(mask & (self.activity > 0))
        for index in rows:
            row = self.graph.activities.iloc[index]
            yield fact(
                "balance",
                f"{row['id']} runs {row['recipe']}",
                float(self.activity[index]),
                "units of activity a year",
                year=self.graph.base_year,
                evidence="calc",
            )
        yield from self._made(rows)
        covered = set(rows.tolist())
        for o in self.baseline.observations:
            inside = o.columns < self.graph.n_activities
            if len(o.columns) and inside.all() and covered & set(o.columns.tolist()):
                balanced = o.balanced(self.baseline.x)
                note = f"balanced {balanced:,.6g}; {o.role}. {o.note}".strip()
                yield fact(
                    "observation",
                    f"{o.id}: {o.what}",
                    o.value,
                    o.unit,
                    year=o.year,
                    evidence=o.grade,
                    source=o.source,
                    note=note,
                )

    def _made(self, rows: np.ndarray) -> Iterator[dict[str, Any]]:
        """Output by material, as a share of the world's."""
        inside = np.isin(self.graph.made_activity, rows)
        quantity = self.graph.made_quantity * self.activity[self.graph.made_activity]
        material = self.graph.pools["material"].to_numpy()[self.graph.made_pool]
        unit = dict(zip(self.graph.pools["material"], self.graph.pools["unit"], strict=True))
        world = pd.Series(quantity).groupby(material).sum()
        own = pd.Series(quantity[inside]).groupby(material[inside]).sum()
        for name, made in own.items():
            share = made / world[name] if world[name] > 0 else np.nan
            yield fact(
                "makes",
                str(name),
                float(made),
                f"{unit[name]}/yr",
                year=self.graph.base_year,
                evidence="calc",
                note=f"{100 * share:.1f} % of the world's {name}",
            )

    def product(self, name: str) -> Iterator[dict[str, Any]]:
        for row in self._records("products", id=name):
            text = f"{row['name']}: {row['sector']}, {row['segment']}, {row['basis']}"
            yield _cited("product", text, row, field="value_usd") | {
                "unit": f"USD/{row['unit']}" if not pd.isna(row["value_usd"]) else row["unit"]
            }
        for row in self._records("needs", product=name):
            how = "must have" if row["essential"] and row["need_evidence"] != "D" else "optional"
            group = f", or others of group {row['alternative_group']}" * bool(
                row["alternative_group"]
            )
            grades = f"{row['need_evidence']}/{row['quantity_evidence']}"
            yield _cited("need", f"{how} {row['material']}{group}", row) | {"evidence": grades}
        for row in self._records("demand", product=name):
            yield _cited("demand", f"assembled in {row['market']}", row, field="units")
        yield from self._supply(name)
        holders = self.tables["stocks"]["holder"].str.partition("@")[0] == name
        for row in self.tables["stocks"][holders].to_dict("records"):
            yield self._stock(row)

    def _stock(self, row: dict[str, Any]) -> dict[str, Any]:
        low, high = row["weeks_low"], row["weeks_high"]
        stock = {**row, "unit": "weeks of use", "low": low, "high": high}
        return _cited(
            "stock", f"{row['material']} held by {row['holder']}", stock, field="weeks_central"
        )

    def _supply(self, name: str) -> Iterator[dict[str, Any]]:
        """Where the needed materials come from, market by market."""
        inputs, first = self.graph.inputs, self.graph.n_activities
        rows = np.flatnonzero((self.graph.demands["product"] == name).to_numpy()) + first
        for entry in np.flatnonzero(np.isin(inputs.user, rows)):
            pool = int(inputs.pool[entry])
            quantity = float(self.baseline.drawn[entry])
            if quantity > 0:
                yield fact(
                    "balance",
                    f"draws {self.graph.pools['id'].iat[pool]}",
                    quantity,
                    f"{self.graph.pools['unit'].iat[pool]}/yr",
                    year=self.graph.base_year,
                    evidence="calc",
                    note=self._origins(pool),
                )

    def _origins(self, pool: int) -> str:
        """Shares of own make and imports in what is at home in a pool."""
        base = self.baseline
        home = base.made[pool] - base.exports[pool] + base.imports[pool]
        if home <= 0:
            return "nothing reaches it"
        parts = [(max(base.made[pool] - base.exports[pool], 0.0) / home, "own make")]
        arcs = self.graph.arcs
        for index in np.flatnonzero((arcs["destination"] == pool).to_numpy()):
            parts.append((base.block("arc")[index] / home, f"from {arcs['from'].iat[index]}"))
        parts.sort(key=lambda item: (-item[0], item[1]))
        shown = [f"{100 * share:.0f} % {what}" for share, what in parts if share >= 0.005]
        return ", ".join(shown[:5])

    def material(self, name: str) -> Iterator[dict[str, Any]]:
        for row in self._records("materials", id=name):
            yield fact(
                "material",
                f"{row['name'] or name}: {row['stage']}",
                unit=row["unit"],
                note=row["note"],
            )
        for row in self._records("compositions", material=name):
            yield _cited("vector", f"{row['element']} ({row['variant']})", row, field="share")
        pools = np.flatnonzero((self.graph.pools["material"] == name).to_numpy())
        for block, quantities in (
            ("made", self.baseline.made),
            ("surplus", self.baseline.held("surplus")),
            ("unexplained use", self.baseline.held("unexplained")),
        ):
            for pool in sorted(pools, key=lambda p: -quantities[p]):
                if quantities[pool] > 0:
                    row = self.graph.pools.iloc[pool]
                    yield fact(
                        "balance",
                        f"{block} in {row['market']}",
                        float(quantities[pool]),
                        f"{row['unit']}/yr",
                        year=self.graph.base_year,
                        evidence="calc",
                        note=self._origins(int(pool)),
                    )
        yield from self._flows((self.graph.arcs["material"] == name).to_numpy())

    def _flows(self, mask: np.ndarray) -> Iterator[dict[str, Any]]:
        flow = np.where(mask, self.baseline.block("arc"), 0.0)
        for index in np.argsort(-flow, kind="stable")[:LARGEST]:
            if flow[index] > 0:
                yield from self.arc(self.graph.arcs["id"].iat[int(index)])

    def element(self, name: str) -> Iterator[dict[str, Any]]:
        for row in self._records("elements", id=name):
            yield fact("element", f"{row['name']}: {row['group']}, traded as {row['oxide']}")
        for row in self._records("compositions", element=name):
            if row["share"] > 0:
                yield _cited("vector", f"{row['material']} ({row['variant']})", row, field="share")
        pools = self.graph.pools
        for pool in np.flatnonzero([name in cell for cell in pools["element"]]):
            if self.baseline.made[pool] > 0:
                row = pools.iloc[int(pool)]
                made = float(self.baseline.made[pool])
                yield fact(
                    "makes",
                    row["id"],
                    made,
                    f"{row['unit']}/yr",
                    year=self.graph.base_year,
                    evidence="calc",
                )

    def arc(self, name: str) -> Iterator[dict[str, Any]]:
        index = self.graph.find_arc(name)
        row = self.graph.arcs.iloc[index]
        flow = float(self.baseline.block("arc")[index])
        end, origin = int(row["destination"]), int(row["origin"])
        notes = []
        for total, words in (
            (self.baseline.imports[end], f"of {row['to']}'s imports"),
            (self.baseline.made[origin], f"of {row['from']}'s make"),
        ):
            if total > 0:
                notes.append(f"{100 * flow / total:.1f} % {words}")
        unit = f"{self.graph.pools['unit'].iat[origin]}/yr"
        yield fact(
            "arc",
            name,
            flow,
            unit,
            year=self.graph.base_year,
            evidence="calc",
            note=", ".join(notes),
        )
        column = self.baseline.columns.start["arc"] + index
        for o in self.baseline.observations:
            if column in o.columns:
                note = f"balanced {o.balanced(self.baseline.x):,.6g}; {o.role}. {o.note}".strip()
                yield fact(
                    "observation",
                    f"{o.id}",
                    o.value,
                    o.unit,
                    year=o.year,
                    evidence=o.grade,
                    source=o.source,
                    note=note,
                )

    def operator(self, name: str) -> Iterator[dict[str, Any]]:
        for row in self._records("operators", id=name):
            parent = f", part of {row['parent_id']}" * bool(row["parent_id"])
            yield _cited(
                "operator", f"{row['name']} ({row['country']}){parent}", row, field="share"
            )
        for row in self._records("facilities", operator=name):
            yield _cited("facility", f"{row['id']}: {row['name']}, {row['status']}", row, "missing")
        yield from self._runs((self.graph.activities["operator"] == name).to_numpy())

    def country(self, name: str) -> Iterator[dict[str, Any]]:
        for row in self._records("countries", id=name):
            yield fact("country", f"{row['name']}: market {row['market']}, region {row['region']}")
        rows = np.flatnonzero((self.graph.activities["country"] == name).to_numpy())
        yield from self._made(rows)
