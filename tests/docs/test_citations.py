"""What pages and comments cite is there: documents, sections, modules, functions, columns."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pages import ROOT

from supplygraph.schema import TABLES, table_schema
from supplygraph.schema.commands import kinds_by_command, result_fields

DOCS = ROOT / "docs"
METHODS = sorted(set((DOCS / "methods").glob("*.md")) - {DOCS / "methods" / "README.md"})
PAGES = sorted({ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")})
CODE = sorted(
    path
    for room in ("supplygraph", "tests", "benchmarks")
    for path in (ROOT / room).rglob("*.py")
    if path != Path(__file__)
)
ROOMS = {path.stem for path in (ROOT / "supplygraph").iterdir()} - {"__pycache__"}
# A note of a decision that was replaced names what was there when it was written.
REPLACED = re.compile(r"^Status: replaced", re.MULTILINE)
ABSENT = re.compile(r"\b(METHODS|DESIGN|MODEL_NOTES|PERFORMANCE|VIEWS|STYLE)\b")
CITED_PAGE = re.compile(r"\b((?:docs|tests|examples)/[\w/.-]+\.\w+)(#[\w-]+)?")
CITED_CODE = re.compile(r"`((?:supplygraph[./])?[a-z_]+(?:[./]\w+)+/?)`")
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#]*)#([^)]+)\)")
PARTS_OF_A_METHOD = (
    "## Formula",
    "## Worked example",
    "## What it is blind to",
    "## In the code",
    "## Sources",
)
MOST_STEPS = 8


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def anchors(path: Path) -> frozenset[str]:
    """Anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text_of(path), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return frozenset(heading.strip().replace(" ", "-") for heading in plain)


@cache
def prose_of(path: Path) -> str:
    """A page; of a module its docstrings and comments."""
    text = text_of(path)
    if path.suffix != ".py":
        return text
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    found = [ast.get_docstring(n) or "" for n in ast.walk(tree_of(path)) if isinstance(n, kinds)]
    return "\n".join([*found, *re.findall(r"#.*", text)])


def standing() -> Iterator[Path]:
    """Pages and modules that speak of the program as it is."""
    yield from (page for page in PAGES if not REPLACED.search(text_of(page)))
    yield from CODE


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path))


def names_in(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """What a module or a class defines or imports, by name."""
    found: dict[str, ast.stmt] = {}
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [
                n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)
            ]
            found |= dict.fromkeys(names, node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name: node for alias in node.names}
    return found


def exists(cited: str) -> bool:
    """Whether a dotted name or a path names a module, a file, or something in a module.

    A name may leave out ``supplygraph`` in front.
    """
    parts = re.split(r"[./]", cited.strip("/"))
    parts = parts if parts[0] == "supplygraph" else ["supplygraph", *parts]
    if "/" in cited:
        path = cited.strip("/")
        return (
            ROOT / (path if path.startswith("supplygraph/") else f"supplygraph/{path}")
        ).exists()
    for length in range(len(parts), 0, -1):
        folder = ROOT.joinpath(*parts[:length])
        module = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
        if not module.exists():
            continue
        body = tree_of(module).body
        for part in parts[length:]:
            node = names_in(body).get(part)
            if node is None:
                return False
            body = node.body if isinstance(node, ast.ClassDef) else []
        return True
    return False


def cited_code(text: str) -> Iterator[str]:
    """Names of modules and what is in them: those that begin with a room of the package."""
    for match in CITED_CODE.finditer(text):
        parts = re.split(r"[./]", match[1])
        room = parts[1] if parts[0] == "supplygraph" else parts[0]
        if parts[0] == "supplygraph" or room in ROOMS:
            yield match[1]


@pytest.mark.parametrize(
    ("cited", "there"),
    [
        ("supplygraph.engines.cascade.Cascade", True),
        ("engines.cascade", True),
        ("supplygraph/engines/", True),
        ("schema/results.csv", True),
        ("supplygraph.engines.cascade.Cascades", False),
        ("engines.rigid", False),
        ("supplygraph/engines/rigid.py", False),
    ],
)
def test_a_name_that_exists_is_told_from_one_that_does_not(cited, there):
    assert list(cited_code(f"see `{cited}`")) == [cited]
    assert exists(cited) is there


@pytest.mark.slow
def test_nothing_cites_a_text_that_is_not_in_the_repository():
    found = [
        f"{name_of(path)}: {hit[0]}"
        for path in (*PAGES, *CODE)
        for hit in ABSENT.finditer(prose_of(path))
    ]
    assert found == []


@pytest.mark.slow
def test_every_page_and_section_that_is_cited_exists():
    missing = []
    for path in standing():
        for page, section in CITED_PAGE.findall(prose_of(path)):
            target = ROOT / page
            if not target.exists() or (section and section[1:] not in anchors(target)):
                missing.append(f"{name_of(path)}: {page}{section}")
    assert missing == []


def test_every_link_to_a_section_leads_there():
    missing = [
        f"{name_of(page)}: {link}#{section}"
        for page in PAGES
        for link, section in LINK.findall(text_of(page))
        if section not in anchors((page.parent / link).resolve() if link else page)
    ]
    assert missing == []


@pytest.mark.slow
def test_every_module_and_function_that_is_cited_exists():
    missing = [
        f"{name_of(path)}: {cited}"
        for path in standing()
        for cited in cited_code(prose_of(path))
        if not exists(cited)
    ]
    assert missing == []


@pytest.mark.parametrize("page", METHODS, ids=lambda page: page.stem)
def test_a_method_has_a_formula_an_example_its_limits_and_its_place(page):
    headings = re.findall(r"^## .*$", text_of(page), re.MULTILINE)
    assert headings == list(PARTS_OF_A_METHOD)
    assert list(cited_code(text_of(page).split("## In the code")[1]))
    assert f"({page.name})" in text_of(DOCS / "methods" / "README.md")


def test_the_picture_of_the_layers_is_the_contract():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    picture = re.search(r"<!-- layers -->\n```\n(.*?)```", text_of(DOCS / "design.md"), re.DOTALL)
    assert picture
    drawn = [re.split(r"  +", line)[0] for line in picture[1].splitlines()]
    assert drawn == [layer.replace("(", "").replace(")", "") for layer in layers]


def test_every_room_of_analysis_stands_in_the_design():
    rooms = {path.parent.name for path in (ROOT / "supplygraph" / "analysis").glob("*/*.py")}
    shown = re.findall(
        r"^\| `supplygraph/analysis/(\w+)/`", text_of(DOCS / "design.md"), re.MULTILINE
    )
    assert sorted(shown) == sorted(rooms)


def columns_of(table: str) -> set[str]:
    """Columns of a table of the dataset and of a result, by the name of either."""
    found = {column.name for column in table_schema(table).columns} if table in TABLES else set()
    kinds = {kind for kinds in kinds_by_command().values() for kind in kinds}
    return found | ({field.name for field in result_fields(table)} if table in kinds else set())


def glossary_rows() -> list[list[str]]:
    """Cells of every row of the glossary: word, meaning, columns, code."""
    lines = text_of(DOCS / "glossary.md").splitlines()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"
    ]
    return [row for row in rows if row[0] != "word" and set(row[0]) != {"-"}]


def test_every_column_of_the_glossary_exists():
    named = [name for row in glossary_rows() for name in re.findall(r"`([a-z-]+\.\w+)`", row[2])]
    tables = [name for name in named if name != "datapackage.json"]
    assert len(tables) > 40
    missing = [n for n in tables if n.partition(".")[2] not in columns_of(n.partition(".")[0])]
    assert missing == []


def test_a_word_of_the_glossary_has_one_row():
    rows = glossary_rows()
    assert [row for row in rows if len(row) != 4] == []
    words = Counter(word for row in rows for word in row[0].split(", "))
    assert [word for word, count in words.items() if count > 1] == []


def test_a_walk_has_at_most_eight_steps_and_each_names_a_function():
    walks = re.split(r"^## ", text_of(DOCS / "walks.md"), flags=re.MULTILINE)[1:]
    assert len(walks) == 2
    for walk in walks:
        steps = re.split(r"^\d+\. ", walk.partition("```")[0], flags=re.MULTILINE)[1:]
        assert 1 < len(steps) <= MOST_STEPS
        for step in steps:
            assert [name for name in cited_code(step) if "." in name and "/" not in name], step
