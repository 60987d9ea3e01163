"""The door that any text comes through: everything `cellc check` does with it, and what has to hold of what it says."""

from collections.abc import Iterator

import networkx as nx

from cellc.checking import STDIN, Request, check_all
from cellc.compiler.networks import program_graph, to_networkx
from cellc.compiler.pipeline import compile_module
from cellc.explanations import page_path
from cellc.fixing import apply, chosen_changes
from cellc.formats import FORMATS, form
from cellc.formats.findings import Findings, Look
from cellc.language.codes import Severity
from cellc.language.diagnostics import Diagnostic, Report
from cellc.language.formatting.format_module import format_module
from cellc.language.graph import Program, dump, load
from cellc.language.span import Source, Span
from cellc.language.type_codec import from_data
from cellc.mermaid import diagram
from cellc.runtime.core.prepare import prepare
from cellc.terminal import painter
from tests.conftest import MemorySources

PATH = "main.cell.yaml"
LOOKS = (Look(painter(color=False), 80), Look(painter(color=True), 20))


def enter(text: str, **others: str) -> None:
    """Compile a text, and do with it what the commands do. Fails where anything is left but diagnostics."""
    files = {f"{name}.cell.yaml": other for name, other in others.items()}
    compiled = compile_module(PATH, MemorySources({**files, PATH: text}))
    told = (*compiled.diagnostics, *compiled.notes)
    for diagnostic in told:
        well_formed(diagnostic, {path: len(source.text) for path, source in compiled.sources.items()})
    rendered(Findings((PATH,), told, compiled.sources))
    assert (compiled.program is None) == any(d.severity is Severity.ERROR for d in compiled.diagnostics)
    if compiled.program is not None:
        usable(compiled.program)
    format_module(Source(PATH, text), Report())


def enter_bytes(data: bytes) -> None:
    """Do the same with bytes from stdin, which need not be a text."""
    findings = check_all(Request(("-",), verbose=True), {STDIN: data})
    for diagnostic in findings.diagnostics:
        well_formed(diagnostic, {path: len(source.text) for path, source in findings.sources.items()})
    rendered(findings)


def well_formed(diagnostic: Diagnostic, lengths: dict[str, int]) -> None:
    """Check that a diagnostic has its words and its page, and points into files."""
    assert diagnostic.message.strip()
    assert diagnostic.hint is not None
    assert page_path(diagnostic.code).exists()
    for span in _spans(diagnostic):
        assert 0 <= span.start <= span.end <= lengths.get(span.file, 0), (diagnostic.code, span)


def _spans(diagnostic: Diagnostic) -> Iterator[Span]:
    yield diagnostic.span
    yield from (label.span for label in diagnostic.labels)
    if diagnostic.fix is not None:
        yield diagnostic.fix.span


def rendered(findings: Findings) -> None:
    """Check that each form tells the findings, in text that a terminal can take, and that the fixes can be made."""
    for name in FORMATS:
        for look in LOOKS:
            "\n".join(form(name)(findings, look)).encode()
    for path, chosen in chosen_changes(findings).items():
        assert apply(findings.sources[path].text, [d.fix for d in chosen if d.fix]) != findings.sources[path].text


def usable(program: Program) -> None:
    """Check that a graph reads back as itself, loads in networkx, can be drawn, and is what the runtime can run."""
    saved = dump(program)
    assert dump(load(saved)) == saved
    for cell in program.cells.values():
        graph = to_networkx(cell)
        assert isinstance(graph, nx.MultiDiGraph)
        assert graph.number_of_edges() == len(cell.edges)
    program_graph(program)
    for data in program.types.values():
        from_data(data)
    assert diagram(program)
    prepare(program)
