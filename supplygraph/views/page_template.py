"""What pages are made with: template, style, script, and the policy that allows no others."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from typing import Any


def safe_json(value: Any) -> str:
    r"""JSON that can stand inside a script element, whatever its strings hold.

    Examples
    --------
    >>> safe_json("</script><!--")
    '"\\u003c/script\\u003e\\u003c!--"'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def template_environment(**names: Any) -> Any:
    """Jinja with autoescape on, knowing the names that pyvis does not pass."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("supplygraph.views"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["json"] = lambda value: Markup(safe_json(value))
    environment.filters["ours"] = Markup  # our own script and style, which hold no data
    environment.globals.update(names)
    return environment


def web_text(name: str) -> str:
    """A file of the folder ``web``, with the same line ends on every machine."""
    text = files("supplygraph.views").joinpath("web", name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


def policy_hash(text: str) -> str:
    """Source expression of a Content Security Policy that allows this very text."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
