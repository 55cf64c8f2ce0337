"""Rules of the project that no other tool checks."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEGABYTE = 1_000_000
MACHINE_PATH = re.compile(
    r"(?<![\w.~}])(/(home|root|Users|tmp|private|opt|mnt|srv)/\w|[A-Z]:\\Users\\)"
)
REGISTRY = re.compile(
    r"index[-_]url|find[-_]links|pythonhosted\.org|pypi\.org/simple|/simple/"
    r"|https?://(localhost|127\.|10\.|192\.168\.|[\w-]+(:\d+)?(/|\s|$))"
)
HEAVY = {"highspy", "networkx", "numpy", "pandas", "pyvis"}
IMPORT_EVERYTHING = """
import importlib, logging, pkgutil, threading
import supplygraph
for module in pkgutil.walk_packages(supplygraph.__path__, "supplygraph."):
    importlib.import_module(module.name)
assert not logging.getLogger().handlers, "an import added a log handler"
assert threading.active_count() == 1, "an import started a thread"
"""
# After the help of each command: the first packages of all that was imported so far.
ASK_FOR_HELP = """
import contextlib, sys
from supplygraph.cli.app import main
for command in sys.argv[1:]:
    with contextlib.suppress(SystemExit):
        main([*command.split(), "--help"])
    print(command or "all", *{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


def list_tracked_files() -> list[Path]:
    """Files under version control, or in an unpacked archive all files that it brought."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = listed.stdout.decode().split("\0") if listed.returncode == 0 else []
    files = [ROOT / name for name in names if name]
    if not files:
        files = [
            path
            for path in ROOT.rglob("*")
            if not {"__pycache__", "build", "dist", "outputs"} & set(path.parts)
            and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
        ]
    return sorted(path for path in files if path.is_file())


def run_python(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter that finds this source tree, in the folder ``cwd``."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "HOME": str(cwd), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """All nodes of the syntax of a module, parsed once for all rules."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


TRACKED = list_tracked_files()
MODULES = sorted((ROOT / "supplygraph").rglob("*.py"))
LONGEST_MODULE, LARGEST_ROOM = 400, 12  # lines that can be read in one go; files seen at a glance


@pytest.mark.parametrize(
    ("pattern", "example"),
    [
        (MACHINE_PATH, "see /home/ann/data"),
        (MACHINE_PATH, r"C:\Users\ann"),
        (REGISTRY, "--index-url x"),
        (REGISTRY, "http://mirror:8080/x"),
    ],
)
def test_patterns_find_what_they_are_for(pattern, example):
    assert pattern.search(example)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["machine path", "registry host"])
def test_no_tracked_file_contains(what):
    pattern = {"machine path": MACHINE_PATH, "registry host": REGISTRY}[what]
    here = Path(__file__)
    found = []
    for path in TRACKED:
        if path == here:
            continue
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {hit[0]!r}" for hit in pattern.finditer(text)]
        if what == "machine path" and str(ROOT) in text:
            found.append(f"{path.relative_to(ROOT)}: the folder of this checkout")
    assert found == []


def test_no_large_file_outside_datasets():
    large = [
        path.relative_to(ROOT).as_posix()
        for path in TRACKED
        if path.stat().st_size > MEGABYTE and path.relative_to(ROOT).parts[0] != "datasets"
    ]
    assert large == []


def test_every_folder_of_modules_is_a_package():
    assert [str(p.parent) for p in MODULES if not (p.parent / "__init__.py").exists()] == []


def test_modules_are_short():
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in MODULES
    }
    assert {name for name, lines in lengths.items() if lines > LONGEST_MODULE} == set()


def test_rooms_of_the_analysis_are_small():
    rooms = [path for path in (ROOT / "supplygraph" / "analysis").iterdir() if path.is_dir()]
    sizes = {room.name: len(list(room.glob("*.py"))) for room in rooms}
    assert {name for name, files in sizes.items() if files > LARGEST_ROOM} == set()


def test_no_class_name_stands_twice():
    places: dict[str, list[str]] = {}
    for path in MODULES:
        for node in nodes_of(path):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name.lstrip("_"), []).append(path.name)
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_messages_that_become_faults_have_a_way_out():
    """A fault takes what follows the first sentence of such a message as its way out."""
    lacking = []
    for path in MODULES:
        for node in nodes_of(path):
            call = node.exc if isinstance(node, ast.Raise) else None
            if not isinstance(call, ast.Call) or not call.args:
                continue
            text = ast.unparse(call.args[0])
            told = ast.unparse(call.func) in ("SelectorError", "ScenarioError")
            if told and isinstance(call.args[0], ast.Constant | ast.JoinedStr) and ". " not in text:
                lacking.append(f"{path.relative_to(ROOT)}:{node.lineno} {text}")
    assert lacking == []


@pytest.mark.slow
def test_every_module_imports_without_side_effects(tmp_path):
    done = run_python("-c", IMPORT_EVERYTHING, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def list_documented_commands() -> list[str]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return sorted(set(re.findall(r"^\$ supplygraph ([a-z]+)", readme, re.MULTILINE)))


@pytest.mark.slow
def test_help_imports_nothing_heavy(tmp_path):
    """One command after the other in one process: the first that imports it is named."""
    commands = list_documented_commands()
    assert len(commands) > 10
    done = run_python("-c", ASK_FOR_HELP, "", *commands, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Example: supplygraph") > len(commands)
    told = [line.split() for line in done.stderr.splitlines()]
    assert [name for name, *_ in told] == ["all", *commands]
    assert [name for name, *imported in told if HEAVY & set(imported)] == []


def test_only_the_solver_imports_highs():
    importers = set()
    for path in MODULES:
        for node in nodes_of(path):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.partition(".")[0] == "highspy" for name in names):
                importers.add(path.relative_to(ROOT).as_posix())
    assert importers <= {"supplygraph/solver/linear.py"}


def list_private_names(text: str) -> list[str]:
    """Names with a leading underscore that a module takes from another module of ours."""
    found, ours = [], set()
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named = [alias for alias in node.names if alias.name.startswith("supplygraph")]
            ours |= {alias.asname or alias.name for alias in named}
            found += [alias.name for alias in named if is_private(alias.name)]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("supplygraph"):
            ours |= {alias.asname or alias.name for alias in node.names if alias.name.islower()}
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [name for name in names if is_private(name)]
    used = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return found + [
        ast.unparse(n) for n in used if is_private(n.attr) and ast.unparse(n.value) in ours
    ]


def is_private(name: str) -> bool:
    return any(part.startswith("_") and not part.startswith("__") for part in name.split("."))


@pytest.mark.parametrize(
    "line",
    [
        "from supplygraph.units import _table",
        "from supplygraph._units import table",
        "import supplygraph._units",
        "from supplygraph import units\nunits._table()",
        "import supplygraph.units\nsupplygraph.units._table()",
    ],
)
def test_private_names_are_found(line):
    assert len(list_private_names(line)) == 1
    assert list_private_names(line.replace("_", "")) == []


def test_no_module_takes_a_private_name_of_another():
    found = {path: list_private_names(path.read_text(encoding="utf-8")) for path in MODULES}
    assert {path.relative_to(ROOT): names for path, names in found.items() if names} == {}


def test_public_names_resolve():
    import supplygraph

    assert dir(supplygraph) == sorted(supplygraph.__all__)
    assert [name for name in supplygraph.__all__ if not hasattr(supplygraph, name)] == []
    with pytest.raises(AttributeError, match="has no attribute 'laod'"):
        _ = supplygraph.laod


def test_citation_and_package_name_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {project['version']}\n" in citation


def test_every_decision_is_listed():
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text("utf-8"))
    assert sorted(listed) == sorted(path.name for path in folder.glob("[0-9]*.md"))
