"""From the text of a `*.test.yaml` file to its cases; everything that is wrong in it is a diagnostic at its place."""

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from json import dumps
from typing import Any, cast

from cellc import project
from cellc.compiler.sources import Unreadable
from cellc.language.core_schema import core_value
from cellc.language.diagnostics import Report
from cellc.language.graph import Program
from cellc.language.literals import duration_value
from cellc.language.reader import Mapping as YamlMapping
from cellc.language.reader import Scalar, Sequence, YamlNode, read
from cellc.language.shape import TEST, check_shape
from cellc.language.span import Source, Span
from cellc.language.type_codec import from_data
from cellc.language.types import Null, Record, Type, TypeTable
from cellc.language.values import to_json
from cellc.testing.choosing_answers import told_by
from cellc.testing.expectations import Expectations
from cellc.testing.model import Answer, Case, Crash, Ending, Fails, Never, Raises, Returns, Script, TestFile, Told
from cellc.testing.names import Names
from cellc.testing.yaml_values import value_of

SUFFIX = ".test.yaml"

LONGEST = timedelta(days=365_000)
"""From the start of a case to anything that is told in it: the calendar has an end."""


def tests_in(folder: str) -> Iterator[str]:
    """Yield the paths of all files of tests in `folder` and below, in order; hidden folders are left out."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in project.SKIPPED_FOLDERS)
        yield from (os.path.normpath(os.path.join(here, f)) for f in sorted(files) if f.endswith(SUFFIX))  # noqa: PTH118 -- as the user gave it


def read_file(path: str) -> TestFile:
    """Return the tests of the file at `path`, with the program that they test."""
    try:
        source = project.FileSources().read(path)
    except Unreadable as reason:
        report = Report()
        report.add("E100", Span(path, 0, 0), path=path, reason=reason)
        return TestFile(path, {}, None, (), report.diagnostics)
    return read_source(source)


def read_source(source: Source, program: Program | None = None) -> TestFile:
    """Return the tests of a text; the path of its module is relative to its own. `program`: that module, if known."""
    path, report = source.path, Report()
    root = read(source, report, "test: FILE")
    if root is None:
        return TestFile(path, {path: source}, None, (), report.diagnostics)
    check_shape(root, frozenset(), report, TEST)
    if report.failed:
        return TestFile(path, {path: source}, None, (), report.diagnostics)
    parts = _parts(root)
    if program is not None:
        return _file(source, {path: source}, parts, program, report)
    named = cast("Scalar", parts["test"])
    module = project.FileSources().join(path, named.content)
    checked = project.check(module)
    sources = {**checked.sources, path: source}
    if checked.program is None:
        errors = [d for d in checked.diagnostics if d.severity.value == "error"]
        report.add("E901", named.text.whole, path=module, reason=errors[0].message)
        return TestFile(path, sources, None, (), report.diagnostics)
    return _file(source, sources, parts, checked.program, report)


def _file(
    source: Source, sources: Mapping[str, Source], parts: Mapping[str, YamlNode], program: Program, report: Report
) -> TestFile:
    cases = [_Reader(program).case(node) for node in cast("Sequence", parts["cases"]).items]
    seen: dict[str, Case] = {}
    for case in cases:
        if seen.setdefault(case.name, case) is not case:
            report.add("E904", case.span, reason=f"another case is called `{case.name}` too")
    return TestFile(source.path, sources, program, cases, report.diagnostics)


def _parts(node: YamlNode | None) -> dict[str, YamlNode]:
    return {key.content: value for key, value in node.entries} if isinstance(node, YamlMapping) else {}


def _keys(node: YamlNode | None) -> dict[str, Scalar]:
    return {key.content: key for key, _ in node.entries} if isinstance(node, YamlMapping) else {}


class _Reader:
    """Reads one case: its values by the program's types."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._report = Report()
        self._names = Names(program, self._report)
        self._types: TypeTable = {name: from_data(data) for name, data in program.types.items()}

    def case(self, node: YamlNode) -> Case:
        """Return a case."""
        parts = _parts(node)
        name = cast("Scalar", parts["name"])
        run = parts.get("run")
        cell = self._names.cell(run) if isinstance(run, Scalar) else self._program.main
        contract = self._program.cells[cell or self._program.main].graph
        inputs = self._input(parts, name, from_data(contract.input)) if cell else {}
        told = [self._event(each) for each in _items(parts.get("events"))]
        told += [self._task(each) for each in _items(parts.get("complete"))]
        if "cancel" in parts:
            at = _parts(parts["cancel"])["at"]
            told.append(Told(self._duration(at), "cancel", "", "", None, at.span))
        output: Type = Null() if contract.output is None else from_data(contract.output)
        expectations = Expectations(self._names, output, self._types, self._report)
        scripts = self._scripts(parts.get("handlers"))
        checks = expectations.read(parts["expect"]) if cell else ()
        crash = self._crash(parts.get("crash"))
        return Case(
            name.content,
            name.text.whole,
            cell or self._program.main,
            inputs or {},
            scripts,
            sorted(told, key=lambda each: each.at),
            crash,
            checks,
            self._report.diagnostics,
        )

    def _input(self, parts: Mapping[str, YamlNode], name: Scalar, type_: Type) -> Any:
        node = parts.get("input") or YamlMapping((), flow=True, span=name.text.whole)
        return value_of(node, type_, self._types, "`input`", self._report)

    def _scripts(self, node: YamlNode | None) -> dict[str, Script]:
        parts, found = _parts(node), {}
        for written, key in _keys(node).items():
            effect = self._names.effect(key)
            if effect is None:
                continue
            wait = self._names.effects[effect].wait
            if wait in {"event", "task", "timer", "status"}:
                how = {"event": "tell it under `events:`", "task": "answer it under `complete:`"}
                reason = f"`{written}` waits for {_WAITS[wait]}: {how.get(wait, 'it needs no answers')}"
                self._report.add("E904", key.text.whole, reason=reason)
                continue
            found[effect] = self._script(parts[written], effect, written)
        return found

    def _script(self, node: YamlNode, effect: str, written: str) -> Script:
        if isinstance(node, Sequence):
            return Script([self._answer(each, effect, written) for each in node.items])
        parts = _parts(node)
        by = cast("Scalar", parts["by"])
        from cellc.compiler.loose import loose_expression  # noqa: PLC0415 -- cases without `by:` do not pay for it

        project.prepare_parser()
        record = from_data(self._names.effects[effect].input)
        ir = loose_expression(by.text, record, self._types, self._report) if isinstance(record, Record) else None
        when = {
            key: [self._answer(each, effect, written) for each in _items(answers)]
            for key, answers in _parts(parts["when"]).items()
        }
        return Script(by=None if ir is None else told_by(ir, self._types), when=when)

    def _answer(self, node: YamlNode, effect: str, written: str) -> Answer:
        parts, keys = _parts(node), _keys(node)
        said = [key for key in ("returns", "raises", "fails", "never") if key in parts]
        if len(said) > 1:
            reason = (
                f"an answer has one of `returns`, `raises`, `fails` and `never`, not both `{said[0]}` and `{said[1]}`"
            )
            self._report.add("E904", keys[said[1]].text.whole, reason=reason)
        if "with" in parts and "raises" not in parts:
            self._report.add(
                "E904", keys["with"].text.whole, reason="`with:` has the fields of an error: add `raises:`"
            )
        after = self._duration(parts["after"]) if "after" in parts else timedelta()
        return Answer(self._ending(parts, node, effect, written), after, node.span)

    def _ending(self, parts: Mapping[str, YamlNode], node: YamlNode, effect: str, written: str) -> Ending:
        if "raises" in parts:
            return self._raises(cast("Scalar", parts["raises"]), parts.get("with"), effect, written)
        if "fails" in parts:
            return Fails(cast("Scalar", parts["fails"]).content)
        if "never" in parts:
            return Never()
        declared = self._names.effects[effect].output
        output: Type = Null() if declared is None else from_data(declared)
        if "returns" not in parts:
            if not isinstance(output, Null):
                self._report.add("E904", node.span, reason=f"`{written}` has a result: say it with `returns:`")
            return Returns(None)
        return Returns(value_of(parts["returns"], output, self._types, f"the answer of `{written}`", self._report))

    def _raises(self, name: Scalar, fields: YamlNode | None, effect: str, written: str) -> Ending:
        error = self._names.error(name)
        if error is None:
            return Never()
        declared = self._names.effects[effect].errors
        if error not in declared:
            reason = f"`{written}` does not declare the error `{name.content}`"
            self._report.add("E904", name.text.whole, reason=reason)
            return Never()
        node = fields or YamlMapping((), flow=True, span=name.text.whole)
        type_ = from_data(self._program.errors[error])
        value = value_of(node, type_, self._types, f"`{name.content}` of `{written}`", self._report)
        return Raises(error, value or {})

    def _event(self, node: YamlNode) -> Told:
        parts = _parts(node)
        name = cast("Scalar", parts["name"])
        event = self._names.event(name)
        data: Any = None
        if event is not None:
            type_ = from_data(self._names.events[event].data)
            data = value_of(parts["data"], type_, self._types, f"the event `{name.content}`", self._report)
        key = parts.get("key")
        text = key.content if isinstance(key, Scalar) else None
        return Told(self._duration(parts["at"]), "event", event or "", _json(data), text, name.text.whole)

    def _task(self, node: YamlNode) -> Told:
        parts = _parts(node)
        task = cast("Scalar", parts["task"])
        return Told(
            self._duration(parts["at"]), "task", task.content, _json(_plain(parts["data"])), None, task.text.whole
        )

    def _duration(self, node: YamlNode) -> timedelta:
        value = duration_value(cast("Scalar", node).content)
        if value is None or value > LONGEST:
            self._report.add("E904", node.span, reason=f"a time of a case is at most {LONGEST.days}d")
            return timedelta()
        return value

    def _crash(self, node: YamlNode | None) -> Crash | str | None:
        if node is None or isinstance(node, Scalar):
            return None if node is None else "everywhere"
        parts = _parts(node)
        effect = self._names.effect(cast("Scalar", parts["after"]))
        number = parts.get("n")
        return Crash(effect or "", int(cast("int", core_value(number))) if isinstance(number, Scalar) else 1)


_WAITS = {"event": "an event", "task": "a person", "timer": "a time", "status": "nothing"}


def _items(node: YamlNode | None) -> tuple[YamlNode, ...]:
    return node.items if isinstance(node, Sequence) else ()


def _json(value: Any) -> str:
    return dumps(to_json(value), ensure_ascii=False)


def _plain(node: YamlNode) -> Any:
    match node:
        case YamlMapping():
            return {key.content: _plain(value) for key, value in node.entries}
        case Sequence():
            return [_plain(each) for each in node.items]
        case Scalar():
            return core_value(node)
