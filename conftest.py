"""What all tests share: where their helpers lie, the cases of the quick lane, loaded datasets."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
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


@pytest.fixture(autouse=True)
def doctests_share_shipped_datasets(request: pytest.FixtureRequest) -> Iterator[None]:
    """Examples in docstrings load a shipped dataset anew; none changes it, so one serves all."""
    if isinstance(request.node, pytest.DoctestItem):
        from program import compiled_once

        with compiled_once():
            yield
    else:
        yield
