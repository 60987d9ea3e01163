"""A run's input, from the words of the command line: checked whole before anything happens.

`NAME=VALUE`: the value is taken as text where the input's type takes text, else as JSON (`qty=3`, `tags='["a"]'`).
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from cellc.exits import CannotDo, Refused, problem
from cellc.language.diagnostics import Diagnostic
from cellc.language.graph import Program
from cellc.language.span import Span
from cellc.language.type_codec import from_data
from cellc.language.types import Json, Record, Type, TypeTable, resolve
from cellc.language.values import BadJson, Misfit, Problem, from_json, parse_json


def read_input(program: Program, cell: str, words: Sequence[str], file: str | None) -> Mapping[str, Any]:
    """Return the input of `cell` that the file and the words give; a word replaces the file's field of that name.

    Raises Refused with every field that does not fit, CannotDo when the file cannot be read.
    """
    table = {name: from_data(data) for name, data in program.types.items()}
    type_ = from_data(program.cells[cell].graph.input)
    data = _from_file(file) if file else {}
    data |= from_words(words, type_, table)
    try:
        value: Mapping[str, Any] = from_json(data, type_, table)
    except Misfit as misfit:
        place = Span("" if file in {None, "-"} else str(file), 0, 0)
        raise Refused([_told(found, place) for found in misfit.problems]) from None
    return value


def _told(found: Problem, place: Span) -> Diagnostic:
    where = f" at `{found.path}`" if found.path else ""
    (told,) = problem("E800", place, where=where, expected=found.expected, found=found.found, near=found.hint)
    return told


def _from_file(file: str) -> dict[str, Any]:
    place = Span("" if file == "-" else file, 0, 0)
    try:
        text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        data = parse_json(text)
    except OSError as reason:
        raise CannotDo(problem("E801", place, reason=(reason.strerror or str(reason)).lower())) from None
    except BadJson as reason:
        raise Refused(problem("E801", place, reason=str(reason))) from None
    if not isinstance(data, dict):
        raise Refused(problem("E801", place, reason="it is not a JSON object"))
    return data


def from_words(words: Sequence[str], type_: Type, table: TypeTable) -> dict[str, Any]:
    """Return the data that NAME=VALUE words say for a record of this type."""
    type_ = resolve(type_, table)
    pairs = [word.partition("=") for word in words]
    for name, equals, value in pairs:
        if not equals:
            raise click.UsageError(f"`{name}{value}` is not an input: write NAME=VALUE")
    return {name: _value(text, name, type_, table) for name, _, text in pairs}


def _value(text: str, name: str, type_: Type, table: TypeTable) -> Any:
    """Return the data that `text` says for the input `name`: whichever reading fits, else the JSON one."""
    field = type_.get(name) if isinstance(type_, Record) else None
    if field is None:
        return text
    try:
        data = parse_json(text)
    except BadJson:
        return text
    readings = (data, text) if isinstance(resolve(field.type, table), Json) else (text, data)
    return next((reading for reading in readings if _fits(reading, field.type, table)), data)


def _fits(data: Any, type_: Type, table: TypeTable) -> bool:
    try:
        from_json(data, type_, table)
    except Misfit:
        return False
    return True


def json_option(text: str) -> str:
    """Return the JSON text that an option gives; `-` is stdin. Whether it is JSON is for the receiver to say."""
    return sys.stdin.read() if text == "-" else text
