"""pytest collects `*.test.yaml` files, a test for each case, and has the fixture `cellc_run`."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cellc.testing.model import Case, TestFile
    from cellc.testing.playing import Ended

SUFFIX = ".test.yaml"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a file of tests."""
    return CellFile.from_parent(parent, path=file_path) if file_path.name.endswith(SUFFIX) else None


class Unreadable(Exception):  # noqa: N818 -- named for what it says of the file
    """A file cannot be read as tests."""


class CellFile(pytest.File):
    """One `*.test.yaml` file."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield its cases."""
        from cellc.testing.reading import read_file  # noqa: PLC0415 -- pytest without such files does not pay for it

        file = read_file(str(self.path))
        if file.problems:
            raise Unreadable(_told(file, file.problems))
        for case in file.cases:
            yield CellCase.from_parent(self, name=case.name, file=file, case=case)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ARG002 -- pytest's
        """Return what is wrong, without Python's traceback."""
        return str(excinfo.value) if isinstance(excinfo.value, Unreadable) else super().repr_failure(excinfo)


class Failed(Exception):  # noqa: N818 -- named for what it says of the case
    """A case is not as expected."""


class CellCase(pytest.Item):
    """One case."""

    def __init__(self, *, file: "TestFile", case: "Case", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._file = file
        self._case = case

    def runtest(self) -> None:
        """Play the case."""
        from cellc.testing.judging import judge  # noqa: PLC0415 -- as above

        judged = judge(self._file, self._case)
        if judged.problems:
            raise Failed(_told(self._file, judged.problems))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ARG002 -- pytest's
        """Return what is wrong, without Python's traceback."""
        return str(excinfo.value) if isinstance(excinfo.value, Failed) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the case stands."""
        position = self._file.sources[self._file.path].position(self._case.span.start)
        return self.path, position.line - 1, self.name


def _told(file: "TestFile", problems: Any) -> str:
    from cellc.render import render  # noqa: PLC0415 -- as above
    from cellc.terminal import painter  # noqa: PLC0415 -- as above

    return "\n\n".join(render(problem, file.sources, painter(color=False)) for problem in problems)


@pytest.fixture
def cellc_run() -> "Callable[..., Ended]":
    """Return what plays a case given as data, in a world and time of its own.

    `cellc_run(path, input={...}, handlers={...}, ...)`: the path of a program, and the keys of a case but `name` and
    `expect`. What it returns has `status`, `output`, `error` and `took`. Raises ValueError for what is no such case.
    """
    from cellc.testing.given import play_given  # noqa: PLC0415 -- as above

    return play_given
