"""What US arms and Japanese and American yttrium take, part by part, against published totals.

The totals stand here and not in the dataset, so that an edit of the tables cannot move the target.
Where a source gives a range, the sum of the parts must lie in it.
"""

import pandas as pd
import pytest
from program import shipped_chain

SAMARIUM = 0.27  # t a t of SmCo, the recipe of the dataset
KILOGRAM = 1e-3
HEADLINE = {"ddg-51": 2359, "virginia-submarine": 4173}  # 5,200 and 9,200 lb of "materials"


@pytest.fixture(scope="module")
def uses() -> pd.DataFrame:
    """Tonnes of every need in every market, with the segment of its product."""
    tables = shipped_chain().dataset.tables
    rows = tables["needs"].merge(tables["demand"][["product", "market", "units"]], on="product")
    segment = tables["products"].set_index("id")["segment"]
    rows["segment"] = rows["product"].map(segment)
    weight = rows["unit"].str.startswith("kg").map({True: KILOGRAM, False: 1.0})
    for end in ("quantity", "low", "high"):
        rows[f"t_{end}"] = rows[end] * rows["units"] * weight
    return rows


@pytest.fixture(scope="module")
def arms(uses) -> pd.DataFrame:
    return uses[(uses["segment"] == "military") & (uses["market"] == "US")]


def total(rows: pd.DataFrame, *materials: str) -> float:
    return float(rows.loc[rows["material"].isin(materials), "t_quantity"].sum())


def test_magnets_of_us_arms_add_up_to_their_total(arms):
    """20 to 270 t of magnet rare earths (Adamas, 2025) / 0.3 = 67 to 900 t, middle near 400."""
    assert total(arms, "smco-arms", "ndfeb-arms") == pytest.approx(400, rel=0.01)
    assert total(arms, "ndfeb-arms") > 175  # t of 2012 (Bloomberg); arms have grown since


def test_us_arms_draw_no_magnet_melted_or_made_in_china(arms):
    """DFARS 225.7018, since 2019. Metal may be Chinese until 2027, and samarium metal mostly is."""
    chain = shipped_chain()
    graph, baseline = chain.network, chain.baseline
    goods = set(arms.loc[arms["material"].str.endswith("-arms"), "material"])
    assert goods == set(arms.loc[arms["material"].str.contains("ndfeb|smco"), "material"])
    made = graph.pools[["market"]].assign(t=baseline.made)[graph.pools["material"].isin(goods)]
    made = made.groupby("market")["t"].sum()
    assert not {"CN", "RU"} & set(made[made > 0].index)
    assert made.sum() == pytest.approx(total(arms, *goods), abs=0.2)
    stopped = {}
    for process in ("ndfeb", "smco", "sm"):
        losses = chain.stop_exports(f"country=CN process={process}").solve(rerouting="none").table
        stopped[process] = losses.loc[losses["product"] == "f-35", "loss_none"].max()
    assert stopped["ndfeb"] == stopped["smco"] == 0 and stopped["sm"] > 0.5


def test_samarium_of_us_arms_fits_into_that_of_the_country(uses, arms):
    """40 t (10 to 150) in arms, within 52 t (129 t of Donald are 250 %) to 105 t in all uses."""
    assert total(arms, "smco-arms") * SAMARIUM == pytest.approx(40, rel=0.01)
    country = total(uses[uses["market"] == "US"], "smco", "smco-arms") * SAMARIUM
    assert 52 <= country <= 105


def test_no_warship_holds_more_magnets_than_its_headline_of_rare_earth_materials(arms):
    rows = arms[arms["material"].isin(["smco-arms", "ndfeb-arms"])]
    for product, most in HEADLINE.items():
        own = rows[rows["product"] == product]
        assert 0 < own["quantity"].sum() <= most
        assert (own["high"] <= most).all()


def test_the_samarium_of_a_fighter_is_the_published_one(arms):
    row = arms[(arms["product"] == "f-35") & (arms["material"] == "smco-arms")].iloc[0]
    assert (row["quantity"], row["quantity_evidence"]) == (22.7, "A")  # New York Times, 2025
    assert row["t_quantity"] == pytest.approx(3.5, abs=0.05)


def test_missiles_lie_between_a_tenth_and_half_a_kilogram_a_round(arms):
    """39,000 rounds a year (25,000 to 55,000) x 0.1 to 0.5 kg = 4 to 20 t."""
    rows = arms[arms["product"] == "guided-missiles"]
    assert 4 <= rows["t_quantity"].sum() <= 20
    assert rows["t_low"].sum() == pytest.approx(4) and rows["t_high"].sum() == pytest.approx(20)


@pytest.mark.parametrize(
    ("market", "published"),
    [("JP", 1160), ("US", 500)],  # newer metals society, 2020; USGS, apparent consumption of 2024
)
def test_uses_of_yttrium_do_not_count_twice(uses, market, published):
    """Capacitors take what the balance gives them of yttrium, nine tenths of the dopant."""
    rows = uses[(uses["market"] == market) & (uses["material"] == "y-oxide")]
    dopant = rows["product"] == "mlcc"
    tonnes = rows["t_quantity"].where(~dopant, 0.9 * rows["t_quantity"]).sum()
    assert tonnes == pytest.approx(published, rel=0.01)


def test_a_need_without_a_published_size_says_so_and_has_a_range():
    needs = shipped_chain().dataset.tables["needs"]
    blank = needs["quantity"].isna()
    assert needs.loc[blank, "note"].str.contains("left blank: ").all()
    sized = needs[~blank]
    assert (sized["low"] <= sized["quantity"]).all() and (sized["quantity"] <= sized["high"]).all()
    ours = sized[sized["quantity_evidence"] == "D"]
    assert ours["note"].str.contains("assumption|guess|taken equal|upper value").all()
