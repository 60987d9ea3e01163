"""Modules of the language, and the Python that is written for them."""

import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import ModuleType

import pytest

from cellc.compiler.pipeline import compile_module
from cellc.language.interface import Interface
from cellc.project import FileSources
from cellc.stubs import python_module

ROOT = Path(__file__).parents[2]
MODULES = Path(__file__).parent / "modules"
SOURCES = {
    p.name.removesuffix(".cell.yaml"): p for p in (*MODULES.glob("*.yaml"), *ROOT.glob("examples/*/*.cell.yaml"))
}
_numbers = count()

Load = Callable[[str], ModuleType]


def interface_of(name: str) -> Interface:
    compiled = compile_module(str(SOURCES[name]), FileSources())
    assert compiled.program is not None, compiled.diagnostics
    return compiled.interface


def written(name: str) -> str:
    return python_module(interface_of(name))


def run(text: str) -> ModuleType:
    """Import `text` as a module of its own."""
    module = ModuleType(f"written_{next(_numbers)}")
    sys.modules[module.__name__] = module
    exec(compile(text, f"<{module.__name__}>", "exec", dont_inherit=True), module.__dict__)  # noqa: S102 -- our own text
    return module


@pytest.fixture(scope="session")
def load() -> Iterator[Load]:
    """Return what imports the Python for a module, once."""
    known: dict[str, ModuleType] = {}
    yield lambda name: known.setdefault(name, run(written(name)))
    for module in known.values():
        del sys.modules[module.__name__]
