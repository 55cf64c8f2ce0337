"""The documentation is executed: what the README and docs/ show is what the program does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest
from pages import ROOT, read_blocks, read_commands, same_output
from program import PAGE, Outcome, compiled_once, run_line

README = ROOT / "README.md"
PAGES = sorted({README, ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")})


def read_marked_line(name: str) -> str:
    """The one line of the README between the markers ``name`` and ``end of name``."""
    pattern = f"<!-- {name} -->\n```sh\n(.+)\n```\n<!-- end of {name} -->"
    found = re.findall(pattern, README.read_text(encoding="utf-8"))
    assert len(found) == 1, f"the README has {len(found)} marked lines '{name}', expected 1"
    return found[0]


BLOCKS = [block for page in PAGES for block in read_blocks(page)]


CONSOLE = [block for block in BLOCKS if block.language == "console"]


@pytest.fixture
def folder(tmp_path):
    """A folder of a reader's own, beside the examples."""
    shutil.copytree(ROOT / "examples", tmp_path / "folder" / "examples")
    return tmp_path / "folder"


@pytest.fixture
def shell(tmp_path, folder):
    """Runs a command line as a reader would, every program in a process of its own."""
    tools = tmp_path / "tools"
    tools.mkdir()
    entry = tools / "supplygraph"
    entry.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m supplygraph "$@"\n', encoding="utf-8")
    entry.chmod(0o755)
    paths = {"PATH": [str(tools), os.environ["PATH"]], "PYTHONPATH": [str(ROOT)]}
    environment = os.environ | {name: os.pathsep.join(value) for name, value in paths.items()}
    environment |= PAGE

    def run(command: str) -> Outcome:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


@pytest.mark.slow
@pytest.mark.parametrize("block", CONSOLE, ids=str)
def test_console_block_runs_and_prints_what_it_shows(block, folder):
    commands = read_commands(block)
    assert commands, f"{block}: no line begins with '$ '"
    for command, shown in commands:
        with compiled_once():
            done = run_line(command, folder)
        assert done.code == 0, f"$ {command}\n{done.out}{done.err}"
        if shown.strip():
            assert same_output(shown, done.out), (
                f"{block}\n$ {command}\nshown:\n{shown}\nprinted:\n{done.out}"
            )


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        "supplygraph --dataset examples/three-nodes whatif --remove id=mine-a --format table",
        "supplygraph --dataset three-nodes chokepoints --format tsv | cut -f1,2 | grep -v mag",
        "supplygraph --dataset three-nodes chokepoints --by plant 2>&1 || echo $?",
        "supplygraph --dataset three-nodes whatif --remove id=mine-a --fail-if 'loss_none>0.9'",
        "supplygraph --dataset three-nodes chokepoints 2>&1 >/dev/null | grep warning | wc -l",
        "supplygraph --dataset three-nodes info -o info.csv && cat info.csv",
    ],
)
def test_a_line_does_in_this_process_what_it_does_in_its_own(command, shell, folder):
    with compiled_once():
        here = run_line(command, folder)
    (folder / "info.csv").unlink(missing_ok=True)
    there = shell(command)
    assert (here.code, here.out) == (there.code, there.out)
    assert here.out.strip()


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a 0.7368831881", "a  0.7368831882\n", True),
        ("a 0.73688318", "a 0.73688319", False),
        ("8.9e+05 t", "890000 t", True),
        ("1,234 t", "1,235 t", False),
        ("id-7 x", "id-8 x", False),
        ("a 1\n...\nz 0.1234567891", "a 1\nb 2\nc 3\nz 0.1234567892", True),
        ("a 1\n...\nc 0.5\n...\nz 0.1234567891", "a 1\nb 2\nc 3\nz 0.1234567892", False),
        ("... 0.1234567891 ...", "b 2 0.1234567892 c", True),
        ("<0.1 %", "0.1 %", False),
    ],
)
def test_outputs_are_compared_to_a_billionth(shown, printed, same):
    assert same_output(shown, printed) is same


@pytest.mark.slow
@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "python"], ids=str)
def test_python_block_runs(block, shell, tmp_path):
    script = tmp_path / "block.py"
    script.write_text(block.text, encoding="utf-8")
    done = shell(f'"{sys.executable}" -W error "{script}"')
    assert done.code == 0, done.err


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "sh"], ids=str)
def test_shell_block_parses(block):
    subprocess.run(["bash", "-n", "-c", block.text], check=True)


@pytest.mark.slow
def test_run_command_installs_and_ranks(shell):
    install, command = read_marked_line("run command").rsplit("&& .venv/bin/", 1)
    assert "pip install -q ." in install
    done = shell(command)
    assert done.code == 0 and done.out.strip(), done.err


def test_test_command_runs_pytest():
    assert "-m pytest" in read_marked_line("test command")


def test_readme_shows_at_least_five_commands():
    blocks = [block for block in BLOCKS if block.page == "README.md"]
    commands = {
        command.split()[1]
        for block in blocks
        if block.language == "console"
        for command, _ in read_commands(block)
        if command.startswith("supplygraph ")
    }
    assert len(commands) >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_pages_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
