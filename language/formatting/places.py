"""Where Cell text stands in a module: which of its scalars are types, expressions, lines, scripts or templates."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

from cellc.language.formatting.format_text import Kind
from cellc.language.reader import Mapping as YamlMapping
from cellc.language.reader import Scalar, Sequence, YamlNode
from cellc.language.span import Span

Place: TypeAlias = Kind | Literal["template"]

_INSIDE: Final[Mapping[str, Mapping[str, str]]] = {
    "module": {
        "types": "types",
        "errors": "types",
        "events": "events",
        "effects": "effects",
        "cells": "cells",
        "triggers": "triggers",
    },
    "types": {"*": "type"},
    "events": {"*": "event"},
    "effects": {"*": "effect"},
    "cells": {"*": "cell"},
    "triggers": {"*": "trigger"},
    "event": {"data": "type", "key": "expression"},
    "effect": {"in": "types", "out": "type", "key": "expression", "with": "template"},
    "trigger": {"key": "expression", "with": "template"},
    "cell": {"in": "types", "out": "type", "do": "script", "topology": "pipeline"},
    "pipeline": {"return": "expression", "*": "line"},
    "line": {
        "call": "line",
        "catch": "catches",
        "until": "expression",
        "every": "expression",
        "max": "expression",
        "from": "expression",
    },
    "catches": {"*": "caught"},
    "caught": {"*": "expression"},
    "type": {"*": "type"},
    "expression": {"*": "expression"},
    "template": {"*": "template"},
}
"""What stands under each key of a mapping; `*` under any other, and in a sequence."""

_SCALARS: Final[Mapping[str, Place]] = {
    "type": "type",
    "expression": "expression",
    "line": "line",
    "caught": "line",
    "pipeline": "pipeline",
    "script": "script",
    "template": "template",
}


def places(root: YamlNode) -> dict[Span, Place]:
    """Return what each scalar with Cell text is, by its place."""
    return dict(_places(root, "module"))


def _places(node: YamlNode, what: str) -> Iterator[tuple[Span, Place]]:
    inside = _INSIDE.get(what, {})
    match node:
        case Scalar():
            if what in _SCALARS and node.content.strip():
                yield node.span, _SCALARS[what]
        case YamlMapping():
            for key, value in node.entries:
                yield from _places(value, inside.get(key.content) or inside.get("*", ""))
        case Sequence():
            for item in node.items:
                yield from _places(item, inside.get("*", ""))
