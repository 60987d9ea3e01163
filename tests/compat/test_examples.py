"""Changes made wherever they can be made in the examples: each is told, at its place, with the version that it needs.

A change that does not compile, because something else in the module would have to follow, is passed over.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from cellc.compiler.compat.changes import Verdict
from cellc.compiler.compat.compare import compare
from cellc.compiler.compat.numbering import number
from cellc.compiler.compat.rules import RULES
from cellc.compiler.load import walk
from cellc.compiler.pipeline import compile_module
from cellc.language import ast
from cellc.language.diagnostics import Report
from cellc.language.document import parse_module
from cellc.language.graph import Program
from cellc.language.span import Source, Span
from tests.conftest import MemorySources

ROOT = Path(__file__).parents[2]
FILES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in ROOT.glob("examples/*/*.cell.yaml")}


@dataclass(frozen=True)
class Edit:
    """A change: what stands at a span now, and the row that tells of it: its kind, or how that ends."""

    span: Span
    text: str
    kind: str
    place: str


Edits = Callable[[ast.Module, str], Iterator[Edit]]


def fields_of_inputs(tree: ast.Module, suffix: str, kind: str) -> Iterator[Edit]:
    for cell in tree.cells:
        if cell.input and cell.input[0].name.span.start > cell.name.span.end:
            at = Span(cell.span.file, cell.input[0].name.span.start, cell.input[0].name.span.start)
            yield Edit(at, f"brand_new{suffix}: int, ", kind, f"cells.{cell.name.text}.in.brand_new")


def required_input_field(tree: ast.Module, _text: str) -> Iterator[Edit]:
    yield from fields_of_inputs(tree, "", "input-field-added")


def optional_input_field(tree: ast.Module, _text: str) -> Iterator[Edit]:
    yield from fields_of_inputs(tree, "?", "input-optional-field-added")


def optional_output_field(tree: ast.Module, _text: str) -> Iterator[Edit]:
    for cell in tree.cells:
        if isinstance(cell.output, ast.RecordType) and cell.output.fields:
            at = cell.output.fields[0].name.span.start
            place = f"cells.{cell.name.text}.out.brand_new"
            yield Edit(Span(cell.span.file, at, at), "brand_new?: int, ", "output-optional-field-added", place)


def narrower_field_of_a_type(tree: ast.Module, _text: str) -> Iterator[Edit]:
    """`int(1..)` ends at a bound; where its values only go out, that breaks nobody."""
    for decl in tree.types:
        if isinstance(decl.type, ast.RecordType):
            for field in decl.type.fields:
                if isinstance(field.type, ast.RangedType) and field.type.name.text == "int":
                    low = int(field.type.low or 0)
                    place = f"types.{decl.name.text}.{field.name.text}"
                    yield Edit(field.type.span, f"int({low}..{low + 1})", "-narrowed", place)


def error_with_another_field(tree: ast.Module, _text: str) -> Iterator[Edit]:
    for decl in tree.errors:
        for field in decl.fields.fields:
            place = f"errors.{decl.name.text}"
            yield Edit(
                field.name.span,
                f"brand_new?: int, {field.name.text}",
                "output-optional-field-added",
                f"{place}.brand_new",
            )


def renamed_trigger(tree: ast.Module, _text: str) -> Iterator[Edit]:
    for trigger in tree.triggers:
        yield Edit(trigger.name.span, "brand_new", "trigger-removed", f"triggers.{trigger.name.text}")


def moved_trigger(tree: ast.Module, _text: str) -> Iterator[Edit]:
    for trigger in tree.triggers:
        if trigger.http is not None:
            yield Edit(
                trigger.http.span, f"{trigger.http.text}/v2", "trigger-moved", f"triggers.{trigger.name.text}.http"
            )


def shorter_keep(tree: ast.Module, _text: str) -> Iterator[Edit]:
    for event in tree.events:
        if event.keep is not None:
            yield Edit(event.keep.span, "1s", "event-keep-shorter", f"events.{event.name.text}.keep")


def other_timeout(tree: ast.Module, _text: str) -> Iterator[Edit]:
    for effect in tree.effects:
        if effect.timeout is not None:
            yield Edit(effect.timeout.span, "11s", "policy-changed", f"effects.{effect.name.text}.timeout")


def weaker_promise(tree: ast.Module, _text: str) -> Iterator[Edit]:
    for effect in tree.effects:
        if effect.delivery is not None and effect.delivery.text == "read":
            place = f"effects.{effect.name.text}.delivery"
            yield Edit(effect.delivery.span, "idempotent", "delivery-weaker", place)


def stronger_promise(tree: ast.Module, _text: str) -> Iterator[Edit]:
    for effect in tree.effects:
        if effect.delivery is not None and effect.delivery.text == "idempotent":
            place = f"effects.{effect.name.text}.delivery"
            yield Edit(effect.delivery.span, "read", "delivery-stronger", place)


def another_variable(tree: ast.Module, text: str) -> Iterator[Edit]:
    """The first variable of each effect gets another name."""
    for effect in tree.effects:
        if effect.config is None:
            continue
        found = text.find("${env.", effect.config.span.start, effect.config.span.end)
        if found >= 0:
            at = Span(effect.span.file, found + len("${env."), found + len("${env."))
            yield Edit(at, "BRAND_NEW_", "variable-needed", f"effects.{effect.name.text}.with")


def another_main(tree: ast.Module, _text: str) -> Iterator[Edit]:
    for cell in tree.cells:
        if tree.main is not None and cell.name.text != tree.main.text:
            yield Edit(tree.main.span, cell.name.text, "main-changed", "main")


def new_number_in_a_body(tree: ast.Module, _text: str) -> Iterator[Edit]:
    for cell in tree.cells:
        if not isinstance(cell.body, ast.DoBody | ast.TopologyBody):
            continue
        for node in walk(cell.body):
            if isinstance(node, ast.Constant) and type(node.value) is int:
                yield Edit(node.span, f"{node.value + 1}", "", f"cells.{cell.name.text}.body")


ALL: tuple[Edits, ...] = (
    required_input_field,
    optional_input_field,
    optional_output_field,
    narrower_field_of_a_type,
    error_with_another_field,
    renamed_trigger,
    moved_trigger,
    shorter_keep,
    other_timeout,
    weaker_promise,
    stronger_promise,
    another_variable,
    another_main,
    new_number_in_a_body,
)


@cache
def compiled(path: str, text: str) -> Program | None:
    return compile_module(path, MemorySources({**FILES, path: text})).program


def changed(edits: Edits) -> Iterator[tuple[Edit, Program, Program]]:
    """Yield each change that compiles, with the versions before and after."""
    for path, text in sorted(FILES.items()):
        tree = parse_module(Source(path, text), Report())
        old = compiled(path, text)
        assert tree is not None
        assert old is not None
        for edit in edits(tree, text):
            new = compiled(path, text[: edit.span.start] + edit.text + text[edit.span.end :])
            if new is not None:
                yield edit, old, new


@pytest.mark.parametrize("edits", ALL, ids=lambda edits: edits.__name__)
def test_a_change_is_told_at_its_place_with_the_version_that_it_needs(edits: Edits) -> None:
    made = list(changed(edits))
    for edit, old, new in made:
        comparison = compare(old, new)
        rows = [c for c in comparison.changes if c.place.startswith(edit.place) and c.kind.endswith(edit.kind)]
        assert rows, edit
        assert comparison.bump >= max(RULES[row.kind].bump for row in rows)
        assert [d.code for d in number(comparison).findings] == ["E701"] * ("version" in old.declared)
    assert made, "no example has a place for this change"


@pytest.mark.parametrize("path", sorted(FILES))
def test_comments_descriptions_and_layout_are_no_change(path: str) -> None:
    old = compiled(path, FILES[path])
    lines = [line for line in FILES[path].splitlines() if not line.startswith("description:")]
    new = compiled(path, "# another remark\n" + "\n".join(lines) + "\n\n# the end\n")
    assert old is not None
    assert new is not None
    comparison = compare(old, new)
    assert comparison.changes == ()
    assert number(comparison).findings == ()


USERS = {
    path: users
    for path in FILES
    if (users := [u for u in FILES if f"./{Path(path).name}" in FILES[u] and Path(u).parent == Path(path).parent])
}


@pytest.mark.parametrize("edits", ALL, ids=lambda edits: edits.__name__)
def test_who_uses_a_module_compiles_with_a_version_that_breaks_nobody(edits: Edits) -> None:
    """The oracle is the compiler: no verdict for callers and readers is `compatible` where an importer is refused."""
    for path, users in USERS.items():
        tree = parse_module(Source(path, FILES[path]), Report())
        old = compiled(path, FILES[path])
        assert tree is not None
        assert old is not None
        for edit in edits(tree, FILES[path]):
            text = FILES[path][: edit.span.start] + edit.text + FILES[path][edit.span.end :]
            new = compiled(path, text)
            if new is None or Verdict.BREAKING in {c.verdict for c in compare(old, new).changes}:
                continue
            for user in users:
                files = {**FILES, path: text, user: FILES[user].replace("version: ^1.2", "version: '*'")}
                assert compile_module(user, MemorySources(files)).program is not None, edit


def test_there_are_modules_that_others_use() -> None:
    assert sorted(Path(path).name for path in USERS) == ["payments.cell.yaml", "stock.cell.yaml"]
