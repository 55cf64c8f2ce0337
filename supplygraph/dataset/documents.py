"""YAML files of measures, projects, scenarios and curves into plain values.

Only text, numbers, true, false, null, lists and mappings come out. Words such as ``NO``, ``yes``
or ``off`` stay text: YAML 1.1 would read Norway as false. Dates stay text too. Tags, aliases and
repeated keys are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from supplygraph.errors import Fault
from supplygraph.reading import DEPTH_LIMIT, DOCUMENT_LIMIT, UnreadableError, read_text

FOLDERS = ("measures", "projects", "deals", "scenarios", "curves")
_MEANT = (".yaml", ".yml", ".json")  # endings of files that somebody meant to be read
_EXPLAINED = 100_000  # the slow parser would take half a minute for the longest file
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$")


class _Plain(Composer, SafeConstructor):
    """YAML 1.2 core values only; no tags, no aliases, no merge keys."""

    check_event: Any  # both come from the parser
    peek_event: Any

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem="aliases are not used here", problem_mark=mark)
        event = self.peek_event()
        self.depth = getattr(self, "depth", 0) + 1
        if self.depth > DEPTH_LIMIT:
            rule = f"is nested too deeply, more than {DEPTH_LIMIT} deep"
            raise yaml.MarkedYAMLError(problem=rule, problem_mark=event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise yaml.MarkedYAMLError(
                problem=f"tag '{event.tag}' is not allowed", problem_mark=event.start_mark
            )
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="key is not text", problem_mark=key.start_mark)
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"key '{key.value}' stands twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


class _PlainLoader(_Plain, yaml.SafeLoader):
    """The rules over PyYAML's own parser: slow, and good at saying what is wrong."""


def _resolve(tag: str, pattern: str | re.Pattern[str], first: str) -> None:
    _PlainLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


def _finite(loader: _PlainLoader, node: yaml.ScalarNode) -> float:
    value = float(node.value)
    if not math.isfinite(value):
        raise yaml.MarkedYAMLError(problem="number is not finite", problem_mark=node.start_mark)
    return value


_PlainLoader.yaml_implicit_resolvers = {}
_PlainLoader.add_constructor("tag:yaml.org,2002:float", _finite)
_resolve("bool", r"(?:true|false)$", "tf")
_resolve("int", r"[-+]?(?:0|[1-9][0-9]{0,17})$", "-+0123456789")
_resolve("float", _FLOAT, "-+.0123456789")
_PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"(?:~|null|)$"), ["~", "n", ""]
)


def _make_fast_loader() -> type[Any]:
    """The same rules over libyaml's parser, several times as fast, where PyYAML has it."""
    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:
        return _PlainLoader

    class FastLoader(_Plain, CParser, Resolver):
        yaml_implicit_resolvers = _PlainLoader.yaml_implicit_resolvers
        yaml_constructors = _PlainLoader.yaml_constructors

        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)
            Composer.__init__(self)
            SafeConstructor.__init__(self)
            Resolver.__init__(self)

    return FastLoader


_FastLoader = _make_fast_loader()


def read_documents(folder: Path) -> tuple[MappingProxyType[str, Any], list[Fault]]:
    """Read every YAML file in the document folders.

    Returns
    -------
    tuple of mapping and list of Fault
        Folder to file stem to content.
    """
    documents: dict[str, MappingProxyType[str, Any]] = {}
    faults: list[Fault] = []
    for name in FOLDERS:
        found: dict[str, Any] = {}
        try:
            paths = sorted((folder / name).iterdir())
        except FileNotFoundError:
            paths = []
        except NotADirectoryError:
            way_out = "Make it a folder of .yaml files, or call it otherwise."
            faults.append(Fault(name, 0, "", "", "is no folder", way_out))
            paths = []
        except OSError as error:
            rule = f"cannot be read ({error.strerror or 'unreadable'})"
            faults.append(Fault(name, 0, "", "", rule, "Check its permissions."))
            paths = []
        for path in paths:
            file = f"{name}/{path.name}"
            if path.suffix not in (".yaml", ".yml") or path.name.startswith("."):
                if path.suffix.lower() in _MEANT and not path.name.startswith("."):
                    rule = "is not read: only names that end in .yaml or .yml are"
                    faults.append(Fault(file, 0, "", "", rule, f"Call it {path.stem}.yaml."))
                continue
            if path.stem in found:
                rule, way_out = f"stands beside another {path.stem}", "Keep one of the two."
                faults.append(Fault(file, 0, "", "", rule, way_out))
            try:
                found[path.stem] = load_yaml(read_text(path, DOCUMENT_LIMIT))
            except UnreadableError as error:
                faults.append(Fault(file, 0, "", "", error.rule, error.way_out))
            except yaml.YAMLError as error:
                faults.append(_fault(file, error))
        documents[name] = MappingProxyType(found)
    return MappingProxyType(documents), faults


def load_yaml(text: str) -> dict[str, Any]:
    r"""Read one document whose top is a mapping.

    Raises
    ------
    yaml.YAMLError
        With a mark for the line, where there is one.

    Examples
    --------
    >>> load_yaml("countries: [NO, CN]\nfrom: 2025-04-04\nshare: 1e-1\nactive: true")
    {'countries': ['NO', 'CN'], 'from': '2025-04-04', 'share': 0.1, 'active': True}
    """
    try:
        try:
            content = yaml.load(text, Loader=_FastLoader)  # noqa: S506 - a SafeConstructor
        except yaml.YAMLError as error:
            if "maximum nesting depth" in str(error):  # the fast parser's own limit, read ahead
                rule = f"is nested too deeply, more than {DEPTH_LIMIT} deep"
                raise yaml.YAMLError(rule) from None
            if len(text) > _EXPLAINED:
                raise
            content = yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - derives from SafeLoader
    except MemoryError:
        raise yaml.YAMLError("does not fit into memory") from None
    if not isinstance(content, dict):
        raise yaml.YAMLError("is not a mapping of keys to values")
    return content


def _fault(file: str, error: yaml.YAMLError) -> Fault:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    line = mark.line + 1 if mark is not None else 0
    return Fault(file, line, "", "", problem, "Write plain YAML: text, numbers, lists, mappings.")
