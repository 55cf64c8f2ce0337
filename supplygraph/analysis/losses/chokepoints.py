"""Which nodes can stop which products: every removal under both bounds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.caveats import other_month
from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.losses.entities import Entity, entities_of, unranked_facilities
from supplygraph.engines import SECTORS, Levels
from supplygraph.engines.group_testing import served_shares
from supplygraph.engines.month_model import Month
from supplygraph.grades import weakest
from supplygraph.precision import stated
from supplygraph.scenario import Shock
from supplygraph.tolerances import SAME_LOSS

SHORT = 0.05
ONE_PRODUCT = 0.5
BLOCK = 64


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
        One of `supplygraph.analysis.losses.entities.BY`.
    product, region
        Count only this product or region (the month's weights must match).
    rerouting
        ``none``, ``least`` or ``both``.
    rationing
        Rationing of ``least``.
    top
        Rows to return; all by default.

    Returns
    -------
    table : pandas.DataFrame
        Columns of docs/design.md#columns: ranked rows, then plants without a known
        share.
    warnings : tuple of str
    """
    month = tracer.month
    entities = entities_of(month.baseline, by)
    rows = _LossRows(tracer, product, region)
    losses = _Losses(month, len(entities))
    found: list[dict[str, object]] = []
    for first in range(0, len(entities), BLOCK):
        found += _block(rows, losses, entities[first : first + BLOCK], first, rerouting, rationing)
    table = pd.DataFrame(found)
    if table.empty:
        return table, (f"nothing to rank by {by} in this dataset", *tracer.left_out)
    table = _rank(table, losses, rerouting)
    if by == "facility":
        table = pd.concat([table, _unranked(month, rows)], ignore_index=True)
    table = table.drop(columns="_column")
    if top is not None:
        table = table.head(top)
    return table.reset_index(drop=True), rows.warnings(losses)


class _Losses:
    """Losses of all removals: demands x removals, NaN where not asked."""

    def __init__(self, month: Month, removals: int) -> None:
        self.none = np.full((month.baseline.graph.n_demands, removals), np.nan)
        self.least = self.none.copy()
        self.untouched = self.cleared = 0


def _block(
    rows: _LossRows,
    losses: _Losses,
    entities: Sequence[Entity],
    first: int,
    rerouting: str,
    rationing: str,
) -> list[dict[str, object]]:
    """Rows of some removals; the levels of all of them at once would not fit into memory."""
    month = rows.month
    levels = month.cascade.levels([month.shock.with_(entity.shock) for entity in entities])
    none = np.clip(month.served_none[:, None] - month.cascade.served(levels), 0.0, 1.0)
    losses.none[:, first : first + len(entities)] = none
    if rerouting != "none":
        least = _served(month, entities, rationing, losses)
        losses.least[:, first : first + len(entities)] = (
            month.program.reference.served[:, None] - least
        )
    result = []
    for index, entity in enumerate(entities):
        column = first + index
        least = losses.least[:, column].copy()
        row = rows.row(entity, none[:, index].copy(), least, levels.column(index))
        result.append({**row, "_column": column})
    return result


def _served(
    month: Month, entities: Sequence[Entity], rationing: str, losses: _Losses
) -> np.ndarray:
    """Served shares of the best allocation without each entity: demands x entities."""
    shocks = [entity.shock for entity in entities]
    if rationing == "value":
        ranking = served_shares(month.program, shocks)
        losses.untouched += ranking.untouched
        losses.cleared += ranking.cleared
        return ranking.served
    answers = [month.program.solve(shock, rationing).served for shock in shocks]
    return np.stack(answers, axis=1)


class _LossRows:
    """Turns losses into rows of the contract."""

    def __init__(self, tracer: Tracer, product: str | None, region: str | None) -> None:
        month = tracer.month
        self.month = month
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
        self.left_out = tracer.left_out
        self.sector = self.demands["sector"].to_numpy()
        sectors = [np.where(self.sector == name, self.weights, 0.0) for name in SECTORS]
        self.counted = np.array([self.weights, *sectors])
        self.product = [str(name) for name in self.demands["product"]]
        self.products, self.product_of = np.unique(self.product, return_inverse=True)
        regions = [str(name) for name in self.demands["region"]]
        self.regions, self.region_of = np.unique(regions, return_inverse=True)
        some = np.where(self.wanted, self.units, 0.0)
        self.whole = np.bincount(self.product_of, some, minlength=len(self.products))
        self._stocks(tracer.stock)
        self.only_nominal = product is not None and self.evidence.unsized(product)

    def _stocks(self, stock: np.ndarray) -> None:
        """Needs that can stop a product and have stock behind them."""
        inputs, first = self.graph.inputs, self.graph.n_activities
        limits = self.month.cascade.limits[inputs.group]
        entries = np.flatnonzero((inputs.user >= first) & ~np.isnan(stock) & limits)
        self.stock, self.stocked_group = stock[entries], inputs.group[entries]
        self.stocked = inputs.user[entries] - first

    def row(
        self, entity: Entity, none: np.ndarray, least: np.ndarray, levels: Levels
    ) -> dict[str, object]:
        """One removal."""
        totals = {"none": self.totals(none), "least": self.totals(least)}
        row: dict[str, object] = {
            **entity.identity,
            "loss_none": totals["none"][0],
            "loss_least": totals["least"][0],
            "loss_upper": np.nan,
        }
        for bound in ("none", "least"):
            for sector, value in zip(SECTORS, totals[bound][1:], strict=True):
                row[f"loss_{bound}_{sector}"] = value
        row |= self._worst(entity, none, levels)
        row["baseline_share"] = entity.baseline_share
        row["evidence"] = row.pop("_evidence")
        row["flags"] = entity.flags
        if self.only_nominal:
            row["flags"] = (*entity.flags, "nominal")
            row |= {key: np.nan for key in row if key.startswith("loss_least")}
        return row

    def totals(self, loss: np.ndarray) -> list[float]:
        """Weighted loss of all that counts, then of each sector; NaN where nothing does."""
        weight = self.counted.sum(axis=1)
        unknown = (weight <= 0) | np.isnan(loss).all()
        values = self.counted @ np.nan_to_num(loss) / np.where(weight > 0, weight, 1.0)
        values = np.where(np.abs(values) < 1e-12, 0.0, values)
        return np.where(unknown, np.nan, values).tolist()

    def _worst(self, entity: Entity, none: np.ndarray, levels: Levels) -> dict[str, object]:
        """Product and region hit hardest, and why."""
        empty = {
            "months_to_first_shortage": np.nan,
            "worst_product": "",
            "worst_region": "",
            "binding_input": "",
            "_evidence": "",
        }
        hit = np.flatnonzero(self.wanted & (none > SAME_LOSS))
        if not len(hit):
            return empty
        product, region, demand = self._hardest(hit, none)
        shock = self.month.shock.with_(entity.shock)
        path = self.binding.under_none(demand, self.binding.cut(shock), levels)
        material = path.material if path else ""
        group = entity.kind not in ("facility", "operator")
        removed = self.evidence.removed(entity.shock, group, material)
        return {
            "months_to_first_shortage": self._first_month(hit, none, levels),
            "worst_product": product,
            "worst_region": region,
            "binding_input": material,
            "_evidence": weakest([self.evidence.path(demand, path) if path else "", removed]),
        }

    def _hardest(self, hit: np.ndarray, none: np.ndarray) -> tuple[str, str, int]:
        """Weighing products first, then the largest share lost, then the larger weight."""
        of = self.product_of[hit]
        lost = np.bincount(of, self.units[hit] * none[hit]).tolist()
        weight = np.bincount(of, self.weights[hit]).tolist()
        product = min(
            set(of.tolist()),
            key=lambda p: (weight[p] <= 0, -round(lost[p] / self.whole[p], 9), -weight[p], p),
        )
        mine = hit[of == product]
        place = self.region_of[mine]
        units = np.bincount(place, self.units[mine]).tolist()
        share = np.bincount(place, self.units[mine] * none[mine]).tolist()
        region = min(
            set(place.tolist()), key=lambda r: (-round(share[r] / units[r], 9), -units[r], r)
        )
        here = mine[place == region].tolist()
        demand = max(here, key=lambda i: (none[i], -i))
        return str(self.products[product]), str(self.regions[region]), demand

    def _first_month(self, hit: np.ndarray, none: np.ndarray, levels: Levels) -> float:
        """Least months of stock over loss, of needs through which the loss comes."""
        kind, level = levels.kind[:, 0], levels.user[self.graph.n_activities :, 0]
        lost = np.zeros(self.graph.n_demands, dtype=bool)
        lost[hit] = True
        demand = self.stocked
        through = kind[self.stocked_group] <= level[demand] + SAME_LOSS
        short = np.flatnonzero(lost[demand] & through & (none[demand] >= SHORT))
        if not len(short):
            return float("nan")
        return float((self.stock[short] / none[demand[short]]).min())

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

    def warnings(self, losses: _Losses) -> tuple[str, ...]:
        """Notes on what the totals count."""
        weights = self.weights
        notes = []
        if not (weights > 0).any():
            notes.append("no product asked for carries a weight: totals are empty")
        notes += self._carried()
        notes += self.left_out
        notes += other_month(self.month, least=not np.isnan(losses.least).all())
        if losses.untouched:
            notes.append(
                f"{losses.untouched} removals touch nothing the least-loss optimum uses: "
                "loss_least 0 without a solve"
            )
        if losses.cleared:
            notes.append(
                f"{losses.cleared} removals lose nothing even together with others: "
                "loss_least 0 without a solve of their own"
            )
        return tuple(notes)


def _rank(table: pd.DataFrame, losses: _Losses, rerouting: str) -> pd.DataFrame:
    """Sort, number, and give one rank to nodes that are one flow."""
    key = "loss_least" if rerouting == "least" else "loss_none"
    table = table.assign(_key=table[key].round(12).fillna(-1.0))
    table = table.sort_values(["_key", "id"], ascending=[False, True]).reset_index(drop=True)
    ranks: list[int] = []
    flags = list(table["flags"])
    leaders: dict[bytes, int] = {}
    stage = list(table["stage"])
    cells = zip(table["_column"], table["loss_none"], table["kind"], strict=True)
    for position, (column, loss_none, kind) in enumerate(cells):
        vector = np.concatenate([losses.none[:, column], np.nan_to_num(losses.least[:, column])])
        mark = (np.round(vector, 8) + 0.0).tobytes()
        leader = leaders.get(mark)
        if (
            leader is not None
            and loss_none > SAME_LOSS
            and (stage[leader] != stage[position] or kind == "element")
        ):
            ranks.append(ranks[leader])
            for place in (leader, position):
                if "same_flow" not in flags[place]:
                    flags[place] = (*flags[place], "same_flow")
        else:
            leaders.setdefault(mark, position)
            ranks.append(position + 1)
    return table.assign(rank=ranks, flags=flags).drop(columns="_key")


def _unranked(month: Month, rows: _LossRows) -> pd.DataFrame:
    """Plants without a known share: no rank, the group's loss as an upper limit."""
    plants = unranked_facilities(month.baseline.graph)
    upper = {parent: _group_loss(month, rows, parent) for parent in set(plants["parent_id"])}
    result = [
        {
            "id": plant.id,
            "rank": pd.NA,
            "name": plant.name,
            "kind": "facility",
            "country": plant.country,
            "stage": plant.stage,
            "process": plant.process,
            "loss_none": np.nan,
            "loss_least": np.nan,
            "loss_upper": upper[plant.parent_id],
            "worst_product": "",
            "worst_region": "",
            "binding_input": "",
            "evidence": "",
            "flags": ("share_unknown",),
            "_column": -1,
        }
        for plant in plants.rename(columns={"name": "name"}).itertuples(index=False)
    ]
    return pd.DataFrame(result)


def _group_loss(month: Month, rows: _LossRows, parent: str) -> float:
    """Loss under none without the unstated rest of a group."""
    graph = month.baseline.graph
    shock = Shock.nothing(graph)
    shock.activity[(graph.activities["id"] == parent).to_numpy()] = 0.0
    levels = month.cascade.levels([month.shock.with_(shock)])
    return rows.totals(month.served_none - month.cascade.served(levels)[:, 0])[0]


def upper_limit(tracer: Tracer, plant: str) -> str:
    """Most that the removal of a plant without a line costs; empty if no group bounds it.

    The figure is its `loss_upper` in the ranking of facilities.
    """
    month = tracer.month
    plants = unranked_facilities(month.baseline.graph)
    row = plants[plants["id"] == plant]
    if row.empty:
        return ""
    parent = str(row["parent_id"].iat[0])
    loss = stated(_group_loss(month, _LossRows(tracer, None, None), parent), 1.0)
    if np.isnan(loss):
        return ""
    return f" Its loss is at most {100 * loss:.3g} % (loss_upper), that of {parent} as a whole."
