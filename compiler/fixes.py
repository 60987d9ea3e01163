"""Changes that are certain to mend a problem: a table from codes to what finds the change in the text.

A change is certain when it can only be what was meant, or when it writes down what the compiler knows anyway (effects,
errors). It never touches a comment: where one stands in the way there is no change. Problems of syntax bring their
changes along (`language/habits.py`).

The YAML is read again, and only where a change of its structure is asked for: the syntax tree does not say whether a
list stood in brackets or below dashes.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from cellc.compiler.yaml_edits import YamlFile, entries
from cellc.language import reader
from cellc.language.builtins import BUILTINS
from cellc.language.diagnostics import Diagnostic, Fix
from cellc.language.span import Source, Span
from cellc.language.suggest import certain
from cellc.language.types import NAMES

_BODIES: Final = ("do", "topology", "python")
_TYPE_KEYS: Final = frozenset({"types", "in", "out", "errors"})


def with_fixes(found: Iterable[Diagnostic], sources: Mapping[str, Source]) -> tuple[Diagnostic, ...]:
    """Return the problems, each with its change where one is certain."""
    files = {path: YamlFile(source) for path, source in sources.items()}
    return tuple(_with_fix(d, files) for d in found)


def _with_fix(problem: Diagnostic, files: Mapping[str, YamlFile]) -> Diagnostic:
    if problem.fix is not None or problem.span.file not in files:
        return problem
    return replace(problem, fix=FIXES.get(problem.code, _rename)(problem, files[problem.span.file]))


# --- names ---


def _rename(problem: Diagnostic, file: YamlFile) -> Fix | None:
    """Write a name as it was declared, where it differs in upper and lower case or underscores only."""
    written = file.source.cut(problem.span)
    meant = certain(written, problem.hint)
    return Fix(problem.span, meant) if meant and re.fullmatch(r"[\w./+-]+", written) else None


def _callee(problem: Diagnostic, file: YamlFile) -> Fix | None:
    """Write a method that is a built-in function as one: `x.lower()` is `lower(x)`."""
    value, dot, method = file.source.cut(problem.span).rpartition(".")
    bracket = re.compile(r"\(\s*(\)?)").match(file.source.text, problem.span.end)
    is_method = "have no methods" in problem.hint or f"`{method}({value})`" in problem.hint
    if not dot or not is_method or bracket is None:
        return _rename(problem, file)
    whole = Span(problem.span.file, problem.span.start, bracket.end())
    if bracket[1]:
        return Fix(whole, f"{method}({value})") if method in BUILTINS else None
    scalar, _ = file.scalar_at(problem.span.start)
    splits = scalar is None or scalar.style == "plain"  # a comma may end a plain scalar
    return Fix(whole, f"{_METHODS[method]}({value}, ") if method in _METHODS and not splits else None


_METHODS: Final[Mapping[str, str]] = {
    "split": "split",
    "replace": "replace",
    "startswith": "starts_with",
    "endswith": "ends_with",
}
"""Python's methods whose arguments are those of a function here, behind the value itself."""


# --- structure ---


def _add_effects(problem: Diagnostic, file: YamlFile) -> Fix | None:
    cell = file.cell_at(problem.span.start)
    return file.add_entry(cell, _BODIES, f"effects: [{problem.fields['effects']}]") if cell else None


def _add_effect(problem: Diagnostic, file: YamlFile) -> Fix | None:
    return _add(problem, file, "effects", problem.fields["effect"], _BODIES)


def _add_error(problem: Diagnostic, file: YamlFile) -> Fix | None:
    return _add(problem, file, "errors", problem.fields["error"], ("effects", *_BODIES))


def _add(problem: Diagnostic, file: YamlFile, key: str, name: str, before: tuple[str, ...]) -> Fix | None:
    cell = file.cell_at(problem.span.start)
    if cell is None:
        return None
    value = next((value for name_, value in cell.entries if name_.content == key), None)
    if isinstance(value, reader.Sequence):
        return file.add_item(value, name)
    return file.add_entry(cell, before, f"{key}: [{name}]") if value is None else None


def _remove_effect(problem: Diagnostic, file: YamlFile) -> Fix | None:
    cell = file.cell_at(problem.span.start)
    return file.remove(cell, "effects", problem.span.start) if cell else None


def _remove_error(problem: Diagnostic, file: YamlFile) -> Fix | None:
    cell = file.cell_at(problem.span.start)
    return file.remove(cell, "errors", problem.span.start) if cell else None


def _remove_import(problem: Diagnostic, file: YamlFile) -> Fix | None:
    return file.remove(file.root, "use", problem.span.start) if isinstance(file.root, reader.Mapping) else None


# --- shape ---


def _add_edition(problem: Diagnostic, file: YamlFile) -> Fix | None:
    root, text = file.root, file.source.text
    if problem.fields["key"] != "cellc" or not isinstance(root, reader.Mapping) or root.flow or "\n---" in f"\n{text}":
        return None
    at = 1 if text.startswith("\ufeff") else 0
    return Fix(Span(problem.span.file, at, at), "cellc: 1\n")


def _write_edition(problem: Diagnostic, file: YamlFile) -> Fix | None:
    meant = re.fullmatch(r"""["']?v?1(\.0)*["']?""", file.source.cut(problem.span))
    return Fix(problem.span, "1") if meant else None


def _rename_key(problem: Diagnostic, file: YamlFile) -> Fix | None:
    fix = _rename(problem, file)
    beside = file.keys_beside(problem.span.start) if fix else ()
    return fix if fix and fix.text not in beside else None


def _list_of_one(problem: Diagnostic, file: YamlFile) -> Fix | None:
    """Put a name in brackets where a list of names has to stand."""
    name = file.source.cut(problem.span)
    is_one = problem.fields["expected"] == "a list of names" and problem.fields["found"] == f"the text `{name}`"
    return Fix(problem.span, f"[{name}]") if is_one and re.fullmatch(r"[A-Za-z_][\w.]*", name) else None


def _unquote(problem: Diagnostic, file: YamlFile) -> Fix | None:
    """Take the quotes off the name of a type, where a type stands."""
    scalar, keys = file.scalar_at(problem.span.start)
    name = problem.fields["text"]
    known = {*NAMES, *(key.content for key, _ in entries(file.root, "types"))}
    stands_for_type = bool(_TYPE_KEYS.intersection(keys)) and not {"with", *_BODIES}.intersection(keys)
    return Fix(problem.span, name) if scalar is not None and name in known and stands_for_type else None


FIXES: Final[Mapping[str, Callable[[Diagnostic, YamlFile], Fix | None]]] = {
    "E203": _callee,
    "E105": _rename_key,
    "E106": _add_edition,
    "E107": _list_of_one,
    "E108": _write_edition,
    "E114": _unquote,
    "E400": _add_effect,
    "E401": _add_effects,
    "W402": _remove_effect,
    "E403": _add_error,
    "W404": _remove_error,
    "W220": _remove_import,
}
"""What finds the change, by code; for any other code it is the name that a hint proposes."""
