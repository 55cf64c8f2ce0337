"""A real browser, offline, that reports every request, console message and dialog.

The browser is the one that is there: `SUPPLYGRAPH_BROWSER` names it, else it is looked for on
the path. Without one the tests are skipped, but under CI, or if the variable is set, they fail.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from program import shipped_chain

from supplygraph.api import Chain
from supplygraph.cli.app import main
from supplygraph.results import Results
from supplygraph.views import View

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"]


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def find_browser() -> str:
    """Path of a browser, or the reason why there is none."""
    named = os.environ.get("SUPPLYGRAPH_BROWSER", "")
    candidates = [named] if named else list(NAMES)
    found = next((path for name in candidates if (path := shutil.which(name))), None)
    if found:
        return found
    reason = f"no browser found ({', '.join(candidates)}); install Debian's chromium"
    if named or os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class Opened:
    """A page with all that it did."""

    page: object
    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def assert_quiet(self) -> None:
        assert (self.requests, self.console, self.dialogs) == ([], [], [])
        assert self.page.evaluate("window.ran") is None

    def wait(self, expression: str) -> None:
        """Until an expression holds; Playwright's own way needs an eval that the policy refuses."""
        for _ in range(100):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(30)
        raise AssertionError(f"never: {expression}")

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)

    def hash(self) -> str:
        return self.page.evaluate("location.hash")


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    path = find_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tool:
        chromium = tool.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser):
    """Open a file: ``open_page(path, "#node=…", width=…)``; nothing may leave the machine."""
    contexts = []

    def call(path: Path, hash_: str = "", *, width=1600, height=1000, **options) -> Opened:
        viewport = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        opened = Opened(page)
        own = path.as_uri()

        def record(request):
            # Links to data: and blob: reach no network.
            if not request.url.startswith((own, "data:", "blob:")):
                opened.requests.append(request.url)

        def refuse(dialog):
            opened.dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("request", record)
        page.on("console", lambda message: opened.console.append(message.text))
        page.on("pageerror", lambda error: opened.console.append(str(error)))
        page.on("dialog", refuse)
        page.goto(own + hash_)
        return opened

    yield call
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def chain() -> Chain:
    return shipped_chain()


@pytest.fixture(scope="session")
def record(chain) -> Results:
    """What the page of the shipped data is drawn from."""
    return chain.page(deals=("binding", "late-24"))


@pytest.fixture(scope="session")
def shipped(record, tmp_path_factory) -> Path:
    """The page of the shipped data."""
    return View(record).save(tmp_path_factory.mktemp("page") / "rare-earths.html")


@pytest.fixture
def page(shipped, open_page) -> Iterator[Opened]:
    """The page of the shipped data, opened; it must stay quiet."""
    opened = open_page(shipped)
    yield opened
    opened.assert_quiet()


@pytest.fixture
def printed(chain, monkeypatch, capsys):
    """What the program prints for a command that the page shows."""
    monkeypatch.setattr("supplygraph.api.load", lambda *_, **__: Chain(chain.loaded))

    def call(command: str) -> dict:
        words = shlex.split(command)
        assert words[0] == "supplygraph"
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*words[1:], "--format", "json"])
        assert ended.value.code == 0
        return json.loads(capsys.readouterr().out)

    return call
