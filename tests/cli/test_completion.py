"""What a shell is told on TAB: values of options and ids, without loading what they mean."""

import csv
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from toy import toy as write_toy

pytestmark = pytest.mark.sampled

ROOT = Path(__file__).parents[2]
HEAVY = {"numpy", "pandas", "scipy", "networkx", "highspy", "pydantic", "yaml"}


@pytest.fixture
def offered(run, monkeypatch):
    """What bash is told after the words of a line, of which the last is not finished."""

    def ask(*words: str) -> list[str]:
        monkeypatch.setenv("_SUPPLYGRAPH_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", "\n".join(["supplygraph", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        done = run()
        assert (done.code, done.err) == (0, "")
        return [line for line in done.out.splitlines() if line]

    return ask


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("cho", ["chokepoints"]),
        ("chokepoints --product wind", ["wind-offshore", "wind-onshore"]),
        ("chokepoints --region T", ["TH"]),
        (
            "chokepoints --region ",
            [
                "BR",
                "CA",
                "CN",
                "EU",
                "GB",
                "IN",
                "JP",
                "KR",
                "MY",
                "PH",
                "ROW",
                "RU",
                "TH",
                "US",
                "VN",
            ],
        ),
        ("chokepoints --sector d", ["defence"]),
        ("chokepoints --by country-", ["country-stage", "country-process"]),
        ("chokepoints --at 2025-01 --weights m", ["mass"]),
        ("chokepoints --outside CN,J", ["CN,JP"]),
        ("chokepoints --projects bin", ["binding"]),
        ("chokepoints --projects binding,au-n", ["binding,au-nolans", "binding,au-nolans-sep"]),
        ("structure --metric es", ["esri"]),
        ("structure --element D", ["Dy"]),
        ("structure --process he", ["heavy"]),
        ("balance --intervals nd-", ["nd-oxide"]),
        ("explain f-", ["f-35"]),
        ("explain f-35 CN-2025-1", ["CN-2025-10", "CN-2025-18"]),
        ("trace sma", ["small-motors-bonded", "smartphone"]),
        ("whatif --measure CN-2025-ENT", ["CN-2025-ENT-APR", "CN-2025-ENT-OCT"]),
        ("whatif --project au-b", ["au-balranald", "au-browns-range"]),
        ("scenario run april-2025-s", ["april-2025-shock"]),
        ("cover --inferred april-2025-s", ["april-2025-shock"]),
        ("compare april-2025-shock april-2025-m", ["april-2025-military"]),
        ("deals --elements Dy,Nd", ["Dy,Nd", "Dy,NdPr"]),
        ("whatif --remove stag", [f"stage={n}" for n in ("magnet", "metal", "mine", "separation")]),
        (
            "whatif --remove country=CN|M",
            [f"country=CN|{n}" for n in ["MA", "MG", "MM", "MN", "MT", "MW", "MX", "MY"]],
        ),
        ("whatif --remove process!=he", ["process!=heavy"]),
        ("whatif --remove s", ["stage=", "status=", "segment="]),
        ("--dataset three", ["three-nodes"]),
        ("validate esri", ["esri-toy"]),
        ("--dataset three-nodes explain m", ["mine-a", "mag-a"]),
        ("--dataset no-such explain m", []),
        ("chokepoints --top 1", []),
        ("whatif --as e", ["export-stop"]),
        ("scenario run april-2025-shock --cover c", ["central"]),
        ("chokepoints --format ts", ["tsv"]),
    ],
)
def test_values(offered, line, told):
    assert offered(*line.split(" ")) == told


@pytest.mark.slow
def test_a_word_that_bash_broke_at_the_sign_of_equality(offered):
    """Bash hands over three words and replaces the last of them alone."""
    assert offered("whatif", "--remove", "country", "=", "CN") == ["CN"]
    assert "CN" in offered("whatif", "--remove", "country", "=")
    assert offered("chokepoints", "--product", "=", "ev") == ["ev"]


def test_a_selector_of_several_terms_in_quotes(offered):
    told = offered("whatif", "--remove", "'country=CN process=he")
    assert told == ["country=CN process=heavy"]


def test_options_are_read_again_as_their_types_afterwards(offered, toy):
    assert offered("chokepoints", "--by", "el")
    os.environ.pop("_SUPPLYGRAPH_COMPLETE")
    assert len(toy("chokepoints", "--top", "1").rows) == 1


@pytest.mark.parametrize("name", ["$(touch x)", "`id`", "a'b\"c;d", "\x1b[31m", "*", "line\nbreak"])
def test_nothing_of_a_dataset_reaches_a_shell_as_a_command(run, monkeypatch, tmp_path, name):
    folder = write_toy(tmp_path / "toy")
    with (folder / "products.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([["id", "name"], ["ev", name], [name, "Car"]])
    for shell in ("zsh", "fish"):
        monkeypatch.setenv("_SUPPLYGRAPH_COMPLETE", f"complete_{shell}")
        monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
        line = f"supplygraph --dataset {shlex.quote(str(folder))} trace "
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", line)
        done = run()
        assert done.code == 0 and "ev" in done.out
        assert not set("$`;*\x1b") & set(done.out.replace("_arguments '*: :((", ""))


def test_a_dataset_that_cannot_be_read_offers_nothing(offered, tmp_path):
    (tmp_path / "products.csv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "countries.csv").write_text("name\nChina\n")
    for option in ("--product", "--region", "--remove"):
        assert offered("--dataset", str(tmp_path), "whatif", option, "country=") == []


def start(*words: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        words,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    ["chokepoints --at 2025-01 --product e", "whatif --remove country=C", "scenario run a"],
)
def test_nothing_heavy_is_loaded_for_a_key(line):
    words = ["supplygraph", *line.split()]
    done = start(
        *(sys.executable, "-X", "importtime", "-m", "supplygraph"),
        _SUPPLYGRAPH_COMPLETE="complete_bash",
        COMP_WORDS="\n".join(words),
        COMP_CWORD=str(len(words) - 1),
    )
    assert done.returncode == 0 and done.stdout
    loaded = {
        part.rpartition("|")[2].strip().partition(".")[0] for part in done.stderr.splitlines()
    }
    assert "supplygraph" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_every_shell(shell):
    done = start(
        *(sys.executable, "-m", "supplygraph", "--show-completion", shell),
        _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1",
    )
    assert done.returncode == 0
    assert f"_SUPPLYGRAPH_COMPLETE=complete_{shell}" in done.stdout


@pytest.mark.slow
def test_in_bash(tmp_path):
    """The script as it is installed, asked as readline asks it."""
    program = tmp_path / "supplygraph"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m supplygraph "$@"\n')
    program.chmod(0o755)
    asked = f"""
        eval "$({program} --show-completion bash)"
        COMP_WORDS=(supplygraph whatif --remove country = CN); COMP_CWORD=5
        _supplygraph_completion {program}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = start("bash", "-c", asked)
    assert (done.stdout, done.stderr) == ("CN\n", "")
