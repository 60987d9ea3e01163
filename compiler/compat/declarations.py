"""What a module declares for others by name: cells, errors, types, and what cells may do and end in."""

from collections.abc import Iterable

from cellc.compiler.compat.rows import Rows
from cellc.compiler.compat.rules import INPUT, OUTPUT, RESPONSE
from cellc.language.graph import CellInfo
from cellc.language.type_codec import from_data
from cellc.language.type_text import show


def compare_cells(rows: Rows) -> None:
    """Compare the module's own cells, and which of them is started by name of the module."""
    old, new = rows.old.cells, rows.new.cells
    gone = {name: old[name].graph for name in old.keys() - new.keys()}
    come = {name: new[name].graph for name in new.keys() - old.keys()}
    for name in sorted(gone):
        _cell_gone(rows, gone[name], come.values())
    for name in sorted(come):
        rows.add("cell-added", _cell(rows, name), new=_signature(rows, come[name]))
    for name in sorted(old.keys() & new.keys()):
        _cell_kept(rows, old[name].graph, new[name].graph)
    before, after = rows.old.program.main, rows.new.program.main
    if before != after:
        one, two = rows.old.short(before), rows.new.short(after)
        rows.add("main-changed", "main", one, two, detail=f"`{two}` in place of `{one}`")


def compare_errors(rows: Rows) -> None:
    """Compare the errors that the module declares, and the fields of those that it does not end in itself."""
    _names(rows, "error", rows.old.contract.errors, rows.new.contract.errors)
    used = {e for side in (rows.old, rows.new) for cell in side.cells.values() for e in cell.graph.errors}
    used |= {
        e for side in (rows.old, rows.new) for effect in side.contract.effects for e in side.effects[effect].errors
    }
    for name in sorted(set(rows.old.contract.errors) & set(rows.new.contract.errors)):
        old, new = rows.old.program.errors[name], rows.new.program.errors[name]
        place = rows.new.place(name, "errors")
        if name not in used:  # nothing says which way it goes
            rows.flow(old, new, INPUT, place)
        rows.flow(old, new, OUTPUT, place)


def compare_types(rows: Rows) -> None:
    """Compare the types that the module declares; comes last: what values of the contract are of is judged there."""
    _names(rows, "type", rows.old.contract.types, rows.new.contract.types)
    idle = set(rows.old.contract.types) & set(rows.new.contract.types) - rows.differ.reached
    for name in sorted(idle):  # nothing says which way they go
        for flow in (INPUT, OUTPUT):
            rows.flow(["ref", name], ["ref", name], flow, rows.new.place(name, "types"))


def compare_outcomes(rows: Rows, old: Iterable[str], new: Iterable[str], place: str, kinds: tuple[str, str]) -> None:
    """Compare lists of names: the kinds are those of a name that came and one that went."""
    before, after = set(old), set(new)
    for name in sorted(after - before):
        short = rows.new.short(name)
        rows.add(kinds[0], f"{place}.{short}", new=short, name=short)
    for name in sorted(before - after):
        short = rows.old.short(name)
        rows.add(kinds[1], f"{place}.{short}", short, name=short)


def compare_raised(rows: Rows, errors: Iterable[str]) -> None:
    """Compare the fields of errors that come out of cells and effects, those of other modules too."""
    for name in sorted(set(errors)):
        if name in rows.old.errors and name in rows.new.errors:
            old, new = rows.old.program.errors[name], rows.new.program.errors[name]
            rows.flow(old, new, OUTPUT, rows.new.place(name, "errors"))


def compare_failed(rows: Rows, errors: Iterable[str]) -> None:
    """Compare the fields of errors that handlers end in."""
    for name in sorted(set(errors)):
        if name in rows.old.errors and name in rows.new.errors:
            old, new = rows.old.program.errors[name], rows.new.program.errors[name]
            rows.flow(old, new, RESPONSE, rows.new.place(name, "errors"))


def _cell(rows: Rows, name: str) -> str:
    return f"cells.{name.removeprefix(f'{rows.new.name}.')}"


def _cell_gone(rows: Rows, old: CellInfo, come: Iterable[CellInfo]) -> None:
    same = [rows.new.short(new.name) for new in come if _same_contract(rows, old, new)]
    place, text = _cell(rows, old.name), _signature(rows, old)
    if len(same) == 1:
        rows.add("cell-renamed", place, text, detail=f"`{same[0]}` has the same contract")
    else:
        rows.add("cell-removed", place, text)


def _same_contract(rows: Rows, old: CellInfo, new: CellInfo) -> bool:
    types = rows.differ.types
    pairs = [(old.input, new.input), (old.output, new.output)]
    if [one is None for one, _ in pairs] != [two is None for _, two in pairs]:
        return False
    alike = all(types.same(from_data(one), from_data(two)) for one, two in pairs if one is not None)
    return alike and old.errors == new.errors and old.effects == new.effects


def _cell_kept(rows: Rows, old: CellInfo, new: CellInfo) -> None:
    place = _cell(rows, old.name)
    rows.flow(old.input, new.input, INPUT, f"{place}.in")
    rows.flow(old.output, new.output, OUTPUT, f"{place}.out")
    compare_outcomes(rows, old.errors, new.errors, f"{place}.errors", ("outcome-added", "outcome-removed"))
    compare_outcomes(rows, old.effects, new.effects, f"{place}.effects", ("permission-added", "permission-removed"))
    compare_raised(rows, set(old.errors) & set(new.errors))


def _signature(rows: Rows, cell: CellInfo) -> str:
    given = show(from_data(cell.input), rows.new.name)
    return given if cell.output is None else f"{given} -> {show(from_data(cell.output), rows.new.name)}"


def _names(rows: Rows, what: str, old: Iterable[str], new: Iterable[str]) -> None:
    for name in sorted(set(new) - set(old)):
        rows.add(f"{what}-added", rows.new.place(name, f"{what}s"), new=_declared(rows, name, "new"))
    for name in sorted(set(old) - set(new)):
        rows.add(f"{what}-removed", rows.new.place(name, f"{what}s"), _declared(rows, name, "old"))


def _declared(rows: Rows, name: str, version: str) -> str:
    program = rows.old.program if version == "old" else rows.new.program
    data = program.types.get(name, program.errors.get(name))
    return "" if data is None else show(from_data(data), rows.new.name)
