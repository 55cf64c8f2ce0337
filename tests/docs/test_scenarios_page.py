"""The page about scenarios: its YAML is read, its kinds are all that there are."""

import re

import pytest
from pages import ROOT, read_blocks
from program import shipped_chain

from supplygraph.dataset.documents import load_yaml
from supplygraph.scenario.load import scenario_of
from supplygraph.scenario.measures import KINDS

PAGE = ROOT / "docs" / "scenarios.md"
YAML = [block for block in read_blocks(PAGE) if block.language == "yaml"]


def test_the_example_is_the_file_beside_it_and_ten_lines_long():
    text = (ROOT / "examples" / "half-of-burma.yaml").read_text(encoding="utf-8")
    assert YAML[0].text == text
    assert len(text.splitlines()) == 10


@pytest.mark.parametrize("block", YAML, ids=str)
def test_every_yaml_block_is_read(block):
    content = load_yaml(block.text)
    if "title" not in content:
        content |= {
            "title": "t",
            "start": "2026-10",
            "months": 24,
            "measures": ["CN-2025-57"],
            "modifiers": ["CN-2025-70"],
        }
    assert scenario_of(shipped_chain().dataset, content).acting


def test_the_table_names_every_kind():
    rows = re.findall(r"^\| (`.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(KINDS)
