"""Running what a user names: files of tests, and folders of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from cellc import project
from cellc.exits import problem
from cellc.testing.choosing import Choice
from cellc.testing.judging import judge
from cellc.testing.model import TestFile
from cellc.testing.reading import SUFFIX, read_file, tests_in
from cellc.testing.reporting import Tested


def test_all(paths: Sequence[str], choice: Choice | None) -> list[Tested]:
    """Run the cases of all these files that are chosen."""
    return [tested for path in paths for tested in _tested(path, choice)]


test_all.__test__ = False  # type: ignore[attr-defined] # pytest is not to collect it


def _tested(path: str, choice: Choice | None) -> Iterator[Tested]:
    files = [*tests_in(path)] if Path(path).is_dir() else [project.normalised(path)]
    if not files or not (Path(path).is_dir() or path.endswith(SUFFIX)):
        yield Tested(TestFile(path, {}, None, (), problem("E900", path=path)), ())
        return
    for name in files:
        file = read_file(name)
        cases = [case for case in file.cases if choice is None or choice.takes(f"{file.path}::{case.name}")]
        yield Tested(file, [judge(file, case) for case in cases])
