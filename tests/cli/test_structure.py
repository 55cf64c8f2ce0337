"""`supplygraph structure`: what it prints, its schema, its errors, and the shipped figures."""

import csv
import json
import math

import pytest
from jsonschema import Draft202012Validator

import supplygraph as sg
from supplygraph.analysis.structure.indices import METRICS
from supplygraph.schema.commands import command_schema, kinds_by_command, result_fields

pytestmark = pytest.mark.slow

SCORES = "country,wgi,political_stability\nCN,-0.55,-0.4\nUS,1.0,0.1\nMY,0.35,0.2\nJP,1.3,1.0\n"
QUESTIONS = [
    "--metric concentration",
    "--metric concentration --by owner --element Nd",
    "--metric concentration --process heavy",
    "--region IN",
    "--region JP --element Dy",
    "--metric dominators --product f-35",
    "--metric dominators --by country-process --region US --links base",
    "--metric vitality --element Sm",
    "--metric betweenness --element Dy --by country",
    "--metric shapley --rerouting none --product f-35 --region US",
    "--metric eu-supply-risk --region US --governance SCORES",
    "--metric eu-supply-risk --region EU --governance SCORES --indices INDICES",
    "--metric geopolrisk --region US --governance SCORES",
]


@pytest.fixture
def ask(run, tmp_path):
    """Run the command, with the names of two files written for it."""
    scores, indices = tmp_path / "scores.csv", tmp_path / "indices.csv"
    scores.write_text(SCORES, encoding="utf-8")
    indices.write_text("material,eol_rir,substitution_index\ny-oxide,0.31,0.96\n", "utf-8")

    def call(text, *more):
        files = {"SCORES": str(scores), "INDICES": str(indices)}
        return run("structure", *(files.get(word, word) for word in text.split()), *more)

    return call


def rows_of(done):
    assert done.code == 0, done.err
    return {row["id"]: row for row in done.envelope["results"]}


def test_every_metric_has_a_kind_and_two_lines():
    assert set(METRICS) == set(kinds_by_command()["structure"])
    for name, metric in METRICS.items():
        assert metric.how_to_read.endswith(".") and metric.blind_to.endswith("."), name
        assert {f.name for f in result_fields(name)}, name


@pytest.mark.parametrize("question", QUESTIONS)
def test_output_fits_its_schema_and_says_how_to_read_it(ask, question):
    done = ask(question, "--format", "json")
    assert done.code == 0, done.err
    Draft202012Validator(command_schema("structure")).validate(done.envelope)
    kind = done.envelope["schema"].removeprefix("supplygraph/")
    params = done.envelope["params"]
    assert params["metric"] == kind and done.envelope["results"]
    assert params["how_to_read"] == METRICS[kind].how_to_read
    for row in done.envelope["results"]:
        assert list(row) == [field.name for field in result_fields(kind)]


def test_how_to_read_stands_under_a_table_and_beside_other_text(ask):
    metric = METRICS["vitality"]
    question = "--metric vitality --element Sm"
    for form in ("table", "md"):
        shown = ask(question, "--format", form).out
        told = " ".join(shown.replace("\n*", "").split())
        assert f"How to read: {metric.how_to_read} Blind to: {metric.blind_to}" in told
    plain = ask(question, "--format", "tsv")
    assert "Blind to" not in plain.out and f"blind to: {metric.blind_to}" in plain.err


@pytest.mark.parametrize("question", ["--region JP --element Dy", "--metric dominators"])
def test_same_question_same_bytes(ask, question):
    first = ask(question, "--format", "json")
    assert first.code == 0 and ask(question, "--format", "json").out == first.out


def test_a_toy_by_hand(toy):
    rows = {
        r["id"]: r
        for r in toy("structure", "--region", "JP", "--format", "json").envelope["results"]
    }
    ore, magnet = rows["ore-a"], rows["mag-a"]
    assert ore["import_dependence"] == pytest.approx(1.0) and ore["origins"] == {"CN": 1.0}
    assert ore["imports"] == pytest.approx(90.0)
    assert magnet["import_dependence"] == 0.0 and magnet["own_make"] == pytest.approx(30.0)
    found = toy("structure", "--metric", "dominators", "--format", "json").envelope["results"]
    assert [(r["element"], r["id"], r["links"], r["stops"]) for r in found] == [
        ("all", "CN/dig", "any", True),
        ("all", "JP/sinter", "any", True),
    ]
    split = toy("structure", "--metric", "shapley", "--format", "json").envelope["results"]
    assert [(r["id"], r["shapley_none"], r["alone_least"]) for r in split] == [
        ("CN", pytest.approx(0.5), pytest.approx(1.0)),
        ("JP", pytest.approx(0.5), pytest.approx(1.0)),
        ("total", pytest.approx(1.0), pytest.approx(1.0)),
    ]
    bare = toy("structure", "--metric", "vitality", "--format", "json")
    assert bare.envelope["results"] == [] and "no material is tagged" in bare.err


# The shipped data: figures that a reader would quote


def test_concentration_of_the_shipped_data(ask):
    rows = ask("--metric concentration", "--format", "json").envelope["results"]
    found = {(row["id"], row["scope"]): row for row in rows}
    heavy = found["heavy", ""]
    assert heavy["hhi"] == pytest.approx(1.0, abs=0.01) and heavy["largest"] == "CN"
    assert heavy["hhi_10000"] == pytest.approx(1e4 * heavy["hhi"])
    for row in rows:
        assert 0 <= row["hhi_low"] <= row["hhi_high"] <= 1, row["id"]
        if row["hhi"] is not None:
            assert row["hhi_low"] <= row["hhi"] <= row["hhi_high"]
            # Both are stated to nine decimals, and a square moves by twice as much.
            assert row["hhi"] >= row["largest_share"] ** 2 - 2e-9
        if row["largest_share"] is not None:
            assert row["largest_low"] <= row["largest_share"] <= row["largest_high"]
        assert sum(row["top_three"].values()) == pytest.approx(row["top_three_share"])
    # Places that nobody tells apart make most beach sand: no index, only a range.
    assert found["sands", ""]["hhi"] is None
    assert found["Nd", "primary"]["unrecorded"] > 0.05
    assert found["Nd", "primary"]["hhi_low"] < found["Nd", "primary"]["hhi"]


def test_owners_are_not_guessed(ask):
    country = rows_of(ask("--process ndpr", "--format", "json"))["ndpr"]
    owner = rows_of(ask("--process ndpr --by owner", "--format", "json"))["ndpr"]
    assert country["not_told_apart"] == 0 and country["hhi"] > 0.9
    assert owner["not_told_apart"] > 0.9 and owner["hhi"] is None
    assert owner["hhi_low"] < 0.01 and owner["hhi_high"] > 0.9


def test_region_beside_published_figures(ask):
    rows = rows_of(ask("--region US", "--format", "json"))
    assert rows["y-oxide"]["net_import_reliance"] == pytest.approx(1.0)
    assert rows["y-oxide"]["largest_origin"] == "CN"
    yttrium = rows["us-yttrium-net-import-reliance-2024"]
    assert (yttrium["published"], yttrium["difference"]) == (1.0, pytest.approx(0.0, abs=1e-9))
    magnets = rows["us-magnets-from-cn-2022"]
    assert magnets["computed_low"] <= magnets["computed"] <= magnets["computed_high"]
    assert rows["ore-bastnaesite-mountain-pass"]["note"] == "net exporter"
    for row in rows.values():
        if row["kind"] != "published":
            total = row["own_make"] + row["imports"]
            assert row["import_dependence"] == pytest.approx(row["imports"] / total)
            assert sum(row["origins"].values()) == pytest.approx(1.0)
            continue
        assert row["computed"] - row["published"] == pytest.approx(row["difference"])
        assert row["note"] and row["evidence"] and row["source"], row["id"]
        # A miss of more than a tenth that the ranges do not cover has a reason in its note.
        if abs(row["difference"]) > 0.1:
            assert len(row["note"]) > 40, row["id"]
    assert {"oxides", "metals", "magnets"} <= set(rows)


def test_published_figures_of_other_regions(ask):
    japan = rows_of(ask("--region JP", "--format", "json"))
    assert japan["share-y-jp"]["computed"] == pytest.approx(1.0)
    assert japan["share-cn-in-jp-magnet-imports-2022"]["year"] == 2022
    europe = rows_of(ask("--region EU", "--format", "json"))
    of_use = europe["eu-magnets-from-cn-of-use-2024"]
    assert (of_use["measure"], of_use["published"]) == ("use_share", 0.85)
    assert of_use["computed"] == pytest.approx(europe["magnets"]["largest_share"])


def test_vitality_and_exposure_of_dysprosium(ask):
    vital = rows_of(ask("--metric vitality --element Dy", "--format", "json"))
    passed = rows_of(ask("--metric betweenness --element Dy", "--format", "json"))
    assert max(vital, key=lambda name: vital[name]["vitality"]) == "CN/dytb"
    for name, row in vital.items():
        assert row["vitality_share"] == pytest.approx(row["vitality"] / row["of"], abs=1e-9)
        assert row["of"] == pytest.approx(passed["CN/dytb"]["of"], rel=1e-6)
        # What nothing passes today may stand in the other list with a loss of 0.
        assert name in passed or row["vitality"] == 0, name
    # Burma is exposed to, and can be replaced: what separates the two measures.
    assert passed["MM/clay"]["passing_share"] > 0.3 > vital["MM/clay"]["vitality_share"]
    country = rows_of(ask("--metric betweenness --element Dy --by country", "--format", "json"))
    assert country["CN"]["passing_share"] >= max(
        row["passing_share"] for row in passed.values() if row["country"] == "CN"
    )


def test_dominators_agree_with_what_a_removal_does(ask, run):
    found = ask("--metric dominators --product f-35", "--format", "json").envelope["results"]
    stops = {row["id"] for row in found if row["stops"]}
    assert stops == {"CN/heavy"}
    done = run(
        "whatif",
        "--remove",
        "country=CN process=heavy",
        "--product",
        "f-35",
        "--rerouting",
        "none",
        "--format",
        "json",
    )
    assert done.envelope["results"][-1]["loss_none"] == pytest.approx(1.0)
    assert all(row["cuts"] for row in found)


def test_shapley_of_one_product(ask):
    question = "--metric shapley --rerouting none --product f-35 --region US"
    done = ask(question, "--format", "json")
    rows = rows_of(done)
    parts = [row["shapley_none"] for name, row in rows.items() if name != "total"]
    assert sum(parts) == pytest.approx(rows["total"]["shapley_none"], abs=1e-8)
    assert rows["total"]["shapley_least"] is None
    assert done.envelope["weights"] == {"f-35": pytest.approx(1.0)}


# Risk indices: nothing is invented


def test_no_score_is_invented(ask):
    for metric in ("eu-supply-risk", "geopolrisk"):
        done = ask(f"--metric {metric} --region US")
        assert (done.code, done.out) == (2, "")
        assert "the dataset has no governance scores. Give --governance FILE" in done.err
        assert "political_stability" in done.err
        assert ask(f"--metric {metric} --governance SCORES").code == 2


def test_supply_risk_of_a_region(ask):
    question = "--metric eu-supply-risk --region US --governance SCORES"
    bare = rows_of(ask(question, "--format", "json"))["y-oxide"]
    assert bare["supply_risk_low"] is None and bare["eol_rir"] is None
    # All yttrium of the world and of the US is Chinese but for a trace: 2 (2.5 + 0.55) = 6.1.
    assert bare["before_factors_low"] == pytest.approx(6.1, abs=0.01)
    full = rows_of(ask(f"{question} --indices INDICES", "--format", "json"))["y-oxide"]
    assert full["supply_risk_low"] == pytest.approx(6.1 * 0.69 * 0.96, abs=0.01)


def test_countries_without_a_score_widen_the_range(ask):
    rows = rows_of(ask("--metric geopolrisk --region US --governance SCORES", "--format", "json"))
    magnet = rows["ndfeb-hre"]
    assert "VN" in magnet["without_score"] and magnet["geopolrisk_low"] < magnet["geopolrisk_high"]
    assert rows["y-oxide"]["geopolrisk_low"] == pytest.approx(rows["y-oxide"]["geopolrisk_high"])
    assert rows["y-oxide"]["geopolrisk_low"] == pytest.approx(0.58, abs=0.001)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("country,wgi\nCN,61\n", "row 2, wgi: 61 is not within -2.5 to 2.5"),
        ("country,wgi\nCN,low\n", "row 2, wgi: 'low' is no number"),
        ("country,wgi\n,1\n", "row 2: no country"),
        ("country,wgi\n", "has no rows"),
        ("nation;wgi\nCN;1\n", "separated by semicolons"),
    ],
)
def test_scores_that_cannot_be_read(run, tmp_path, text, words):
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    done = run("structure", "--metric", "geopolrisk", "--region", "US", "--governance", path)
    assert done.code == 2 and words in done.err and done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--metric centrality", "--metric 'centrality' is not known"),
        ("--metric vitality --process heavy", "--process does not go with --metric vitality"),
        ("--metric concentration --region US", "--region does not go with"),
        ("--metric vitality --element Xx", "no element 'Xx'"),
        ("--metric vitality --by owner", "--by 'owner' is not known"),
        ("--by facility", "--by 'facility' is not known"),
        ("--process hevy", "Did you mean 'heavy'"),
        ("--region USSR", "no region 'USSR'"),
        ("--metric dependence", "Add --region"),
        ("--metric dominators --product f-55", "Did you mean 'f-35'"),
        ("--metric dominators --links all", "--links 'all'"),
        ("--metric shapley --rerouting qualified", "--rerouting qualified"),
        ("--metric shapley --rerouting some", "--rerouting 'some'"),
        ("--metric shapley --weights heavy", "weights 'heavy'"),
        ("--metric geopolrisk --region US --governance nowhere.csv", "cannot be read"),
    ],
)
def test_errors_are_one_line_with_a_way_out(run, arguments, words):
    done = run("structure", *arguments.split())
    assert (done.code, done.out) == (2, ""), done.err
    assert words in done.err and done.err.count("\n") == 1


def test_fail_if_and_top(run):
    done = run("structure", "--element", "Nd", "--fail-if", "hhi>0.86", "--top", "1")
    assert done.code == 0 and done.out.count("\n") == 2
    assert run("structure", "--element", "Nd", "--fail-if", "hhi>0.86").code == 10
    assert run("structure", "--process", "heavy", "--fail-if", "hhi>0.99").code == 10


def test_python_gives_the_same(run):
    table = sg.load("three-nodes").structure("shapley").table
    assert table["id"].tolist() == ["CN", "JP", "total"]
    with pytest.raises(sg.UsageError, match="structure asks about a whole chain"):
        sg.load("three-nodes").remove("id=mine-a").structure()
    with pytest.raises(sg.UsageError, match="--element does not go"):
        sg.load("three-nodes").structure("shapley", element="Dy")
    with pytest.raises(TypeError, match="colour"):
        sg.load("three-nodes").structure(colour="red")


# The file of published figures


@pytest.fixture
def copy(tmp_path):
    """The toy with one published figure that can be changed."""
    import shutil
    from pathlib import Path

    source = sg.load("three-nodes").dataset.path
    folder = tmp_path / "copy"
    shutil.copytree(source, folder)

    def write(**change):
        row = {
            "region": "JP",
            "id": "ore-2023",
            "materials": "ore-*",
            "measure": "origin_share",
            "origin": "CN",
            "year": "2023",
            "value": "0.9",
            "unit": "fraction",
            "source": "S",
            "url": "",
            "evidence": "B",
            "note": "Another year.",
        } | change
        path = Path(folder) / "published" / "supply.csv"
        path.parent.mkdir(exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerow(row)
        return folder

    return write


def test_a_published_figure_stands_beside_the_balance(run, copy):
    done = run("--dataset", copy(), "structure", "--region", "JP", "--format", "json")
    row = next(r for r in done.envelope["results"] if r["kind"] == "published")
    assert row["computed"] == pytest.approx(1.0)
    assert row["difference"] == pytest.approx(0.1)
    assert (row["year"], row["evidence"], row["source"]) == (2023, "B", ["S"])
    assert math.isfinite(row["computed_low"])


def test_published_figures_do_not_enter_the_hash(copy):
    plain = sg.load("three-nodes").dataset.hash
    assert sg.load(copy()).dataset.hash == plain


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"measure": "share"}, "measure: 'share' is not a measure"),
        ({"value": "75"}, "value: '75' is out of range"),
        ({"value": "x"}, "value: 'x' is out of range"),
        ({"evidence": "E"}, "evidence: 'E' is not a grade"),
    ],
)
def test_faults_of_the_file_are_named(run, copy, change, words):
    done = run("--dataset", copy(**change), "structure", "--region", "JP")
    assert done.code == 3 and "published/supply.csv row 2" in done.err and words in done.err


def test_a_note_with_a_bare_comma_is_a_fault_and_not_cut_short(run, copy):
    path = copy() / "published" / "supply.csv"
    path.write_text(path.read_text().replace("Another year.", "By value, not by weight"))
    done = run("--dataset", path.parents[1], "structure", "--region", "JP")
    fault = "published/supply.csv row 2: row has 13 fields where the header has 12. Quote a value"
    assert done.code == 3 and fault in done.err


def test_json_of_a_fraction_is_plain(ask):
    text = ask("--region KR", "--format", "json").out
    assert "NaN" not in text and json.loads(text)["params"]["region"] == "KR"
