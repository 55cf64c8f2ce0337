"""Figures of published tables and worked examples that more than one test computes with."""

# USGS Mineral Commodity Summaries, January 2025: rare-earth mine production of 2024, t REO.
MINE_2024_EDITION_2025 = {
    "US": 45_000,
    "AU": 13_000,
    "BR": 20,
    "MM": 31_000,
    "CN": 270_000,
    "IN": 2_900,
    "MG": 2_000,
    "MY": 130,
    "NG": 13_000,
    "RU": 2_500,
    "TH": 13_000,
    "VN": 300,
    "other": 1_100,
}

# The chain of docs/methods/mixing.md: from, to, tonnes.
MIXED = [
    ("CN_mine", "CN_sep", 70),
    ("US_mine", "CN_sep", 15),
    ("AU_mine", "CN_sep", 5),
    ("AU_mine", "MY_sep", 10),
    ("CN_sep", "CN_mag", 80),
    ("CN_sep", "JP_mag", 10),
    ("MY_sep", "JP_mag", 8),
    ("MY_sep", "CN_mag", 2),
    ("CN_mag", "EV", 50),
    ("JP_mag", "EV", 18),
]
