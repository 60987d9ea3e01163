"""From Cell text to syntax tree.

The four grammar files are one LALR grammar with a contextual lexer; nodes are built while it parses, without a tree in
between. Each function takes a `Text` and reports what is wrong with it, in the user's words, at the exact place in the
file. A text whose grammar is broken yields None; one with lesser problems yields its nodes all the same.

Building the grammar's tables takes most of a small check. `tables()` gives them as bytes, and `use_tables` takes them
back in another process; where they are kept is the caller's business.
"""

import hashlib
import hmac
import marshal
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, Literal, TypeAlias, get_args

from msgspec import structs

from cellc.language import ast
from cellc.language.build_statement import StatementBuilder
from cellc.language.diagnostics import Fix, Report
from cellc.language.grammar_files import grammar_file
from cellc.language.lalr import Machine, Rule, Tables, Terminal, Unexpected
from cellc.language.layout import LayoutError, lay_out, without_layout
from cellc.language.mistakes import Stop, Where, bracket_mistake, explain
from cellc.language.reading import CURRENT, Reading
from cellc.language.span import Span
from cellc.language.text import Text

MAX_NESTING: Final = 100

MAX_FURTHER: Final = 20
"""Lines of a script that do not read and are passed over to look at those behind them."""

_CONTINUING = ("elif", "else", "except", "case")
_LAYOUT = frozenset({"_NL", "_INDENT", "_DEDENT", "$END"})

_GRAMMARS: Final = ("types", "expressions", "topology", "script")
_SEAL: Final = hashlib.sha256().digest_size
_FORMAT: Final = 1
"""Of the kept tables: another number for another form of them."""

_BUILT: Final[list[Machine]] = []

Start: TypeAlias = Literal["type", "expression", "line", "pipeline", "script"]


def parse_type(text: Text, report: Report) -> ast.TypeExpr | None:
    """Return the type that `text` is."""
    node: ast.TypeExpr | None = _parse("type", Reading(text, report, "E110"))
    return node


def parse_expression(text: Text, report: Report) -> ast.Expr | None:
    """Return the expression that `text` is."""
    node: ast.Expr | None = _parse("expression", Reading(text, report, "E111"))
    return node


def parse_line(text: Text, report: Report) -> ast.Flow | ast.Raise | None:
    """Return the flow that `text`, one node of a topology, is."""
    node: ast.Flow | ast.Raise | None = _parse("line", Reading(text, report, "E113"))
    return node


def parse_pipeline(text: Text, report: Report) -> tuple[ast.Ident, ...] | None:
    """Return the names of an arrow line."""
    node: tuple[ast.Ident, ...] | None = _parse("pipeline", Reading(text, report, "E113"))
    return node


def parse_script(text: Text, report: Report) -> tuple[ast.Statement, ...] | None:
    """Return the statements of a script."""
    reading = Reading(text, report, "E112", script=True)
    node: tuple[ast.Statement, ...] | None = _parse("script", reading)
    if node is None and reading.stops:
        _look_further(text, report, *reading.stops[0])
    return node


def _look_further(text: Text, report: Report, stop: int, inside_a_line: bool) -> None:
    """Report what else does not read in a script: line by line, those that have been reported are passed over."""
    for _ in range(MAX_FURTHER):
        passed = _passed_over(text.content, stop) if inside_a_line else None
        if passed is None:
            return
        text = structs.replace(text, content=passed)
        trial = Reading(text, Report(), "E112", script=True)
        _parse("script", trial)
        if trial.stops and trial.stops[0][0] <= stop:
            return  # the line was not to blame alone
        _parse("script", Reading(text, report, "E112", script=True))
        if not trial.stops:
            return
        stop, inside_a_line = trial.stops[0]


def _passed_over(content: str, stop: int) -> str | None:
    """Return the text with the line around `stop` as one that means nothing, of the same length; None where it cannot.

    A line that opens a block stays one. What may go on below, or belongs to a block above, is left alone.
    """
    start = content.rfind("\n", 0, stop) + 1
    end = content.find("\n", start)
    end = len(content) if end < 0 else end
    line = content[start:end]
    written, indent = line.strip(), line[: len(line) - len(line.lstrip())]
    below = content[end + 1 :].partition("\n")[0]
    opens, deeper = written.endswith(":"), len(below) - len(below.lstrip()) > len(indent)
    whole = bracket_mistake(written) is None and written.count("'") % 2 == written.count('"') % 2 == 0
    room = len(line) - len(indent)
    filler = "if true:" if opens else "pass" if room >= len("pass") else "0"
    if opens is not deeper or not whole or written.startswith(_CONTINUING) or room < len(filler):
        return None
    return content[:start] + indent + filler + " " * (room - len(filler)) + content[end:]


class _Builder(StatementBuilder):
    """All rules, and how the expressions inside f-strings are read."""

    def parse_inner(self, start: int, end: int) -> ast.Expr | None:
        outer = CURRENT.get()
        if outer.nested:
            place = outer.text.span(start - 1, end + 1)
            outer.problem(place, "an f-string cannot stand inside another", "give the inner one a name first")
            return None
        inner = Reading(outer.text.part(start, end), outer.report, outer.code, nested=True, found=outer.found)
        node: ast.Expr | None = _parse("expression", inner)
        return node


def _parse(start: Start, reading: Reading) -> Any:
    if not reading.text.content.strip():
        reading.problem(reading.text.whole, "it is empty")
        return None
    token = CURRENT.set(reading)
    try:
        node = _machine().parse(reading.text.content, start, lay_out if reading.script else without_layout)
    except LayoutError as problem:
        place = reading.text.span(problem.start, problem.end)
        reading.problem(place, problem.reason, problem.hint)
    except Unexpected as problem:
        stop = _stop(problem, reading.text.content, "format" if reading.nested else start)
        reading.stops.append((stop.start, stop.kind not in _LAYOUT))
        _report_syntax(reading, stop)
    else:
        reading.settle()
        return node if _is_shallow(node, reading) else None
    finally:
        CURRENT.reset(token)
    return None


def _report_syntax(reading: Reading, stop: Stop) -> None:
    """Report why the text does not parse, unless a problem that was found before explains it."""
    reading.settle()
    if any(_explains(problem, reading, stop) for problem in reading.found):
        return
    mistake = explain(reading.text.content, stop)
    place = reading.text.span(mistake.start, mistake.end)
    fix = Fix(reading.text.span(*mistake.fix[:2]), mistake.fix[2]) if mistake.fix else None
    reading.problem(place, mistake.reason, mistake.hint, code=mistake.code, fix=fix)


def _explains(problem: Span, reading: Reading, stop: Stop) -> bool:
    """Return whether a problem that was found before is about what stops the parser: the same line of a script."""
    if not reading.script:
        return True
    content = reading.text.content
    start, end = content.rfind("\n", 0, stop.start) + 1, content.find("\n", stop.start)
    line = reading.text.span(start, len(content) if end < 0 else end)
    return line.start <= problem.start <= line.end


def _stop(problem: Unexpected, content: str, where: Where) -> Stop:
    """Return where parsing stopped. Layout words cannot be seen: a line's end is a point, an indentation its line."""
    match problem.kind:
        case "$END":
            end = len(content.rstrip())
            return Stop(where, end, end, "$END", problem.expected)
        case "_NL":
            at = problem.start if problem.text else problem.end
            return Stop(where, at, at, "_NL", problem.expected)
        case "_INDENT":
            line_end = content.find("\n", problem.end)
            return Stop(where, problem.end, line_end if line_end >= 0 else len(content), "_INDENT", problem.expected)
        case kind:
            return Stop(where, problem.start, problem.end, kind or "?", problem.expected)


# --- depth ---


def _is_shallow(root: Any, reading: Reading) -> bool:
    """Report a tree that is too deep to be walked by recursion.

    `1 + 1 + ...` nests too, to the left, and so do the `for`s of a comprehension, each inside the one before.
    """
    if len(reading.text.content) <= MAX_NESTING:
        return True
    stack = [(root, 1)]
    while stack:
        node, depth = stack.pop()
        if isinstance(node, tuple):
            nested = bool(node) and isinstance(node[0], ast.For)
            stack.extend((child, depth + place * nested) for place, child in enumerate(node))
        elif depth > MAX_NESTING and hasattr(node, "span"):
            reading.report.add("E117", node.span, limit=MAX_NESTING)
            return False
        elif isinstance(node, ast.Syntax):
            stack.extend((part, depth + 1) for part in _parts(node) if isinstance(part, tuple | ast.Syntax))
    return True


def _parts(node: Any) -> Iterator[Any]:
    return (getattr(node, name) for name in node.__struct_fields__ if name not in {"span", "op_span"})


# --- the grammar's tables ---


def tables() -> bytes:
    """Return the tables of the grammar, for `use_tables` in a later process."""
    payload = marshal.dumps(_plain(_machine().tables))
    return _seal(payload) + payload


def use_tables(saved: bytes) -> bool:
    """Use what `tables` returned instead of building it; False when it is damaged or of other versions."""
    seal, payload = saved[:_SEAL], saved[_SEAL:]
    if not hmac.compare_digest(seal, _seal(payload)):
        return False
    states, starts, rules, terminals, *rest = marshal.loads(payload)  # noqa: S302 - our own bytes: the seal fits
    known = Tables(states, starts, [Rule(*rule) for rule in rules], [Terminal(*t) for t in terminals], *rest)
    _BUILT.append(Machine(known, _Builder()))
    return True


def _plain(value: Any) -> Any:
    """Return tables without names for their parts, which marshalling does not know."""
    if isinstance(value, tuple):
        return tuple(_plain(part) for part in value)
    return [_plain(part) for part in value] if isinstance(value, list) else value


def _seal(payload: bytes) -> bytes:
    """Return a digest of the payload and of all that it depends on: the grammar, and the form of what is kept."""
    versions = f"{_FORMAT} {marshal.version} {sys.version}"
    return hashlib.sha256(b"\0".join((versions.encode(), _grammar().encode(), payload))).digest()


@cache
def _grammar() -> str:
    return "\n".join(grammar_file(f"{name}.lark") for name in _GRAMMARS)


def _machine() -> Machine:
    """Return the one parser of this process; the first call builds its tables, unless they were given."""
    if not _BUILT:
        from cellc.language.grammar_tables import make_tables  # noqa: PLC0415 -- who has tables need not load a library

        _BUILT.append(Machine(make_tables(_grammar(), get_args(Start)), _Builder()))
    return _BUILT[-1]
