"""Projects and deals of the shipped dataset: all on record, no tonne claimed or counted twice."""

from collections import Counter

import pytest
from program import shipped_chain

from supplygraph.scenario.projects import deals_of, projects_of

DATASET = shipped_chain().dataset
PROJECTS = projects_of(DATASET)
DEALS = deals_of(DATASET)
BASE_END = "2024-12"
ON_RECORD = [
    "AU-ALCOA-GA",
    "AU-ARU-NOLANS",
    "AU-ILUKA-1",
    "AU-ILUKA-2",
    "AU-RESERVE",
    "CA-SRC-REALLOYS",
    "CA-UCORE-KINGSTON",
    "CN-MY-REFINERY",
    "EU-NEO-NARVA",
    "EU-RESOURCEEU",
    "EU-SOLVAY",
    "FR-CAREMAG-STATE",
    "G7-CMPA",
    "IN-NCMM",
    "IN-REPM",
    "JP-FR-CAREMAG",
    "JP-IN-TOYOTSU",
    "JP-LYC-2011",
    "JP-LYC-2023",
    "JP-LYC-2026",
    "KR-FUND",
    "KR-LS-VIRGINIA",
    "KR-POSCO-REELEMENT",
    "KR-POSCO-SEA",
    "LYC-JSLINK",
    "LYC-MY-HRE1",
    "LYC-MY-HRE2",
    "LYC-NOVEON",
    "LYC-TX",
    "US-ACLARA",
    "US-AU-FRAMEWORK",
    "US-DFC-HARENA",
    "US-DFC-SERRAVERDE",
    "US-DLA-1BN",
    "US-DLA-SC",
    "US-EF-ASM",
    "US-EF-BASE",
    "US-EF-OSC",
    "US-EF-VAC",
    "US-EF-VULCAN",
    "US-EF-WHITEMESA",
    "US-EU-ACTIONPLAN",
    "US-EVAC",
    "US-EXIM-AU-LOI",
    "US-FORGE",
    "US-JP-550",
    "US-JP-EU-TRILATERAL",
    "US-JP-FRAMEWORK",
    "US-JSLINK-GA",
    "US-KZ-MOU",
    "US-LYC-LOI",
    "US-MM-PROPOSAL",
    "US-MP-10X",
    "US-MP-APPLE",
    "US-MP-EQUITY",
    "US-MP-FLOOR",
    "US-MP-GM",
    "US-MP-HRE",
    "US-MX-ACTIONPLAN",
    "US-MY-ART",
    "US-MY-MOU",
    "US-NIOCORP-SC",
    "US-NIRON",
    "US-NOVEON",
    "US-PK-USSM",
    "US-QUAD-CMI",
    "US-REALLOYS",
    "US-SA-MAADEN",
    "US-SUNRISE-SC",
    "US-TH-MOU",
    "US-UCORE-LA",
    "US-VAULT",
    "US-VULCAN",
    "USAR-CARESTER",
    "USAR-CHIPS",
    "USAR-LCM",
    "USAR-SERRAVERDE",
    "USAR-TMRC",
]


def rows_to_come():
    """Dated rows of planned or stated capacity after the base year, with their tonnes."""
    table = DATASET.tables["capacities"]
    later = table[
        (table["from_date"].astype(str).str[:7] > BASE_END)
        & ~table["kind"].isin(["output", "rate", "quota"])
    ]
    return {
        (row.facility, str(row.line), str(row.from_date)[:7]): row.quantity
        for row in later.itertuples()
    }


def claimed():
    """Of every row to come, the projects that claim it."""
    rows = rows_to_come()
    return {
        row: [
            name
            for name, project in PROJECTS.items()
            for line in project.lines
            if (line.facility, line.line) == row[:2] and row[2] >= (line.first or "2025-01")
        ]
        for row in rows
    }


def counted(project):
    """Deals that count the tonnes of a project as their own."""
    return [n for n, d in DEALS.items() if project in d.projects and d.counted_in is None]


def last_tonnes(facility):
    """Tonnes of a plant once the last row of each of its lines holds."""
    table = DATASET.tables["capacities"]
    rows = table[table["facility"] == facility].sort_values("from_date")
    return rows.groupby("line")["quantity"].last().sum()


def test_every_deal_is_on_record():
    assert sorted(DEALS) == sorted(ON_RECORD)


def test_every_row_to_come_is_claimed_by_exactly_one_project():
    assert len(rows_to_come()) > 70
    assert {row: names for row, names in claimed().items() if len(names) != 1} == {}


def test_no_project_is_counted_by_two_deals():
    uses = Counter(project for deal in DEALS.values() for project in deal.projects)
    assert len(uses) > 30
    assert {project: counted(project) for project in uses if len(counted(project)) != 1} == {}


def test_a_deal_counted_elsewhere_names_projects_of_that_deal_alone():
    for deal in DEALS.values():
        if deal.counted_in is not None:
            other = DEALS[deal.counted_in]
            assert other.counted_in is None
            assert set(deal.projects) <= set(other.projects), deal.id


def test_a_deal_without_project_says_why():
    assert [n for n, deal in DEALS.items() if not deal.projects and len(deal.reason) < 10] == []


def test_ten_thousand_tonnes_of_mp_are_10x_and_independence():
    assert last_tonnes("us-mp-10x-northlake") + last_tonnes("us-mp-independence") == 10_000
    ours = {"us-mp-10x-northlake", "us-mp-independence", "us-mp-independence-expansion"}
    named = [name for deal in ("US-MP-10X", "US-MP-GM") for name in DEALS[deal].projects]
    assert Counter(name for name in named if name in ours) == Counter(ours)


@pytest.mark.parametrize(
    ("plant", "tonnes"),
    [
        ("ee-neo-narva", 5000),
        ("us-usare-stillwater", 10_000),
        ("br-serra-verde", 6500),
        ("in-repm-scheme", 6000),
        ("us-vulcan-benson", 10_000),
    ],
)
def test_plants_reach_the_totals_that_deals_state(plant, tonnes):
    assert last_tonnes(plant) == tonnes


def test_metal_of_saskatoon_reaches_its_total_over_both_lines():
    assert last_tonnes("ca-src-metal") == 600


def test_caremag_is_counted_once():
    assert counted("fr-carester-lacq") == ["JP-FR-CAREMAG"]
    assert DEALS["FR-CAREMAG-STATE"].counted_in == "JP-FR-CAREMAG"
    assert "fr-carester-lacq" not in DEALS["USAR-CARESTER"].projects


def test_every_source_has_a_title():
    for item in (*PROJECTS.values(), *DEALS.values()):
        assert item.sources, item.id
        assert all(source.title.strip() for source in item.sources), item.id


def test_needs_name_plants_and_materials_of_the_dataset():
    plants = set(DATASET.tables["facilities"]["id"])
    materials = set(DATASET.tables["materials"]["id"])
    feeds = [feed for p in PROJECTS.values() for feed in p.needs if not isinstance(feed, str)]
    assert len(feeds) > 20
    assert {feed.material for feed in feeds} <= materials
    assert {plant for feed in feeds for plant in feed.plants} <= plants


def test_odds_of_one_only_where_a_start_has_passed():
    for name, project in PROJECTS.items():
        if project.odds == 1:
            assert project.firmness == "binding", name
            months = [row[2] for row, names in claimed().items() if name in names]
            assert max(months) <= "2025-12", name
