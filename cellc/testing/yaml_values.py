"""Plain YAML as values of the types that are expected where they stand, with problems at their places.

A plain scalar is text where a text is expected (`sku: 0001`, `day: 2026-01-01`), else what YAML 1.2 says it is.
"""

import re
from typing import Any

from cellc.language.core_schema import core_value
from cellc.language.diagnostics import Report
from cellc.language.reader import Mapping, Scalar, Sequence, YamlNode
from cellc.language.span import Span
from cellc.language.types import List, Literal, Map, Null, Record, Type, TypeTable, Union, resolve
from cellc.language.types import Scalar as ScalarType
from cellc.language.types import String as StringType
from cellc.language.values import Misfit, from_json

_STEP = re.compile(r"\.?([A-Za-z_][A-Za-z0-9_\-]*)|\[(\d+)\]|\['([^']*)'\]")


def value_of(node: YamlNode, type_: Type, table: TypeTable, what: str, report: Report) -> Any:
    """Return the value of `type_` that is written; None where it does not fit, which is reported at its place."""
    try:
        return from_json(data_of(node, type_, table), type_, table)
    except Misfit as misfit:
        for found in misfit.problems:
            report.add(
                "E903",
                place_of(node, found.path),
                what=what,
                where=f" at `{found.path}`" if found.path else "",
                expected=found.expected,
                found=found.found,
                near=found.hint,
            )
        return None


def data_of(node: YamlNode, type_: Type, table: TypeTable) -> Any:
    """Return what is written as JSON data, read with a view to the type that is expected."""
    wanted = _without_null(resolve(type_, table), table)
    match node:
        case Mapping():
            return {key.content: data_of(value, _inside(wanted, key.content), table) for key, value in node.entries}
        case Sequence():
            item = wanted.item if isinstance(wanted, List) else Null()
            return [data_of(each, item, table) for each in node.items]
        case Scalar():
            value = core_value(node)
            return node.content if value is not None and _is_text(wanted) else value


def place_of(node: YamlNode, path: str) -> Span:
    """Return where the part of a value at `path` stands, or else the nearest part around it."""
    here, place = node, node.span
    for name, index, quoted in _STEP.findall(path):
        match here:
            case Mapping():
                found = next(((k, v) for k, v in here.entries if k.content == (name or quoted)), None)
                if found is None:
                    return place
                here, place = found[1], found[1].span if found[1].span.start < found[1].span.end else found[0].span
            case Sequence() if index and int(index) < len(here.items):
                here = here.items[int(index)]
                place = here.span
            case _:
                return place
    return place


def _inside(type_: Type, name: str) -> Type:
    match type_:
        case Record():
            field = type_.get(name)
            return Null() if field is None else field.type
        case Map():
            return type_.value
        case _:
            return Null()


def _without_null(type_: Type, table: TypeTable) -> Type:
    """Return the one arm of a union that is not null."""
    if isinstance(type_, Union):
        arms = [arm for arm in type_.arms if not isinstance(resolve(arm, table), Null)]
        texts = [arm for arm in arms if _is_text(resolve(arm, table))]
        if len(arms) == 1 or len(texts) == len(arms):
            return resolve(arms[0], table)
    return type_


def _is_text(type_: Type) -> bool:
    match type_:
        case StringType() | ScalarType():
            return True
        case Literal(kind=kind):
            return kind == "string"
        case _:
            return False
