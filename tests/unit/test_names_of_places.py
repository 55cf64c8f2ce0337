"""A country written by name, in another case or by another code is recognised in the hint."""

import pytest
from toy import faults, toy

from supplygraph.schema.country_codes import recognise

pytestmark = pytest.mark.sampled

COUNTRIES = """id,name,market,region
CN,China,CN,CN
JP,Japan,JP,JP
DE,Germany,EU,EU
KR,South Korea,KR,KR
"""


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("China", "Did you mean 'CN'? That is the id of China."),
        ("CHINA", "Did you mean 'CN'? That is the id of China."),
        ("cn", "Did you mean 'CN'? Ids keep their case."),
        ("CHN", "Did you mean 'CN'? 'CHN' is the ISO alpha-3 code of China."),
        ("chn", "Did you mean 'CN'? 'chn' is the ISO alpha-3 code of China."),
        ("156", "Did you mean 'CN'? '156' is the numeric code of China."),
        ('"China, mainland"', "Did you mean 'CN'? That is the id of China."),
        ("Mainland China", "Did you mean 'CN'? That is the id of China."),
        ('"Korea, Rep."', "Did you mean 'KR'? That is the id of South Korea."),
        ("410", "Did you mean 'KR'? '410' is the numeric code of South Korea."),
        ("DE", "Did you mean 'EU'? That is the market of Germany."),
        ("Germany", "Did you mean 'EU'? That is the market of Germany."),
        ("DEU", "Did you mean 'EU'? 'DEU' is the ISO alpha-3 code of the market of Germany."),
        ("FRA", "'FRA' is the ISO alpha-3 code of FR. Add it there, or name the group it"),
        ("842", "'842' is the Comtrade code of US. Add it there"),
        ("World", "Write * for all."),
        ("000", "Write * for all."),
        ("CNN", "Did you mean 'CN'?"),
        ("Narnia", "Add it there as a market."),
    ],
)
def test_an_origin_of_trade(tmp_path, word, told):
    row = f"ore-a,{word},JP,2023,90,t_reo,check"
    (found,) = faults(toy(tmp_path, ("trade", row), countries=COUNTRIES))
    assert found.startswith(f"trade.csv row 3, from: '{word.strip(chr(34))}' is not in countries")
    assert told in found


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("Japan", "Did you mean 'JP'? That is the id of Japan."),
        ("JPN", "Did you mean 'JP'? 'JPN' is the ISO alpha-3 code of Japan."),
        ("276", "Did you mean 'DE'? '276' is the numeric code of Germany."),
    ],
)
def test_the_country_of_a_plant(tmp_path, word, told):
    row = f"mine-c,Mine C,{word},op,mine,dig,closed,,"
    (found,) = faults(toy(tmp_path, ("facilities", row), countries=COUNTRIES))
    assert found.startswith("facilities.csv row 4, country:")
    assert told in found


def test_a_market_of_a_stock_and_of_an_expression(tmp_path):
    row = "o2,trade(material=ore-a from=CHN to=JP),90,t_reo,2024,0.05,check"
    found = faults(toy(tmp_path, ("observations", row), ("stocks", "ev@JPN,ore-a,1,2,3")))
    assert "'CHN' is the ISO alpha-3 code of China." in found[0]
    assert "Did you mean 'JP'? 'JPN' is the ISO alpha-3 code of Japan." in found[1]


def test_a_name_within_another_is_not_taken_for_it():
    """Two Congos, two Koreas; what stands after the comma may name another place."""
    assert recognise("Congo, Dem. Rep.") == ("CD", "name")
    assert recognise("Congo, Rep.") == ("CG", "name")
    assert recognise("China, Hong Kong SAR") == ("HK", "name")
    assert recognise("China, Taiwan") == ("TW", "name")
    assert recognise("Korea, North of") is None
    assert recognise("999") is None
