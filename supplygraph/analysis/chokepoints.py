"""Which nodes can stop which products: every removal under both bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from supplygraph.analysis.binding import Tracer, weakest
from supplygraph.analysis.entities import Entity, entities_of, unranked_facilities
from supplygraph.analysis.notes import other_month
from supplygraph.engines import SECTORS, Levels
from supplygraph.engines.reference import Month
from supplygraph.scenario import Shock

SAME = 1e-9
SHORT = 0.05
ONE_PRODUCT = 0.5


@dataclass(frozen=True)
class _Losses:
    """Losses of a batch: demands x removals, NaN where not asked."""

    none: np.ndarray
    free: np.ndarray
    levels: Levels
    skipped: int


def chokepoints(
    tracer: Tracer,
    by: str,
    *,
    product: str | None = None,
    region: str | None = None,
    rerouting: str = "both",
    rationing: str = "value",
    top: int | None = None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Rank removals by the weighted loss they cause.

    Parameters
    ----------
    tracer
        Engines of a month, with weights of the products asked for, causes and grades.
    by
        One of `analysis.entities.BY`.
    product, region
        Count only this product or region (the month's weights must match).
    rerouting
        ``none``, ``free`` or ``both``.
    rationing
        Rationing of ``free``.
    top
        Rows to return; all by default.

    Returns
    -------
    table : pandas.DataFrame
        Contract of DESIGN section 6: ranked rows, then plants without a known share.
    warnings : tuple of str
    """
    month = tracer.month
    entities = entities_of(month.baseline, by)
    losses = _solve(month, entities, rerouting, rationing)
    rows = _Rows(tracer, losses, product, region)
    table = pd.DataFrame([rows.row(i, entity) for i, entity in enumerate(entities)])
    if table.empty:
        return table, (f"nothing to rank by {by} in this dataset", *tracer.left_out)
    table = _rank(table, losses, rerouting)
    if by == "facility":
        table = pd.concat([table, _unranked(month, rows)], ignore_index=True)
    table = table.drop(columns="_column")
    if top is not None:
        table = table.head(top)
    return table.reset_index(drop=True), rows.warnings()


def _solve(month: Month, entities: Sequence[Entity], rerouting: str, rationing: str) -> _Losses:
    shocks = [month.shock.with_(entity.shock) for entity in entities]
    levels = month.cascade.levels(shocks)
    none = month.served_none[:, None] - month.cascade.served(levels)
    free = np.full(none.shape, np.nan)
    skipped = 0
    if rerouting != "none":
        program = month.program
        for index, entity in enumerate(entities):
            answer = program.solve(entity.shock, rationing)
            skipped += answer is program.reference
            free[:, index] = program.reference.served - answer.served
    return _Losses(np.clip(none, 0.0, 1.0), free, levels, skipped)


class _Rows:
    """Turns losses into rows of the contract."""

    def __init__(
        self, tracer: Tracer, losses: _Losses, product: str | None, region: str | None
    ) -> None:
        month = tracer.month
        self.month, self.losses = month, losses
        self.graph = month.baseline.graph
        self.weights = month.weights
        self.demands = self.graph.demands
        self.units = month.baseline.block("demand")
        wanted = self.units > 0
        if product:
            wanted &= (self.demands["product"] == product).to_numpy()
        if region:
            wanted &= (self.demands["region"] == region).to_numpy()
        self.wanted = wanted & (self.demands["kind"] != "unnamed").to_numpy()
        self.binding, self.evidence = tracer.binding, tracer.evidence
        self.stock = tracer.stock
        self.left_out = tracer.left_out
        self.sector = self.demands["sector"].to_numpy()
        self.product = [str(name) for name in self.demands["product"]]
        self.regions = [str(name) for name in self.demands["region"]]
        self.whole: dict[str, float] = {}
        for i in np.flatnonzero(self.wanted):
            name = self.product[i]
            self.whole[name] = self.whole.get(name, 0.0) + self.units[i]
        self._need_worst = self._worst_needs()
        self.only_nominal = product is not None and self.evidence.unsized(product)

    def row(self, index: int, entity: Entity) -> dict[str, object]:
        none, free = self.losses.none[:, index], self.losses.free[:, index]
        row: dict[str, object] = {
            "id": entity.id, "rank": pd.NA, "name": entity.name, "kind": entity.kind,
            "country": entity.country, "stage": entity.stage, "process": entity.process,
            "loss_none": self._total(none), "loss_free": self._total(free),
            "loss_upper": np.nan,
        }  # fmt: skip
        for bound, loss in (("none", none), ("free", free)):
            for sector in SECTORS:
                row[f"loss_{bound}_{sector}"] = self._total(loss, self.sector == sector)
        row |= self._worst(index, entity, none)
        row["baseline_share"] = entity.baseline_share
        row["evidence"] = row.pop("_evidence")
        row["flags"] = entity.flags
        if self.only_nominal:
            row["flags"] = (*entity.flags, "nominal")
            row |= {key: np.nan for key in row if key.startswith("loss_free")}
        row["_column"] = index
        return row

    def _total(self, loss: np.ndarray, where: np.ndarray | None = None) -> float:
        weight = self.weights if where is None else np.where(where, self.weights, 0.0)
        total = weight.sum()
        if total <= 0:
            return float("nan")
        value = float(weight @ np.nan_to_num(loss)) / total
        if np.isnan(loss).all():
            return float("nan")
        return 0.0 if abs(value) < 1e-12 else value

    def _worst(self, index: int, entity: Entity, none: np.ndarray) -> dict[str, object]:
        """Product and region hit hardest, and why."""
        empty = {
            "months_to_first_shortage": np.nan, "worst_product": "", "worst_region": "",
            "binding_input": "", "_evidence": "",
        }  # fmt: skip
        hit = np.flatnonzero(self.wanted & (none > SAME))
        if not len(hit):
            return empty
        product, region, demand = self._hardest(hit, none)
        shock = self.month.shock.with_(entity.shock)
        levels = self.losses.levels.column(index)
        path = self.binding.under_none(demand, self.binding.cut(shock), levels)
        group = entity.kind not in ("facility", "operator")
        material = path.material if path else ""
        removed = self.evidence.removed(entity.shock, group, material)
        months = self._first_month(index, hit, none)
        return {
            "months_to_first_shortage": months,
            "worst_product": product,
            "worst_region": region,
            "binding_input": material,
            "_evidence": weakest([self.evidence.path(demand, path) if path else "", removed]),
        }

    def _hardest(self, hit: np.ndarray, none: np.ndarray) -> tuple[str, str, int]:
        """Weighing products first, then the largest share lost, then the larger weight."""
        lost: dict[str, float] = {}
        weight: dict[str, float] = {}
        for i in hit:
            name = self.product[i]
            lost[name] = lost.get(name, 0.0) + self.units[i] * none[i]
            weight[name] = weight.get(name, 0.0) + self.weights[i]
        product = min(
            lost,
            key=lambda p: (weight[p] <= 0, -round(lost[p] / self.whole[p], 9), -weight[p], p),
        )
        mine = [int(i) for i in hit if self.product[i] == product]
        units: dict[str, float] = {}
        share: dict[str, float] = {}
        for i in mine:
            place = self.regions[i]
            units[place] = units.get(place, 0.0) + self.units[i]
            share[place] = share.get(place, 0.0) + self.units[i] * none[i]
        region = min(share, key=lambda r: (-round(share[r] / units[r], 9), -units[r], r))
        demand = max((i for i in mine if self.regions[i] == region), key=lambda i: (none[i], -i))
        return product, region, demand

    def _worst_needs(self) -> np.ndarray:
        """Entry index of the sized need with stock behind it, per demand entry order."""
        inputs = self.graph.inputs
        return np.flatnonzero((inputs.user >= self.graph.n_activities) & ~np.isnan(self.stock))

    def _first_month(self, index: int, hit: np.ndarray, none: np.ndarray) -> float:
        """Least months of stock over loss, of needs through which the loss comes."""
        inputs, kind = self.graph.inputs, self.losses.levels.kind[:, index]
        first = self.graph.n_activities
        best = np.inf
        lost = np.zeros(self.graph.n_demands, dtype=bool)
        lost[hit] = True
        level = self.losses.levels.user[first:, index]
        for entry in self._need_worst:
            demand = int(inputs.user[entry]) - first
            group = inputs.group[entry]
            through = self.month.cascade.limits[group] and kind[group] <= level[demand] + SAME
            if lost[demand] and through and none[demand] >= SHORT:
                best = min(best, self.stock[entry] / none[demand])
        return float(best) if np.isfinite(best) else float("nan")

    def _carried(self) -> list[str]:
        """Sectors that one product carries, and products left out for want of a sized need."""
        totals: dict[str, dict[str, float]] = {}
        for i in np.flatnonzero(self.weights > 0):
            part = totals.setdefault(str(self.sector[i]), {})
            part[self.product[i]] = part.get(self.product[i], 0.0) + self.weights[i]
        single = []
        for sector, part in sorted(totals.items()):
            name, most = max(part.items(), key=lambda item: (item[1], item[0]))
            share = most / sum(part.values())
            if share > ONE_PRODUCT and len(totals) > 1:
                single.append(f"{sector} {name} ({100 * share:.0f} %)")
        notes = [f"sectors carried by one product: {', '.join(single)}"] if single else []
        weighed = {self.product[i] for i in np.flatnonzero(self.weights > 0)}
        idle = sorted({self.product[i] for i in np.flatnonzero(self.wanted)} - weighed)
        if idle and len(totals) > 1:
            notes.append(f"no weight, no sized need: {', '.join(idle)}")
        return notes

    def warnings(self) -> tuple[str, ...]:
        weights = self.weights
        notes = []
        if not (weights > 0).any():
            notes.append("no product asked for carries a weight: totals are empty")
        notes += self._carried()
        notes += self.left_out
        notes += other_month(self.month, free=not np.isnan(self.losses.free).all())
        if self.losses.skipped:
            notes.append(
                f"{self.losses.skipped} removals touch nothing the free optimum uses: "
                "loss_free 0 without a solve"
            )
        return tuple(notes)


def _rank(table: pd.DataFrame, losses: _Losses, rerouting: str) -> pd.DataFrame:
    """Sort, number, and give one rank to nodes that are one flow."""
    key = "loss_free" if rerouting == "free" else "loss_none"
    table = table.assign(_key=table[key].round(12).fillna(-1.0))
    table = table.sort_values(["_key", "id"], ascending=[False, True]).reset_index(drop=True)
    ranks: list[int] = []
    flags = list(table["flags"])
    leaders: dict[bytes, int] = {}
    for position, row in enumerate(table.to_dict("records")):
        column = int(row["_column"])
        vector = np.concatenate([losses.none[:, column], np.nan_to_num(losses.free[:, column])])
        mark = (np.round(vector, 8) + 0.0).tobytes()
        leader = leaders.get(mark)
        if (
            leader is not None
            and row["loss_none"] > SAME
            and (table["stage"][leader] != row["stage"] or row["kind"] == "element")
        ):
            ranks.append(ranks[leader])
            for place in (leader, position):
                if "same_flow" not in flags[place]:
                    flags[place] = (*flags[place], "same_flow")
        else:
            leaders.setdefault(mark, position)
            ranks.append(position + 1)
    return table.assign(rank=ranks, flags=flags).drop(columns="_key")


def _unranked(month: Month, rows: _Rows) -> pd.DataFrame:
    """Plants without a known share: no rank, the group's loss as an upper limit."""
    plants = unranked_facilities(month.baseline.graph)
    table = month.baseline.graph.activities
    upper: dict[str, float] = {}
    for parent in sorted(set(plants["parent_id"])):
        shock = Shock.nothing(month.baseline.graph)
        shock.activity[(table["id"] == parent).to_numpy()] = 0.0
        levels = month.cascade.levels([month.shock.with_(shock)])
        loss = month.served_none - month.cascade.served(levels)[:, 0]
        upper[parent] = rows._total(loss)
    result = [
        {
            "id": plant.id, "rank": pd.NA, "name": plant.name, "kind": "facility",
            "country": plant.country, "stage": plant.stage, "process": plant.process,
            "loss_none": np.nan, "loss_free": np.nan, "loss_upper": upper[plant.parent_id],
            "worst_product": "", "worst_region": "", "binding_input": "", "evidence": "",
            "flags": ("share_unknown",), "_column": -1,
        }
        for plant in plants.rename(columns={"name": "name"}).itertuples(index=False)
    ]  # fmt: skip
    return pd.DataFrame(result)
