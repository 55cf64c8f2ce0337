"""The shipped chain against published figures, and what must hold on it.

Figures that pull the balance (role ``fit``) and figures it is only compared with (``check``)
are tested apart: that a fitted figure is met says that it does not contradict the others;
only a check that is met says something about the world. The published values stand here, not
in the dataset, so that an edit of the tables cannot move the target.
"""

import csv
import random
import shutil
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import supplygraph as sg
from supplygraph.api import Chain
from supplygraph.baseline import Baseline, reconcile
from supplygraph.dataset import shipped_datasets

pytestmark = pytest.mark.sampled

NAME = "rare-earths"
EXACT = 1e-9
TIGHT = 1e-6  # losses from programs whose rows hold to 1e-9 of their size
BOUNDS = ("none", "3m", "6m", "12m", "24m", "36m", "least")
AFTER = ("24m", "36m")  # steps that a ranking leaves out unless asked
MAGNETS = ["ndfeb-hre", "ndfeb-std", "ndfeb-ce", "ndfeb-bonded"]
MAIN = [
    "country=CN",
    "country=CN process=heavy",
    "country=CN process=ndpr",
    "country=CN process=dytb",
    "country=CN process=ndfeb",
    "country=CN process=light",
    "country=CN process=hard-rock",
    "country=MM",
    "country=CN process=sm",
    "id=cn-bayan-obo",
    "id=my-lynas-lamp",
    "country=US process=smco",
]


@pytest.fixture(scope="module")
def chain() -> Chain:
    return sg.load(NAME)


@pytest.fixture(scope="module")
def baseline(chain) -> Baseline:
    return chain.baseline


def output(baseline: Baseline, **columns: object) -> float:
    """What the makers with these columns make of these materials, t a year."""
    graph = baseline.graph
    makers = graph.activities.iloc[graph.made_activity]
    made = graph.made_quantity * baseline.block("activity")[graph.made_activity]
    materials = graph.pools["material"].to_numpy()[graph.made_pool]
    mask = np.ones(len(made), dtype=bool)
    for column, wanted in columns.items():
        values = materials if column == "material" else makers[column].to_numpy()
        mask &= np.isin(values, wanted if isinstance(wanted, list) else [wanted])
    return float(made[mask].sum())


def trade(baseline: Baseline, materials: list[str], to: str, start: str | None = None) -> float:
    """What reaches a market, t a year."""
    arcs = baseline.graph.arcs
    mask = arcs["material"].isin(materials) & (arcs["to"] == to)
    if start:
        mask &= arcs["from"] == start
    return float(baseline.block("arc")[mask.to_numpy()].sum())


@cache
def roles() -> dict[str, str]:
    with (shipped_datasets()[NAME] / "observations.csv").open(encoding="utf-8") as file:
        return {row["id"]: row["role"] for row in csv.DictReader(file)}


# --- figures the balance was not fitted to -------------------------------------------------


def share_separation(b: Baseline) -> float:
    four = ["nd-oxide", "pr-oxide", "dy-oxide", "tb-oxide"]
    plants = ["light", "heavy", "unrecorded"]
    return output(b, material=four, process=plants, country="CN") / output(
        b, material=four, process=plants
    )


def share_metal(b: Baseline) -> float:
    return output(b, material="ndpr-metal", country="CN") / output(b, material="ndpr-metal")


def share_magnets(b: Baseline) -> float:
    return output(b, stage="magnet", country="CN") / output(b, stage="magnet")


def share_heavy(b: Baseline) -> float:
    return output(b, process="heavy", country="CN") / output(b, process="heavy")


def share_eu_imports(b: Baseline) -> float:
    goods = [*MAGNETS, "smco"]
    return trade(b, goods, "EU", "CN") / trade(b, goods, "EU")


def world_magnets(b: Baseline) -> float:
    return output(b, material=MAGNETS)


CHECKS = [
    # id in observations.csv, what the balance says, least and most that agree with the source
    # IEA commentary of October 2025: 91 % of magnet rare earths in 2024, 92 % the year before;
    # IEA counts neither scrap nor the same elements apart, hence two points either way.
    ("share-separation-cn", share_separation, 0.89, 0.93),
    # Constantinides (IEEE Spectrum 2025): 97 % of all rare-earth metals; US DOE 90 % for 2020.
    ("share-cn-ndpr-metal-2024", share_metal, 0.95, 0.98),
    # IEA 94 % (sintered only), Adamas 92 % (2022): both readings, half a point for rounding.
    ("share-cn-magnets-2024", share_magnets, 0.915, 0.945),
    # Policy work cited by Ti22: about 99 % in 2023, the rest since closed.
    ("share-heavy-cn", share_heavy, 0.985, 1.0),
    # Comext CN8 85051110: 91 % of extra-EU tonnes in 2023-24; Korean trade association 90 %
    # in 2022; auditors: 17,000 of 20,000 t used, which is 89.5 % if 1,000 t are home made.
    ("share-cn-in-eu-magnet-imports-2024", share_eu_imports, 0.85, 0.925),
    # Constantinides: 220,000-240,000 t finished, all NdFeB.
    ("world-ndfeb-finished-2024", world_magnets, 220_000, 240_000),
]


@pytest.mark.parametrize(("name", "measure", "low", "high"), CHECKS, ids=[c[0] for c in CHECKS])
def test_figures_that_did_not_pull_come_out_as_published(baseline, name, measure, low, high):
    assert roles()[name] == "check", "fitted now: agreement proves nothing, move it to the fits"
    assert low <= measure(baseline) <= high


# --- figures the balance misses on purpose, each by as much as the notes say ----------------


def test_chinese_share_of_mining_differs_from_usgs_for_the_stated_reasons(baseline):
    """USGS 2026: 270,000 of 380,000 t REO = 71 %. Here 64 %: Burma by Chinese customs, monazite
    no mine row explains, Laos, and Malaysia by its one legal site and customs. Without these
    four the published share comes back, and nothing else stands between the two.
    """
    mines = ["hard-rock", "clay", "sands"]
    china, world = output(baseline, process=mines, country="CN"), output(baseline, process=mines)
    assert china == pytest.approx(270_000, rel=0.005)  # clay shares its conflict with Burma's
    assert china / world == pytest.approx(0.64, abs=0.01)
    extra = {
        "Burma": output(baseline, stage="mine", country="MM") - 27_000,
        "monazite": output(baseline, id="row-monazite-unlisted"),
        "Laos": output(baseline, stage="mine", country="LA"),
        "Malaysia": output(baseline, stage="mine", country="MY") - 140,
    }
    assert min(extra.values()) > 1_000
    assert china / (world - sum(extra.values())) == pytest.approx(0.71, abs=0.01)


@pytest.mark.parametrize(
    ("market", "name", "published", "low", "high"),
    # Section 232 report, 2021; Korean trade association, 2022 (tonnes or value not stated).
    # Goods machined in a third country (Philippines, Vietnam, Thailand) have no row and count as
    # bought where they were made, so every share lies above the published one; the README of the
    # data prints these three.
    [
        ("US", "share-cn-in-us-magnet-imports-2021", 0.75, 0.80, 0.88),
        ("JP", "share-cn-in-jp-magnet-imports-2022", 0.311, 0.70, 0.80),
        ("KR", "share-cn-in-kr-magnet-imports-2022", 0.879, 0.95, 1.0),
    ],
)
def test_chinese_shares_of_magnet_imports_lie_above_those_of_customs(
    baseline, market, name, published, low, high
):
    goods = [*MAGNETS, "smco"]
    share = trade(baseline, goods, market, "CN") / trade(baseline, goods, market)
    assert roles()[name] == "check"
    assert published < low <= share <= high


@pytest.mark.parametrize(
    ("element", "published", "low", "high"),
    # SMM, June 2024 x 12, ore only: one month of a survey, and the clay vector is a proxy.
    [("dy", 2_570, 0.98, 1.02), ("tb", 490, 1.15, 1.35), ("gd", 3_590, 1.4, 1.65)],
)
def test_heavy_oxides_from_ore_against_the_survey(baseline, element, published, low, high):
    made = output(baseline, process="heavy", country="CN", material=f"{element}-oxide")
    assert low <= made / published <= high


# --- figures that pulled: they are met, so they do not contradict each other -----------------

USGS_2024 = {  # Mineral Commodity Summaries 2026, version 1.3; t REO
    "CN": 270_000,
    "US": 45_500,
    "AU": 29_000,
    "IN": 2_900,
    "RU": 2_600,
    "TH": 2_100,
    "NG": 1_500,
    "MG": 1_400,
    "BR": 560,
}


def test_mines_of_the_usgs_table(baseline):
    """Within 1 %, less than the last digit USGS prints for any of them.

    Burma (27,000), Malaysia (140), Vietnam (300, no running mine) and `other` are left out:
    the first two are missed on purpose, see above.
    """
    mines = ["hard-rock", "clay", "sands"]
    found = {country: output(baseline, process=mines, country=country) for country in USGS_2024}
    assert found == pytest.approx(USGS_2024, rel=0.01)
    assert 27_000 <= output(baseline, stage="mine", country="MM") <= 46_000


@pytest.mark.slow
def test_mines_add_up(baseline):
    """The rows of single mines are the world: no parent is counted beside its children."""
    graph = baseline.graph
    plants = graph.dataset.tables["facilities"]
    lined = set(graph.activities["id"])
    kinds = plants.set_index("id")["aggregate_kind"]
    parents = plants.set_index("id")["parent_id"]
    both = [p for p in lined if parents[p] in lined and kinds[parents[p]] != "rest"]
    assert both == []
    mines = ["hard-rock", "clay", "sands"]
    single = {
        plant: output(baseline, id=plant, process=mines)
        for plant in sorted(lined)
        if output(baseline, id=plant, process=mines) > 0
    }
    assert sum(single.values()) == pytest.approx(output(baseline, process=mines), rel=EXACT)
    assert max(single, key=single.get) == "cn-bayan-obo"


def test_exports_of_chinese_magnets_are_the_customs_total(baseline):
    """58,152 t of HS 85051110 in 2024 (Chinese customs), spread over destinations."""
    goods = [*MAGNETS, "smco"]
    arcs = baseline.graph.arcs
    mask = (arcs["from"] == "CN") & arcs["material"].isin(goods)
    assert baseline.block("arc")[mask.to_numpy()].sum() == pytest.approx(58_152, rel=0.01)


OICA_2024 = {"CN": 31_281_592, "US": 10_562_188, "JP": 8_234_681, "KR": 4_127_252, "BR": 2_549_595}


def test_cars_by_drive_are_all_cars(chain):
    """OICA 2024: 92.5 million vehicles; no car is counted in two drives or in none."""
    demand = chain.dataset.tables["demand"]
    cars = demand[demand["product"].isin(["ev", "hev", "ice"])]
    assert cars["units"].sum() == pytest.approx(92_500_000, rel=1e-6)
    assert cars.groupby("market")["units"].sum().to_dict() | OICA_2024 == pytest.approx(
        cars.groupby("market")["units"].sum().to_dict(), rel=1e-4
    )
    engines = demand[demand["product"].isin(["hev", "ice"])].groupby("market")["units"].sum()
    sets = demand[demand["product"] == "auto-catalyst"].set_index("market")["units"]
    assert sets.to_dict() == pytest.approx(engines.to_dict(), rel=EXACT)


# --- what must hold whatever the figures are ------------------------------------------------


def columns_of(place: str) -> dict[str, str]:
    """Columns of losses abroad or at home, with how a shortage is shared."""
    return {f"loss_{place}_{bound}": bound for bound in BOUNDS}


def test_the_shipped_balance_is_the_balance_of_these_tables(chain):
    assert chain.baseline_shipped
    fresh = reconcile(chain.network)
    scale = np.maximum(np.abs(fresh.x), 1e-3)
    assert np.max(np.abs(fresh.x - chain.baseline.x) / scale) < 1e-6


def test_every_pool_closes_and_exports_no_more_than_it_makes(baseline):
    graph = baseline.graph
    drawn = np.bincount(graph.inputs.pool, baseline.drawn, minlength=len(graph.pools))
    supply = baseline.made + baseline.imports
    use = baseline.exports + drawn + baseline.held("surplus") + baseline.held("unexplained")
    wrong = np.abs(supply - use) > EXACT * np.maximum(supply, 1e-3)
    assert graph.pools["id"][wrong].tolist() == []
    over = baseline.exports > baseline.made * (1 + EXACT) + 1e-12
    assert graph.pools["id"][over].tolist() == []
    assert (baseline.x >= 0).all()


def test_without_a_removal_everything_is_served(chain):
    month = chain.loaded.tracer().month
    assert month.served_none == pytest.approx(1, abs=EXACT)
    assert (month.program.reference.served == 1).all()


@pytest.mark.slow
@pytest.mark.parametrize("stops", ["remove", "stop_exports"])
@pytest.mark.parametrize("selector", MAIN)
def test_a_row_loses_less_the_more_is_open_and_least_served_first(chain, selector, stops):
    table = getattr(chain, stops)(selector).solve().table
    losses = table[[f"loss_{bound}" for bound in BOUNDS]].astype(float)
    assert losses.diff(axis=1).max(axis=None) <= EXACT
    assert losses.min(axis=None) >= 0 and losses.max(axis=None) <= 1 + EXACT


@pytest.mark.slow
@pytest.mark.parametrize("product", ["ev", "f-35", "wind-onshore", "smartphone"])
def test_least_is_a_bound_on_one_product(chain, product):
    for selector in MAIN[:5]:
        total = chain.remove(selector).solve(product=product).total
        assert total["loss_least"] <= total["loss_none"] + EXACT, selector


def test_removing_more_never_loses_less(chain):
    heavy = "country=CN process=heavy"
    steps = [f"{heavy} share=0.5", heavy, "country=CN stage=separation", "country=CN"]
    solved = [chain.remove(step).solve(rerouting="none") for step in steps]
    for less, more in pairwise(solved):
        assert less.total["loss_none"] <= more.total["loss_none"] + EXACT
        assert less.abroad["loss_none"] <= more.abroad["loss_none"] + EXACT


@pytest.fixture(scope="module")
def facilities(chain) -> pd.DataFrame:
    return chain.chokepoints(by="facility")


@pytest.mark.slow
def test_no_closing_row_is_ranked(chain, facilities):
    plants = chain.dataset.tables["facilities"].set_index("id")
    kinds = plants["aggregate_kind"].reindex(facilities["id"])
    assert set(kinds) <= {"", "district"}
    flags = facilities.set_index("id")["flags"]
    districts = kinds.index[kinds == "district"]
    assert all("district" in flags[plant] for plant in districts)
    unknown = facilities[facilities["rank"].isna()]
    assert unknown[list(columns_of("abroad"))].isna().all(axis=None)
    assert set(unknown["flags"]) == {("share_unknown",)}
    assert len(unknown) > 50


@pytest.mark.slow
def test_rows_of_the_ranking_are_the_stops_they_name(chain, facilities):
    """All plants lie in one market each, so it is their exports that stop."""
    ranked = facilities[facilities["rank"].notna()].reset_index(drop=True)
    sample = ranked[ranked.index.isin([0, 1, 2, 3, 6, 9, 14, 20, 29, 60])]
    for row in sample.to_dict("records"):
        solution = chain.stop_exports(f"id={row['id']}").solve()
        for place, found in (("abroad", solution.abroad), ("home", solution.home)):
            for column, bound in columns_of(place).items():
                exact = EXACT if bound == "none" else TIGHT
                if bound not in AFTER:
                    assert found[f"loss_{bound}"] == pytest.approx(
                        row[column], abs=exact, nan_ok=True
                    ), (row["id"], column)


@pytest.mark.slow
@pytest.mark.parametrize("acts_as", ["export-stop", "outage"])
def test_a_ranking_is_sorted_and_loses_less_the_more_is_open(chain, facilities, acts_as):
    stops = facilities if acts_as == "export-stop" else chain.chokepoints(acts_as=acts_as)
    ranked = stops[stops["rank"].notna()]
    by = ranked["loss_abroad_12m"].fillna(0.0)
    assert by.diff().dropna().max() <= EXACT
    for place in ("abroad", "home"):
        names = [name for name, bound in columns_of(place).items() if bound not in AFTER]
        assert ranked[names].astype(float).diff(axis=1).max(axis=None) <= EXACT, place


@pytest.mark.slow
def test_the_order_of_rows_changes_nothing(chain, facilities, tmp_path):
    """Every table shuffled, the balance computed anew: the same ranking to 1e-9."""
    copy = shutil.copytree(shipped_datasets()[NAME], tmp_path / NAME)
    shutil.rmtree(copy / "derived")
    dice = random.Random(17)
    for file in sorted(copy.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as handle:
            header, *rows = csv.reader(handle)
        dice.shuffle(rows)
        with file.open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle, lineterminator="\n").writerows([header, *rows])
    shuffled = sg.load(copy)
    assert shuffled.baseline.x == pytest.approx(chain.baseline.x, rel=1e-9, abs=1e-9)
    again = shuffled.chokepoints(by="facility")
    assert again["id"].tolist() == facilities["id"].tolist()
    columns = {**columns_of("abroad"), **columns_of("home"), "loss_upper": "none"}
    for column, bound in {**columns, "months_to_first_shortage": "none"}.items():
        ours, theirs = facilities[column].to_numpy(float), again[column].to_numpy(float)
        exact = EXACT if bound == "none" else TIGHT
        assert theirs == pytest.approx(ours, abs=exact, nan_ok=True), column
