"""The registry of diagnostic codes: number, name, severity and wording, once.

A phase reports a code with fields; the message and the hint are filled from here. Numbers are never used again for
another meaning (`tests/diagnostics/codes.txt` is the committed list). Ranges: 1xx syntax and shape, 2xx names, 3xx
types, 4xx effects and errors, 5xx flow, 6xx sagas, 7xx versions, 8xx bindings and runs. Every code has a page
`docs/diagnostics/CODE.md`, which `cellc explain CODE` prints.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a diagnostic is: only errors stop a compilation."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of problem. `message` and `hint` are templates over the fields that are reported with it."""

    code: str
    slug: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    since: str = "0.1.0"


CODES: dict[str, Code] = {}


def _register(*codes: Code) -> None:
    for code in codes:
        if code.code in CODES:
            raise ValueError(f"code {code.code} is registered twice")
        CODES[code.code] = code


_register(  # 1xx: syntax and shape
    Code("E100", "file-not-read", "{reason}", "give the path of a `.cell.yaml` file that can be read as UTF-8 text"),
    Code("E101", "bad-yaml", "this is not valid YAML: {reason}"),
    Code("E102", "duplicate-key", "`{key}` is here twice", "remove or rename one of the two"),
    Code("E103", "yaml-feature", "{feature} is not allowed in a `.cell.yaml` file", "write the value out"),
    Code("E104", "file-too-large", "the file has {size}; at most {limit} can be a module", "split it and use `use:`"),
    Code("E105", "unknown-key", "{where} has no key `{key}`"),
    Code("E106", "missing-key", "{where} needs the key `{key}`"),
    Code("E107", "wrong-shape", "{where} must be {expected}, but it is {found}"),
    Code("E108", "bad-edition", "edition {found} of the language is not known", "write `cellc: 1`"),
    Code("E109", "bad-name", "`{name}` cannot be a name here: {why}"),
    Code("E110", "bad-type-text", "this type does not read: {reason}"),
    Code("E111", "bad-expression", "this expression does not read: {reason}"),
    Code("E112", "bad-script", "this script does not read: {reason}"),
    Code("E113", "bad-flow", "this topology line does not read: {reason}"),
    Code("E114", "lost-quotes", "the quotes of `{text}` belong to YAML, so the Cell language sees the name {text}"),
    Code("E115", "bad-bracket", "the brackets do not match: {reason}"),
    Code("E116", "bad-regex", "the regular expression does not read: {reason}"),
    Code("E117", "too-deep", "this is nested more than {limit} levels deep", "name a part of it"),
    Code("E199", "not-yet", "{what} is part of the language, but this version of cellc does not compile it yet"),
)
