"""Which nodes can stop which products: every removal, abroad and at home, under every sharing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.caveats import (
    other_month,
    rests_on_unsized,
    stops_of,
)
from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.losses.entities import Entity, entities_of, unranked_facilities
from supplygraph.analysis.losses.loss_columns import (
    BOUNDS,
    PLACES,
    STEP_NAMES,
    USUAL,
    Loss,
    Sharing,
    losses_of,
)
from supplygraph.analysis.losses.other_weights import RANKS, OtherWeights
from supplygraph.engines import SECTORS, Levels
from supplygraph.engines.month_model import Month
from supplygraph.engines.weights import unsized_products
from supplygraph.grades import weakest
from supplygraph.hints import check_choice
from supplygraph.precision import stated
from supplygraph.progress import steps
from supplygraph.scenario import Shock
from supplygraph.scenario.export_stops import export_stop_of, home_of, outage_of
from supplygraph.tolerances import SAME_LOSS
from supplygraph.vocabulary import ACTS_AS, EXPORT_STOP, OUTAGE

SHORT = 0.05
ONE_PRODUCT = 0.5
# Steps of two removals on one flow are found by programs of their own, each to some 1e-6.
ALIKE, TIES = 1e-5, 6
BY_SECTOR = ("none", STEP_NAMES[12])
STOPS = {EXPORT_STOP: export_stop_of, OUTAGE: outage_of}


@dataclass(frozen=True)
class RankedRemovals:
    """Removals ranked.

    Attributes
    ----------
    table
        Columns of docs/design.md#columns: ranked rows, then plants without a known share.
    acts_as
        Whether exports or plants stop.
    warnings
        Sentences; the first says what a removal does.
    """

    table: pd.DataFrame
    acts_as: str
    warnings: tuple[str, ...]


def chokepoints(
    tracer: Tracer,
    by: str,
    *,
    product: str | None = None,
    region: str | None = None,
    sharing: Sharing = USUAL,
    acts_as: str | None = None,
    all_weights: bool = False,
    only: Collection[str] | None = None,
    watch: Callable[[Entity, Loss], None] | None = None,
) -> RankedRemovals:
    """Rank removals by the weighted loss they cause abroad.

    Parameters
    ----------
    tracer
        Engines of a month, with weights of the products asked for, causes and grades.
    by
        One of `supplygraph.analysis.losses.entities.BY`.
    product, region
        Count only this product or region (the month's weights must match).
    sharing
        How shortage is shared.
    acts_as
        ``export-stop`` or ``outage``; if None as `usual_action` says.
    all_weights
        Whether to give the rank under every scheme of weights too.
    only
        Ids to compute; all by default.
    watch
        Told each removal with its losses, for what a row does not hold.
    """
    month = tracer.month
    entities = entities_of(month.baseline, by)
    entities = [entity for entity in entities if only is None or entity.id in only]
    acts_as = usual_action(tracer, entities) if acts_as is None else acts_as
    check_choice(acts_as, ACTS_AS, "as")
    rows = _LossRows(tracer, product, region)
    stop_of = STOPS[acts_as]
    stops = [stop_of(month.baseline, entity.shock) for entity in entities]
    found = []
    marks: list[tuple[bytes, np.ndarray]] = []
    others = OtherWeights(month) if all_weights else None
    losses = zip(entities, losses_of(month, sharing, stops, weighed=True), strict=True)
    for entity, loss in steps(losses, "Taking each away", len(entities)):
        found.append(rows.row(entity, loss))
        marks.append(_mark(loss))
        if watch is not None:
            watch(entity, loss)
        if others is not None:
            others.add(entity.id, loss)
    notes = (*stops_of(acts_as, by), *rows.warnings())
    table = pd.DataFrame(found)
    if table.empty:
        nothing = f"nothing to rank by {by} in this dataset"
        return RankedRemovals(table, acts_as, (nothing, *tracer.left_out))
    table = _rank(table.assign(_mark=marks), sharing)
    table = table.assign(**dict.fromkeys(RANKS, pd.NA))
    if others is not None:
        table, said = others.beside(table)
        notes += said
    if by == "facility":
        table = pd.concat([table, _unranked(rows, sharing, acts_as, only)], ignore_index=True)
    return RankedRemovals(table.reset_index(drop=True), acts_as, notes)


def usual_action(tracer: Tracer, entities: Sequence[Entity]) -> str:
    """A stop of exports where every removal lies in one market, else an outage.

    Whose exports stop is clear where one state can stop them.
    """
    baseline = tracer.month.baseline
    markets = (home_of(baseline, entity.shock).markets for entity in entities)
    return EXPORT_STOP if all(len(names) <= 1 for names in markets) else OUTAGE


def _mark(loss: Loss) -> tuple[bytes, np.ndarray]:
    """What is lost by everybody, if nobody reroutes and in the steps: the same on one flow."""
    none = bytes((np.round(loss.none, 8) + 0.0).tobytes())
    return none, np.concatenate([np.zeros(0), *loss.shared.values()])


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
        if month.sector:
            wanted &= (self.demands["sector"] == month.sector).to_numpy()
        self.wanted = wanted & (self.demands["kind"] != "unnamed").to_numpy()
        self.binding, self.evidence = tracer.binding, tracer.evidence
        self.left_out = tracer.left_out
        self.sector = self.demands["sector"].to_numpy()
        self.product = [str(name) for name in self.demands["product"]]
        self.products, self.product_of = np.unique(self.product, return_inverse=True)
        self.unsized = np.isin(self.products, sorted(set.union(*unsized_products(month.baseline))))
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

    def row(self, entity: Entity, loss: Loss) -> dict[str, object]:
        """One removal."""
        row: dict[str, object] = dict(entity.identity)
        for place in PLACES:
            columns, _ = loss.columns(loss.weights(place))
            row |= {f"loss_{place}_{bound}": columns[bound] for bound in BOUNDS}
        row["loss_upper"] = np.nan
        for bound in BY_SECTOR:
            lost = loss.none if bound == "none" else loss.shared.get(bound)
            for sector in SECTORS:
                mine = np.where(self.sector == sector, loss.weights("abroad"), 0.0)
                row[f"loss_abroad_{bound}_{sector}"] = loss.mean(lost, mine)
        row |= self._worst(entity, loss)
        row["baseline_share"] = entity.baseline_share
        row["evidence"] = row.pop("_evidence")
        alone = ("no_abroad",) * (not loss.weights("abroad").any())
        row["flags"] = (*entity.flags, *alone, *("nominal",) * self.only_nominal)
        return row

    def _worst(self, entity: Entity, loss: Loss) -> dict[str, object]:
        """Product and region hit hardest abroad, or at home where nothing lies abroad, and why."""
        empty = {
            "months_to_first_shortage": np.nan,
            "worst_product": "",
            "worst_region": "",
            "binding_input": "",
            "_evidence": "",
        }
        levels, wanted = loss.levels, self.wanted & ~loss.home
        wanted = wanted if wanted.any() else self.wanted
        lost = loss.ranked if (loss.ranked[wanted] > SAME_LOSS).any() else loss.none
        hit = np.flatnonzero(wanted & (lost > SAME_LOSS))
        if not len(hit):
            return empty
        product, region, demand = self._hardest(hit, lost)
        path = self.binding.under_none(demand, self.binding.cut(loss.shock), levels)
        material = path.material if path else ""
        group = entity.kind not in ("facility", "operator")
        removed = self.evidence.removed(entity.shock, group, material)
        return {
            "months_to_first_shortage": self._first_month(hit, loss.none, levels),
            "worst_product": product,
            "worst_region": region,
            "binding_input": material,
            "_evidence": weakest([self.evidence.path(demand, path) if path else "", removed]),
        }

    def _hardest(self, hit: np.ndarray, none: np.ndarray) -> tuple[str, str, int]:
        """Weighing products first, then the largest share lost, then the larger weight.

        Of products that lose as much to a percent, one whose needs somebody else has sized: what is
        told first should not rest on our own assumption if it need not.
        """
        of = self.product_of[hit]
        lost = np.bincount(of, self.units[hit] * none[hit]).tolist()
        weight = np.bincount(of, self.weights[hit]).tolist()
        product = min(
            set(of.tolist()),
            key=lambda p: (
                weight[p] <= 0,
                -round(lost[p] / self.whole[p], 2),
                self.unsized[p],
                -round(lost[p] / self.whole[p], 9),
                -weight[p],
                p,
            ),
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

    def warnings(self) -> tuple[str, ...]:
        """Notes on what the totals count."""
        notes = []
        if not (self.weights > 0).any():
            notes.append("no product asked for carries a weight: totals are empty")
        notes += rests_on_unsized(self.month)
        notes += self._carried()
        notes += self.left_out
        notes += other_month(self.month)
        return tuple(notes)


def _rank(table: pd.DataFrame, sharing: Sharing) -> pd.DataFrame:
    """Sort by the loss abroad, then at home; number, with one rank for nodes that are one flow."""
    keys = [f"loss_{place}_{bound}" for place in PLACES for bound in (sharing.ranked_by, "none")]
    work = table.assign(**{f"_{key}": table[key].round(TIES).fillna(-1.0) for key in keys})
    order = [f"_{key}" for key in keys]
    work = work.sort_values([*order, "id"], ascending=[False] * len(order) + [True])
    work = work.drop(columns=order).reset_index(drop=True)
    ranks: list[int] = []
    flags = list(work["flags"])
    leaders: dict[bytes, int] = {}
    stage = list(work["stage"])
    lost = work[["loss_abroad_none", "loss_home_none"]].max(axis=1)
    cells = zip(work["_mark"], lost, work["kind"], strict=True)
    for position, ((none, later), most, kind) in enumerate(cells):
        leader = leaders.get(none)
        if leader is not None and np.abs(work["_mark"][leader][1] - later).max(initial=0.0) > ALIKE:
            leader = None
        other_place = leader is not None and (stage[leader] != stage[position] or kind == "element")
        if leader is not None and other_place and most > SAME_LOSS:
            ranks.append(ranks[leader])
            for place in (leader, position):
                if "same_flow" not in flags[place]:
                    flags[place] = (*flags[place], "same_flow")
        else:
            leaders.setdefault(none, position)
            ranks.append(position + 1)
    return work.assign(rank=ranks, flags=flags).drop(columns="_mark")


def _unranked(
    rows: _LossRows, sharing: Sharing, acts_as: str, only: Collection[str] | None
) -> pd.DataFrame:
    """Plants without a known share: no rank, the group's loss as an upper limit."""
    plants = unranked_facilities(rows.graph)
    if only is not None:
        plants = plants[plants["id"].isin(only)]
    upper = {
        parent: _group_loss(rows.month, sharing, acts_as, parent)
        for parent in set(plants["parent_id"])
    }
    result = [
        {
            "id": plant.id,
            "rank": pd.NA,
            "name": plant.name,
            "kind": "facility",
            "country": plant.country,
            "stage": plant.stage,
            "process": plant.process,
            **dict.fromkeys((f"loss_{p}_{b}" for p in PLACES for b in BOUNDS), np.nan),
            "loss_upper": upper[plant.parent_id],
            "worst_product": "",
            "worst_region": "",
            "binding_input": "",
            "evidence": "",
            "flags": ("share_unknown",),
        }
        for plant in plants.itertuples(index=False)
    ]
    return pd.DataFrame(result)


def _group_loss(month: Month, sharing: Sharing, acts_as: str, parent: str) -> float:
    """Loss abroad under none without the unstated rest of a group."""
    graph = month.baseline.graph
    shock = Shock.nothing(graph)
    shock.activity[(graph.activities["id"] == parent).to_numpy()] = 0.0
    stop = STOPS[acts_as](month.baseline, shock)
    loss = next(losses_of(month, replace(sharing, rerouting="none"), [stop]))
    return loss.mean(loss.none, loss.weights("abroad"))


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
    loss = stated(_group_loss(month, USUAL, EXPORT_STOP, parent), 1.0)
    if np.isnan(loss):
        return ""
    return (
        f" Its loss abroad is at most {100 * loss:.3g} % (loss_upper) if its exports stop, that of "
        f"{parent} as a whole."
    )
