"""Commands that write, killed and out of disk: a whole target, or what was there before."""

import os

import pytest

from tests.faults.writers import WRITERS, try_writers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="forks"),
]


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_a_disturbed_writer_leaves_all_or_nothing(writer):
    (found,) = try_writers(1, 3, [writer], points=1)
    assert found.tried["killed before a call"] == 2
    assert not found.failed, found.examples
