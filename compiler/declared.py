"""Where each part of a module's declarations stands, by its path: for reports on programs whose text is elsewhere."""

from collections.abc import Iterable, Iterator, Mapping

from cellc.compiler.load import Loaded, Unit
from cellc.language import ast
from cellc.language.graph import PlaceInFile
from cellc.language.span import Source, Span


def declared_places(main: Unit, loaded: Loaded) -> dict[str, PlaceInFile]:
    """Return the places of all declarations of `main`, and of the types and errors of the modules that it uses."""
    found = dict(_places(main, "", loaded.sources))
    for unit in loaded.units.values():
        if unit is not main:
            found |= _shared(unit, f"{unit.name}/", loaded.sources)
    return found


def _places(unit: Unit, prefix: str, sources: Mapping[str, Source]) -> Iterator[tuple[str, PlaceInFile]]:
    for path, span in _spans(unit.tree):
        yield prefix + path, _in_file(span, sources)


def _shared(unit: Unit, prefix: str, sources: Mapping[str, Source]) -> dict[str, PlaceInFile]:
    tree = unit.tree
    return {prefix + path: _in_file(span, sources) for path, span in (*_types(tree.types), *_errors(tree.errors))}


def _in_file(span: Span, sources: Mapping[str, Source]) -> PlaceInFile:
    return span.file, span.start, span.end, sources[span.file].position(span.start).line


def _spans(tree: ast.Module) -> Iterator[tuple[str, Span]]:
    if tree.version_at is not None:
        yield "version", tree.version_at
    if tree.main is not None:
        yield "main", tree.main.span
    for use in tree.uses:
        yield f"uses.{use.name.text}", use.name.span
        if use.version is not None:
            yield f"uses.{use.name.text}.version", use.version.span
    yield from _types(tree.types)
    yield from _errors(tree.errors)
    for event in tree.events:
        yield from _event(event)
    for effect in tree.effects:
        yield from _effect(effect)
    for cell in tree.cells:
        yield from _signature(f"cells.{cell.name.text}", cell)
        yield from _names(f"cells.{cell.name.text}.effects", cell.effects or ())
        if cell.body is not None:
            yield f"cells.{cell.name.text}.body", cell.body.span
    for trigger in tree.triggers:
        yield from _trigger(trigger)


def _types(decls: Iterable[ast.TypeDecl]) -> Iterator[tuple[str, Span]]:
    for decl in decls:
        yield f"types.{decl.name.text}", decl.name.span
        yield from _parts(f"types.{decl.name.text}", decl.type)


def _errors(decls: Iterable[ast.ErrorDecl]) -> Iterator[tuple[str, Span]]:
    for decl in decls:
        yield f"errors.{decl.name.text}", decl.name.span
        yield from _parts(f"errors.{decl.name.text}", decl.fields)


def _event(decl: ast.EventDecl) -> Iterator[tuple[str, Span]]:
    path = f"events.{decl.name.text}"
    yield path, decl.name.span
    if decl.data is not None:
        yield f"{path}.data", decl.data.span
        yield from _parts(f"{path}.data", decl.data)
    if decl.key is not None:
        yield f"{path}.key", decl.key.span
    if decl.keep is not None:
        yield f"{path}.keep", decl.keep.span


def _effect(decl: ast.EffectDecl) -> Iterator[tuple[str, Span]]:
    path = f"effects.{decl.name.text}"
    yield from _signature(path, decl)
    parts = {
        "delivery": decl.delivery,
        "key": decl.key,
        "key_lifetime": decl.key_lifetime,
        "probe": decl.probe,
        "timeout": decl.timeout,
        "retry": decl.retry,
        "limits": decl.limits,
        "via": decl.via,
        "with": decl.config,
    }
    yield from ((f"{path}.{name}", part.span) for name, part in parts.items() if part is not None)


def _signature(path: str, decl: ast.EffectDecl | ast.CellDecl) -> Iterator[tuple[str, Span]]:
    yield path, decl.name.span
    for field in decl.input:
        yield from _field(f"{path}.in", field)
    if decl.output is not None:
        yield f"{path}.out", decl.output.span
        yield from _parts(f"{path}.out", decl.output)
    yield from _names(f"{path}.errors", decl.errors or ())


def _names(path: str, idents: Iterable[ast.Ident]) -> Iterator[tuple[str, Span]]:
    yield from ((f"{path}.{ident.text}", ident.span) for ident in idents)


def _trigger(decl: ast.TriggerDecl) -> Iterator[tuple[str, Span]]:
    path = f"triggers.{decl.name.text}"
    yield path, decl.name.span
    parts = {"http": decl.http, "cron": decl.cron, "run": decl.run, "with": decl.config, "key": decl.key}
    yield from ((f"{path}.{name}", part.span) for name, part in parts.items() if part is not None)


def _field(path: str, field: ast.FieldType) -> Iterator[tuple[str, Span]]:
    yield f"{path}.{field.name.text}", field.name.span.to(field.type.span)
    yield from _parts(f"{path}.{field.name.text}", field.type)


def _parts(path: str, type_: ast.TypeExpr) -> Iterator[tuple[str, Span]]:
    """Yield the fields inside a type; in a path `[]` is an item of a list and `[...]` a value of a map."""
    match type_:
        case ast.RecordType(fields):
            for field in fields:
                yield from _field(path, field)
        case ast.ListType(item):
            yield from _parts(f"{path}[]", item)
        case ast.MapType(value):
            yield from _parts(f"{path}[...]", value)
        case ast.OptionalType(inner) | ast.SecretType(inner):
            yield from _parts(path, inner)
        case _:
            return
