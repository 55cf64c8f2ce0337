"""Measures and scenarios as files: faults with the way out, changes by path, the shipped ones."""

import contextlib
import csv
import json
import shutil

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from program import shipped_chain
from scenarios import bounds, magnets, scenario

from supplygraph.dataset import documents, read_dataset, shipped_datasets
from supplygraph.errors import DatasetError, SupplygraphError, UsageError
from supplygraph.graph import compile_graph
from supplygraph.scenario.document_checks import check_documents
from supplygraph.scenario.json_schema import file_schema, key_rows
from supplygraph.scenario.load import (
    library,
    load_scenario,
    read_entry,
    scenario_names,
    scenario_of,
)
from supplygraph.scenario.measures import KINDS, LEGAL_KINDS, Measure, Modifier, Record
from supplygraph.scenario.series import series_of

pytestmark = pytest.mark.sampled

SHIPPED = shipped_chain().dataset
BAN = {"id": "ban", "kind": "ban", "imposed_by": ["CN"], "covers": {"materials": ["magnet"]}}
LICENCE = {
    "id": "lic",
    "kind": "licence",
    "imposed_by": ["CN"],
    "effective": "2025-01-01",
    "covers": {"materials": ["magnet"]},
    "curve": {"kind": "logistic", "midpoint_days": 30, "width_days": 5},
}


def refused(*measures, **keys) -> str:
    with pytest.raises(DatasetError) as caught:
        scenario(*measures, **keys)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"bloked": 1}, "bloked: 'bloked' is not a key here. Did you mean 'blocked'?"),
        ({"kind": "bann"}, "kind: 'bann' is no kind of measure. Did you mean 'ban'?"),
        ({"kind": ["ban"]}, "kind: '['ban']' is no kind of measure."),
        ({"kind": {"": ""}}, "is no kind of measure."),
        ({"blocked": 1.5}, "blocked: '1.5' is wrong: should be less than or equal to 1."),
        ({"effective": "2025-02-30"}, "'2025-02-30' is no day of the calendar. Correct it"),
        ({"effective": "April"}, "'April' is no date. Write YYYY-MM-DD, YYYY-MM or YYYY."),
        ({"effective": "2025-03", "expires": "2025-02"}, "expires 2025-02 before it is effective"),
        ({"announced": "2026", "effective": "2025"}, "effective 2025 before it is announced"),
        ({"imposed_by": ["CH"]}, "imposed_by: 'CH' is no country of countries.csv."),
        ({"destinations": ["USA"]}, "destinations: 'USA' is not in the dataset."),
        ({"covers": {"materials": ["magnt"]}}, "'magnt' is not in the dataset. Did you mean 'mag"),
        ({"covers": {"elements": ["Dx"]}}, "covers.elements: 'Dx' is not in the dataset."),
        ({"covers": {"stages": ["metall"], "elements": ["Dy"]}}, "Did you mean 'metal'?"),
        ({"ranges": {"blocked": [0, 0.5]}}, "ranges: 'blocked' is out of order: 0 <= 1 <= 0.5"),
        ({"ranges": {"blokked": [0, 1]}}, "ranges: 'blokked' is no number of this measure."),
        ({"covers": None}, "covers: 'None' is wrong: should be a valid dictionary"),
    ],
)
def test_one_clear_fault_with_the_way_out(change, text):
    message = refused(BAN | change)
    assert text in message
    assert message.startswith("1 problem in scenario")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"curve": {"kind": "logistic", "width_days": 3}}, "Give midpoint or midpoint_days."),
        ({"curve": {"kind": "step"}}, "'step' is not allowed here. Did you mean 'steps'?"),
        ({"curve": {"kind": "steps", "sharse": {}}}, "Did you mean 'shares'?"),
        ({"approval": {"USA": 0.5}}, "approval: 'USA' is not in the dataset."),
        ({"curve": {"kind": "steps", "shares": {"2025-02": 0, "2025-01": 1}}}, "Sort them."),
    ],
)
def test_faults_of_licences(change, text):
    assert text in refused(LICENCE | change)


def test_all_faults_come_together():
    message = refused(BAN | {"bloked": 1, "blocked": -1}, {"id": "x", "kind": "banana"}, "CN-1")
    assert message.startswith("4 problems")


def test_missing_keys_say_what_they_are():
    assert "covers: is missing. Add it: Materials banned." in refused({"id": "x", "kind": "ban"})
    assert "kind: is missing. Name one of licence, ban" in refused({"id": "x"})
    assert "measures.0.id: is missing." in refused({"kind": "ban"})


def test_faults_of_the_scenario_itself():
    assert "start: '2025-4' is wrong" in refused(start="2025-4")
    assert "month '2025-13' is not YYYY-MM" in refused(start="2025-13")
    assert "months: '0' is wrong" in refused(months=0)
    assert "'growht' is not a key here. Did you mean 'growth'?" in refused(growht=1)
    assert "after_expiry: 'x' is no modifier" in refused(after_expiry={"x": "lapses"})
    assert "is no outcome. Write lapses" in refused(after_expiry={"x": "vanishes"})
    assert "Move it to modifiers." in refused(
        {"id": "p", "kind": "suspension", "suspends": ["ban"]}
    )
    assert "Move it to measures." in refused(modifiers=[BAN])
    assert "removals.0: removal 'id=cn-mag share=2'" in refused(removals=["id=cn-mag share=2"])
    assert "modifiers: 'x' is no list." in refused(modifiers="x")


def test_a_modifier_of_an_unknown_measure():
    pause = {"id": "p", "kind": "suspension", "suspends": ["bann"]}
    assert "p: 'bann' is no measure. Did you mean 'ban'?" in refused(BAN, modifiers=[pause])


def test_names_and_files_of_scenarios(tmp_path):
    with pytest.raises(UsageError, match=r"no scenario 'no-londn'. Did you mean 'no-london' \("):
        load_scenario(SHIPPED, "no-londn")
    with pytest.raises(UsageError, match="cannot be read"):
        load_scenario(SHIPPED, tmp_path / "none.yaml")
    file = tmp_path / "mine.yaml"
    file.write_text("title: x\nstart: 2026-01\nmonths: 2\nmeasures: [CN-2025-18]\n")
    assert load_scenario(SHIPPED, file).name == "mine"
    file.write_text("title: [x\n")
    with pytest.raises(UsageError, match="is no plain YAML"):
        load_scenario(SHIPPED, file)


# Changes by path.


def changed_rows(*sets: str) -> set[tuple[str, str]]:
    """(month, arc) whose bound a change moves, in the shock of April 2025."""
    graph, baseline = shipped_chain().network, shipped_chain().baseline
    from supplygraph.scenario.bounds import compose

    one = compose(graph, baseline, load_scenario(SHIPPED, "april-2025-shock"))
    two = compose(graph, baseline, load_scenario(SHIPPED, "april-2025-shock", sets))
    for block in ("activity", "made", "demand", "denied", "release", "hold"):
        assert (getattr(one, block) == getattr(two, block)).all()
    names = list(graph.arcs["id"])
    return {(one.months[m], names[a]) for m, a in np.argwhere(one.arc != two.arc).tolist()}


def test_set_changes_what_it_should_and_nothing_else():
    moved = changed_rows("CN-2025-18.approval.US=0.3")
    assert {arc.split(":")[0] for _, arc in moved} == {"ndfeb-hre", "smco"}
    assert {arc.split(">")[1] for _, arc in moved} == {"US"}
    assert {month for month, _ in moved} == {f"2025-{m:02d}" for m in range(4, 13)}
    group = changed_rows("CN-2025-18.groups.yttrium-scandium.approval.US=0.3")
    assert {arc for _, arc in group} == {"y-oxide:CN>US", "sc-oxide:CN>US"}
    assert changed_rows("CN-2025-18.approval.US=1") == set()
    assert changed_rows("title=other") == set()


def test_set_of_the_scenario_and_of_modifiers():
    found = load_scenario(SHIPPED, "kachin-2024", ["months=2", "growth=0.1"])
    assert (found.months, found.growth) == (2, 0.1)
    with pytest.raises(DatasetError, match=r"CN-2025-70' ends on 2026-11-10, the run goes on"):
        load_scenario(SHIPPED, "busan-window", ["months=18"])
    longer = load_scenario(SHIPPED, "busan-window", ["months=18", "CN-2025-70.after=lifted"])
    assert longer.months == 18
    assert load_scenario(SHIPPED, "busan-window", ["months=18", "after_expiry.CN-2025-70=renewed"])


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("CN-2025-18", UsageError, "is not PATH=VALUE"),
        ("CN-2025-18=3", UsageError, "names no parameter"),
        ("CN-2025-81.approval.US=1", UsageError, "Did you mean 'CN-2025-18'?"),
        ("CN-2025-18.aproval.US=1", DatasetError, "Did you mean 'approval'?"),
        ("CN-2025-18.approval.US=2", DatasetError, "less than or equal to 1"),
        ("CN-2025-18.approval.USA=1", DatasetError, "'USA' is not in the dataset"),
        ("CN-2025-18.title.x=1", UsageError, "holds no 'x'"),
        ("growth.x=1", DatasetError, "growth"),
        ("CN-2025-18.approval.US=[", UsageError, "no plain value"),
    ],
)
def test_a_change_that_cannot_be_made(text, error, message):
    with pytest.raises(error) as caught:
        load_scenario(SHIPPED, "april-2025-shock", [text])
    assert message in str(caught.value)


def test_measures_can_be_added_by_id():
    more = load_scenario(SHIPPED, "kachin-2024", (), ["CN-2025-18", "CN-2025-GL"])
    assert [m.id for m in more.acting] == ["MM-2024-KIA", "CN-2025-18"]
    assert [m.id for m in more.changing] == ["CN-2025-GL"]
    with pytest.raises(DatasetError, match="'CN-1' is no measure"):
        load_scenario(SHIPPED, "kachin-2024", (), ["CN-1"])


# The shipped files.


@pytest.mark.slow
def test_shipped_measures_and_scenarios_are_sound():
    assert check_documents(SHIPPED, compile_graph(SHIPPED)) == []


def test_there_is_one_file_for_every_measure_and_each_says_what_it_does():
    entries = {name: read_entry(written)[0] for name, written in library(SHIPPED).items()}
    assert len(entries) == 91
    for name, entry in entries.items():
        assert entry is not None and entry.id == name and entry.title and len(entry.title) <= 75
        assert entry.sources and entry.sources[0].title
        assert isinstance(entry, Measure | Modifier | Record)
        if isinstance(entry, Record):
            assert entry.kind in LEGAL_KINDS and entry.reason.endswith(".")
        else:
            assert entry.size_evidence != "D" or entry.note, name


def test_the_scenarios_asked_for_are_there():
    wanted = {
        "april-2025-shock",
        "no-london",
        "kachin-2024",
        "busan-window",
        "snapback-2026",
        "snapback-2026-partial",
        "snapback-2026-renewed",
        "japan-squeeze-2026",
        "japan-2010",
        "quota-2006-2015",
        "april-2025-military",
    }
    assert wanted <= set(scenario_names(SHIPPED))


def test_replays_give_series_and_invent_no_year():
    points = series_of(load_scenario(SHIPPED, "quota-2006-2015"))
    quota = {p.month[:4]: p.value for p in points if p.measure == "CN-2006-QUOTA"}
    assert quota == {"2006": 61560, "2010": 30259, "2011": 30184}
    cut = {
        p.month: p.value
        for p in series_of(load_scenario(SHIPPED, "japan-2010"))
        if p.measure == "CN-2010-JPCUT"
    }
    # Held from 21 September to 20 November 2010: 10 of 30 days, all, 20 of 30.
    assert cut == {"2010-09": pytest.approx(2 / 3), "2010-10": 0, "2010-11": pytest.approx(1 / 3)}


def test_counts_of_approvals_are_no_shares_of_flows():
    """docs/methods/licences.md 4: the counts stand in the record, none of them in a mechanism."""
    counts = {0.25, 0.6, 0.5, 0.7, 5 / 180, 19 / 141}
    licence = read_entry(library(SHIPPED)["CN-2025-18"])[0]
    used = {*licence.approval.values(), *licence.floor.values()}
    for group in licence.groups.values():
        used |= {*group.approval.values()}
    assert not used & counts


def test_writing_a_scenario_leaves_the_balance_valid(tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(shipped_datasets()["three-nodes"], folder)
    before = read_dataset(folder)
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "s.yaml").write_text("title: x\nstart: 2025-01\nmonths: 1\n")
    after = read_dataset(folder)
    assert after.tables_hash == before.tables_hash and after.hash != before.hash
    with (shipped_datasets()["rare-earths"] / "derived" / "baseline.csv").open() as file:
        assert list(csv.reader(file))[1][1] == SHIPPED.tables_hash


# Editors.


@pytest.mark.slow
@pytest.mark.parametrize("name", ["scenario-file", "measure-file", "project-file", "deal-file"])
def test_editors_get_a_schema_that_the_shipped_files_fit(name):
    schema = json.loads(json.dumps(file_schema(name)))
    Draft202012Validator.check_schema(schema)
    folder = f"{name.removesuffix('-file')}s"
    validator = Draft202012Validator(schema)
    for stem, content in SHIPPED.documents[folder].items():
        assert validator.is_valid(content), stem
        assert not validator.is_valid({**content, "unknown": 1})


def test_every_kind_and_key_describes_itself():
    for kind, model in KINDS.items():
        assert model.__doc__, kind
        for name, field in model.model_fields.items():
            if name not in ("kind",):
                assert field.description and field.description.endswith("."), (kind, name)


# Whatever a file may hold.

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3000) | st.floats(0, 2) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        "title",
        "start",
        "months",
        "measures",
        "modifiers",
        "removals",
        "set",
        "after_expiry",
        "growth",
        "name",
        "network",
    ]
)


@pytest.mark.slow
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.dictionaries(KEYS, VALUES))
def test_any_scenario_is_read_or_refused(content):
    base = {"title": "t", "start": "2025-01", "months": 2}
    with contextlib.suppress(SupplygraphError):
        scenario_of(magnets().graph.dataset, base | content)


@pytest.mark.slow
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from(sorted(KINDS)) | VALUES,
    content=st.dictionaries(
        st.sampled_from(sorted({k for model in KINDS.values() for k in model.model_fields})), VALUES
    ),
)
def test_any_measure_is_read_or_refused(kind, content):
    with contextlib.suppress(SupplygraphError):
        bounds({"id": "x", **content, "kind": kind})


def test_both_parsers_of_yaml_agree():
    """libyaml's is fast, PyYAML's own speaks better; without libyaml both are the same."""
    for folder in ("measures", "scenarios"):
        for path in sorted((SHIPPED.path / folder).iterdir()):
            text = path.read_text(encoding="utf-8")
            slow = yaml.load(text, Loader=documents._PlainLoader)
            assert slow == yaml.load(text, Loader=documents._FastLoader), path.name


def test_keys_of_every_kind_are_listed_with_their_meaning():
    for kind in KINDS:
        rows = key_rows(kind)
        assert {"id", "effective", "evidence"} <= {row["key"] for row in rows}
        assert all(row["description"].endswith(".") for row in rows)
    assert key_rows("nothing") == []


def test_yaml_by_hand_needs_no_quotes():
    text = "title: x\nstart: 2025-01\nmonths: 2\nmeasures:\n- id: n\n  kind: outage\n"
    text += "  select: id=mine-a\n  effective: 2025\n  expires: 2025-01-15\n"
    from supplygraph.dataset.documents import load_yaml

    found = scenario_of(read_dataset("three-nodes"), load_yaml(text))
    assert found.acting[0].effective == "2025"
    assert yaml.safe_load(text)["months"] == 2


START = {"title": "t", "start": "2025-01", "months": 3}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (
            {"measures": [{"id": "o", "kind": "outage", "select": "id=cn-mag", "share": True}]},
            "scenario measures.0, share: 'true' is no number. Write one such as 0.5.",
        ),
        (
            {
                "measures": [
                    {"id": "o", "kind": "outage", "select": "id=cn-mag", "recovery_days": False}
                ]
            },
            "scenario measures.0, recovery_days: 'false' is no number.",
        ),
        (
            {"removals": [{"select": "id=cn-mag", "share": True}]},
            "scenario, removals.0.share: 'true' is no number.",
        ),
        ({"months": True}, "scenario, months: 'true' is no number."),
        ({"growth": False}, "scenario, growth: 'false' is no number."),
    ],
)
def test_true_is_no_number(change, place):
    measures = change.pop("measures", [])
    with pytest.raises(DatasetError) as error:
        scenario_of(magnets().graph.dataset, START | change | {"measures": measures})
    assert [str(fault)[: len(place)] for fault in error.value.faults] == [place]


def test_a_modifier_and_a_change_are_no_truth_for_a_number_either():
    outage = {"id": "o", "kind": "outage", "select": "id=cn-mag"}
    with pytest.raises(DatasetError, match=r"share: 'true' is no number"):
        scenario_of(magnets().graph.dataset, START | {"measures": [outage]}, ["o.share=true"])
    slow = {"id": "slow", "kind": "truce", "sets": {"o.share": True}, "effective": "2025-01"}
    with pytest.raises(DatasetError, match=r"'slow' changes o.share: 'true' is no number"):
        scenario_of(magnets().graph.dataset, START | {"measures": [outage], "modifiers": [slow]})


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", ".nan"])
def test_what_is_not_finite_is_no_number(value):
    outage = {"id": "o", "kind": "outage", "select": "id=cn-mag", "recovery_days": 1}
    for text in (f"o.recovery_days={value}", f"growth={value}"):
        with pytest.raises(DatasetError, match="is wrong: should be a"):
            scenario_of(magnets().graph.dataset, START | {"measures": [outage]}, [text])
