"""Reports (E199) what the front reads and this version does not compile; empty, and gone, when all is compiled."""

from collections.abc import Iterator

from cellc.compiler.load import Loaded, walk
from cellc.language import ast
from cellc.language.diagnostics import Report
from cellc.language.span import Span


def refuse_not_yet(loaded: Loaded, report: Report) -> None:
    """Report each construct of the users' modules that has no meaning yet."""
    for unit in loaded.units.values():
        for node in walk(unit.tree):
            for what, span in _not_yet(node):
                report.add("E199", span, what=what)


def _not_yet(node: object) -> Iterator[tuple[str, Span]]:
    match node:
        case ast.LimitsDecl():
            yield "`limits:`", node.span
        case ast.EffectDecl():
            yield from _of_effect(node)
        case ast.RetryDecl(on=(first, *_)):
            yield "`retry.on`", first.span


def _of_effect(node: ast.EffectDecl) -> Iterator[tuple[str, Span]]:
    if node.key_lifetime is not None:
        yield "`key_lifetime:`", node.name.span
    if node.probe is not None:
        yield "`probe:`", node.probe.span
