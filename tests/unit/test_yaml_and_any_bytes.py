"""YAML files of a dataset; whatever bytes a file holds, it is read or refused."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy import FILES, with_files

from supplygraph.dataset import Dataset, read_dataset
from supplygraph.errors import DatasetError

pytestmark = pytest.mark.sampled


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a: 1\nb: !!python/object/apply:os.system ['true']\n", "measures/m.yaml row 2: tag"),
        ("!x\na: 1\n", "tag '!x' is not allowed"),
        ("a: &x 1\nb: *x\n", "row 2: aliases are not used here"),
        ("a: 1\na: 2\n", "row 2: key 'a' stands twice"),
        ("- 1\n", "is not a mapping of keys to values"),
        ("", "is not a mapping of keys to values"),
        ("a: [1\n", "row 2: expected"),
        ("a: 1e999\n", "number is not finite"),
        ("a: \0", "special characters are not allowed"),
        ("[" * 5000, "is nested too deeply"),
        (b"a: \xe9\n", "is not UTF-8"),
        ("a: " + "x" * 1_000_001, "is longer than 1,000,000 bytes"),
    ],
)
def test_yaml_that_is_refused(tmp_path, content, text):
    folder = with_files(tmp_path / "d", {})
    (folder / "measures").mkdir()
    data = content.encode() if isinstance(content, str) else content
    (folder / "measures" / "m.yaml").write_bytes(data)
    with pytest.raises(DatasetError, match=text):
        read_dataset(folder)


def test_yaml_values(tmp_path):
    folder = with_files(tmp_path / "d", {})
    (folder / "curves").mkdir()
    text = "a: 0.5\nb: 12\nc: ~\nd: true\ne: 1e-3\nf: 010\ng: 12:30:00\nh: on\n2025-04: .5\n"
    (folder / "curves" / "c.yaml").write_text(text)
    assert read_dataset(folder).documents["curves"]["c"] == {
        "a": 0.5,
        "b": 12,
        "c": None,
        "d": True,
        "e": 0.001,
        "f": "010",
        "g": "12:30:00",
        "h": "on",
        "2025-04": 0.5,
    }


relaxed = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read_or_refuse(folder: Path) -> None:
    """Any other exception than DatasetError fails the test."""
    with contextlib.suppress(DatasetError):
        assert isinstance(read_dataset(folder), Dataset)


@pytest.mark.slow
@relaxed
@given(name=st.sampled_from(sorted(FILES)), content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path, name, content):
    read_or_refuse(with_files(tmp_path / "d", {name: content}))


@pytest.mark.slow
@relaxed
@given(data=st.data())
def test_any_mutation_is_read_or_refused(tmp_path, data):
    name = data.draw(st.sampled_from(sorted(FILES)))
    lines = [line.split(",") for line in FILES[name].splitlines()]
    words = sorted(
        {cell for text in FILES.values() for line in text.split("\n") for cell in line.split(",")}
    )
    junk = st.one_of(
        st.sampled_from(words), st.text(max_size=8), st.sampled_from(["-1", "nan", "*"])
    )
    for _ in range(data.draw(st.integers(1, 4))):
        row = data.draw(st.integers(0, len(lines) - 1))
        column = data.draw(st.integers(0, max(0, len(lines[row]) - 1)))
        action = data.draw(st.sampled_from(["cell", "drop", "copy", "cut"]))
        if action == "cell" and lines[row]:
            lines[row][column] = data.draw(junk)
        elif action == "drop" and len(lines) > 1:
            del lines[row]
        elif action == "copy":
            lines.append(list(lines[row]))
        elif action == "cut":
            del lines[row][column:]
    text = "\n".join(",".join(line) for line in lines)
    read_or_refuse(with_files(tmp_path / "d", {name: text.encode("utf-8", "surrogatepass")}))


@pytest.mark.slow
@relaxed
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_yaml_is_read_or_refused(tmp_path, content):
    folder = tmp_path / "y"
    if not folder.exists():
        with_files(folder, {})
        (folder / "scenarios").mkdir()
    (folder / "scenarios" / "s.yaml").write_bytes(content)
    read_or_refuse(folder)
