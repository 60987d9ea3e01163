"""The modules that mistakes are made in, all right as they are, and what the checker says of one."""

from pathlib import Path

from cellc.compiler.pipeline import compile_module
from tests.conftest import MemorySources
from tests.mutations import boundaries, effects_and_flow, names_and_types, together
from tests.mutations.sites import Subject

MISTAKES = (names_and_types, effects_and_flow, boundaries, together)
"""The modules that register kinds of mistakes."""

ROOT = Path(__file__).parents[2]
MODULES = sorted([*(ROOT / "examples").glob("*/*.cell.yaml"), *(ROOT / "tests/mutations/modules").glob("*.cell.yaml")])
SUBJECTS = [Subject(path.relative_to(ROOT), path.read_text(encoding="utf-8")) for path in MODULES]
TEXTS = {str(subject.path): subject.text for subject in SUBJECTS}


def told(subject: Subject, text: str) -> list[tuple[str, int]]:
    """Return the codes and lines of all that is found in a module with this text, in order."""
    path = str(subject.path)
    compiled = compile_module(path, MemorySources({**TEXTS, path: text}))
    assert all(d.span.file == path for d in compiled.diagnostics)
    return sorted((d.code, compiled.sources[path].position(d.span.start).line) for d in compiled.diagnostics)
