"""The documentation is executed: what the README and docs/ show is what the program does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest
from pages import ROOT, read_blocks, read_commands, same_output

README = ROOT / "README.md"
PAGES = sorted({README, ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")})


def read_marked_line(name: str) -> str:
    """The one line of the README between the markers ``name`` and ``end of name``."""
    pattern = f"<!-- {name} -->\n```sh\n(.+)\n```\n<!-- end of {name} -->"
    found = re.findall(pattern, README.read_text(encoding="utf-8"))
    assert len(found) == 1, f"the README has {len(found)} marked lines '{name}', expected 1"
    return found[0]


BLOCKS = [block for page in PAGES for block in read_blocks(page)]


@pytest.fixture
def shell(tmp_path):
    """Runs a command line as a reader would, in a folder of its own beside the examples."""
    tools, folder = tmp_path / "tools", tmp_path / "folder"
    tools.mkdir()
    shutil.copytree(ROOT / "examples", folder / "examples")
    entry = tools / "supplygraph"
    entry.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m supplygraph "$@"\n', encoding="utf-8")
    entry.chmod(0o755)
    paths = {"PATH": [str(tools), os.environ["PATH"]], "PYTHONPATH": [str(ROOT)]}
    environment = os.environ | {name: os.pathsep.join(value) for name, value in paths.items()}
    environment |= {"COLUMNS": "100", "NO_COLOR": "1"}

    def run(command: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        return done.stdout

    return run


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "console"], ids=str)
def test_console_block_runs_and_prints_what_it_shows(block, shell):
    commands = read_commands(block)
    assert commands, f"{block}: no line begins with '$ '"
    for command, shown in commands:
        printed = shell(command)
        if shown.strip():
            assert same_output(shown, printed), (
                f"{block}\n$ {command}\nshown:\n{shown}\nprinted:\n{printed}"
            )


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


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "python"], ids=str)
def test_python_block_runs(block, shell, tmp_path):
    script = tmp_path / "block.py"
    script.write_text(block.text, encoding="utf-8")
    shell(f'"{sys.executable}" -W error "{script}"')


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.language == "sh"], ids=str)
def test_shell_block_parses(block):
    subprocess.run(["bash", "-n", "-c", block.text], check=True)


def test_run_command_installs_and_ranks(shell):
    install, command = read_marked_line("run command").rsplit("&& .venv/bin/", 1)
    assert "pip install -q ." in install
    assert shell(command).strip()


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
