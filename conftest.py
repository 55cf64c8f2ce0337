"""What all tests share: where their helpers lie, the cases of the quick lane, loaded datasets."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
BROWSER = "tests/browser/"
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In a file marked ``sampled`` the first case of each test is quick, the others are slow."""
    cases: Counter[str] = Counter()
    for item in items:
        test = item.nodeid.partition("[")[0]
        cases[test] += 1
        if cases[test] > 1 and item.get_closest_marker("sampled"):
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """With ``--dist loadfile`` one worker runs all tests of the browser: one page, one browser."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class FilesAndBrowser(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return BROWSER if file.startswith(BROWSER) else file

    return FilesAndBrowser(config, log)


@pytest.fixture(autouse=True)
def examples_share_shipped_datasets(request: pytest.FixtureRequest) -> Iterator[None]:
    """Examples in docstrings read a shipped dataset anew; none changes it, so one serves all."""
    if isinstance(request.node, pytest.DoctestItem):
        from program import read_once

        with read_once():
            yield
    else:
        yield
