"""Checks of a module as a whole: its `main`, and imports that nothing uses."""

from collections.abc import Mapping

from cellc.compiler.load import Loaded, Unit
from cellc.compiler.symbols import Names
from cellc.language import suggest
from cellc.language.diagnostics import Report


def check_module(loaded: Loaded, names: Mapping[str, Names], report: Report) -> None:
    """Check the main module's entry, and every module's imports."""
    for unit in loaded.units.values():
        _check_main(unit, report)
        _check_imports(unit, names[unit.name], report)


def _check_main(unit: Unit, report: Report) -> None:
    main, cells = unit.tree.main, [c.name.text for c in unit.tree.cells]
    if main is not None and main.text not in cells and not unit.lost(main.text):
        report.add("E213", main.span, name=main.text, near=suggest.hint(main.text, cells))
    if main is None and len(cells) > 1:
        span = unit.tree.cells[0].name.span
        report.add("E214", span, count=len(cells), first=cells[-1])


def _check_imports(unit: Unit, names: Names, report: Report) -> None:
    for use in unit.tree.uses:
        if use.name.text not in names.used and unit.uses[use.name.text] is not None and not unit.damaged:
            report.add("W220", use.name.span, name=use.name.text)
