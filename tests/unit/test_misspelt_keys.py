"""A misspelt key of a document is one fault, whatever else follows from it."""

from dataclasses import replace

import pytest
from program import shipped_chain
from scenarios import scenario

from supplygraph.errors import DatasetError
from supplygraph.scenario.load import Written, library, read_entry, scenario_of
from supplygraph.scenario.projects import deals_of
from supplygraph.scenario.reference_checks import check_entry

SHIPPED = shipped_chain().dataset
BAN = {"id": "ban", "kind": "ban", "imposed_by": ["CN"], "covers": {"materials": ["magnet"]}}


def refused(*measures, **keys) -> str:
    with pytest.raises(DatasetError) as caught:
        scenario(*measures, **keys)
    return str(caught.value)


def misspelt(content: dict, key: str) -> dict:
    """A document with one key written without its second letter."""
    return {name[:1] + name[2:] if name == key else name: value for name, value in content.items()}


@pytest.mark.parametrize("key", ["covers", "kind"])
def test_a_misspelt_key_of_a_measure_is_one_fault(key):
    slip = key[:1] + key[2:]
    told = refused(misspelt(BAN, key))
    assert told.startswith("1 problem in ")
    assert f"{slip}: '{slip}' is not a key here. Did you mean '{key}'?" in told


@pytest.mark.parametrize("key", ["kind", "effect", "reason"])
def test_a_misspelt_key_of_a_record_is_one_fault(key):
    record = next(one.content for one in library(SHIPPED).values() if "effect" in one.content)
    _, faults = read_entry(Written(misspelt(record, key), "x.yaml"))
    assert [fault.way_out for fault in faults] == [f"Did you mean '{key}'?"]


def test_misspelt_keys_of_a_scenario_are_one_fault_each():
    content = {**SHIPPED.documents["scenarios"]["april-2025-shock"]}
    changed = {**content, "measures": ["CN-2025-18"], "set": {"CN-2025-18.approval.US": 0.5}}
    for key in ("title", "start", "months", "measures"):
        with pytest.raises(DatasetError) as caught:
            scenario_of(SHIPPED, misspelt(changed, key))
        assert [fault.way_out for fault in caught.value.faults] == [f"Did you mean '{key}'?"]


def test_a_misspelt_key_where_a_text_may_stand_is_one_fault():
    told = refused(removals=[{"slect": "id=mine-a", "share": 0.5}])
    assert told.startswith("1 problem in ")
    assert "removals.0.slect: 'slect' is not a key here. Did you mean 'select'?" in told


def test_a_range_of_a_misspelt_place_is_no_second_fault():
    written = {**library(SHIPPED)["CN-2025-18"].content}
    groups = {name: {**group} for name, group in written["groups"].items()}
    groups["oxides-metals"]["approval"] = {"USx": 0.3}
    entry, _ = read_entry(Written({**written, "groups": groups}, "x.yaml"))
    assert entry is not None
    (fault,) = check_entry(SHIPPED, entry, "x.yaml")
    assert fault.value == "USx"


def test_a_deal_that_cannot_be_read_is_no_missing_deal():
    documents = dict(SHIPPED.documents)
    deals = dict(documents["deals"])
    documents["deals"] = deals | {"AU-ILUKA-1": misspelt(deals["AU-ILUKA-1"], "firmness")}
    with pytest.raises(DatasetError) as caught:
        deals_of(replace(SHIPPED, documents=documents))
    assert [fault.value for fault in caught.value.faults] == ["frmness"]
