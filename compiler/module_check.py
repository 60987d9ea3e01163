"""Checks of a module as a whole: its `main`, its imports and their versions."""

from collections import Counter
from collections.abc import Mapping

from cellc.compiler.load import Loaded, Unit, walk
from cellc.compiler.symbols import Names
from cellc.language import ast, suggest
from cellc.language.diagnostics import Report
from cellc.language.versions import BadRange, read_range, read_version


def check_module(loaded: Loaded, names: Mapping[str, Names], report: Report) -> None:
    """Check the main module's entry, and every module's imports."""
    for unit in loaded.units.values():
        _check_main(unit, report)
        _check_imports(unit, names[unit.name], report)
        _check_declarations(unit, report)
        for use in unit.tree.uses:
            _check_version(use, unit.uses[use.name.text], report)


def _check_main(unit: Unit, report: Report) -> None:
    main, cells = unit.tree.main, [c.name.text for c in unit.tree.cells]
    if main is not None and main.text not in cells and not unit.lost(main.text):
        report.add("E213", main.span, name=main.text, near=suggest.hint(main.text, cells))
    if main is None and len(cells) > 1 and not unit.lost("main"):
        span = unit.tree.cells[0].name.span
        report.add("E214", span, count=len(cells), first=cells[-1])


def _check_version(use: ast.Use, used: Unit | None, report: Report) -> None:
    if use.version is None:
        return
    try:
        range_ = read_range(use.version.text)
    except BadRange as problem:
        report.add("E218", use.version.span, range=use.version.text, reason=problem)
        return
    found = None if used is None else read_version(used.version)
    if used is None or found is None or range_.admits(found):
        return
    said, hint = f"the version {used.version}", ""
    if used.tree.version is None:
        said, hint = f"no `version:` and counts as {used.version}", "give that module its `version:`, or ask for none"
    report.add("E219", use.version.span, name=use.name.text, found=said, range=use.version.text, hint=hint)


def _check_imports(unit: Unit, names: Names, report: Report) -> None:
    for use in unit.tree.uses:
        unread = unit.damaged and unit.mentions(use.name.text) > 1
        if use.name.text not in names.used and unit.uses[use.name.text] is not None and not unread:
            report.add("W220", use.name.span, name=use.name.text)


def _check_declarations(unit: Unit, report: Report) -> None:
    """Report types, errors and effects that nothing in a program refers to.

    A program is a module that names its `main`. Others declare for those who import them, so nothing is certain of
    them; nor of cells, which can be started by name, and of events, which may arrive.
    """
    tree = unit.tree
    if tree.main is None:
        return
    everywhere = _words(tree)
    for kind, decls in (("type", tree.types), ("error", tree.errors), ("effect", tree.effects)):
        for decl in decls:
            unread = unit.damaged and unit.mentions(decl.name.text) > 1
            if everywhere[decl.name.text] == _words(decl)[decl.name.text] and not unread:
                report.add("W222", decl.name.span, kind=kind, name=decl.name.text)


def _words(tree: object) -> Counter[str]:
    """Return how often each name occurs, whatever it names."""
    return Counter(node.text for node in walk(tree) if isinstance(node, ast.Ident))
