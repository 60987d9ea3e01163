"""Builds expression nodes from what `grammar/expressions.lark` matches.

Also the place for what the grammar lets through because it reads better as a message of its own: chains of `==`,
computed record keys, methods of values, `None`.
"""

# ruff: noqa: D102 - a method builds what the grammar's rule of its name matches; the grammar files document them

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from msgspec import structs

from cellc.language import ast, suggest
from cellc.language.build_type import TypeBuilder
from cellc.language.literals import duration_value, number_value, text_value, unescape
from cellc.language.mistakes import bracket_mistake
from cellc.language.names import COMBINATORS, FOREIGN, RESERVED
from cellc.language.reading import CURRENT, Token
from cellc.language.span import Span

_WORDS: Final = {"TRUE": True, "FALSE": False, "NULL": None}
_CHAINING: Final = frozenset({"<", "<=", ">", ">="})
_FORMAT_PART = re.compile(
    r"\{\{|\}\}|\{|\}|\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|[^{}\\]+", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class _Pair:
    """What stands between two commas of a record: `value` is None in `{b}`."""

    key: Any
    value: ast.Expr | None


@dataclass(frozen=True, slots=True)
class Clause:
    """`within 30s` and its like; `value` is None where it has been reported."""

    word: ast.Ident
    value: Any
    span: Span


def clause_of(word: Token, value: Any, last: Any) -> Clause:
    """Return a clause whose text ends with `last`."""
    reading = CURRENT.get()
    if word.type == "UNDO" and not isinstance(value, ast.Call):
        reading.problem(value.span, "`undo` needs a call, as in `undo release(it)`")
        value = None
    return Clause(reading.ident(word), value, reading.between(word, last))


def clause_values(clauses: list[Clause]) -> dict[str, Any]:
    """Return what each clause says, by its word; report those that are there twice."""
    seen: dict[str, Clause] = {}
    for clause in clauses:
        if seen.setdefault(clause.word.text, clause) is not clause:
            CURRENT.get().twice(clause.word, seen[clause.word.text].word.span)
    return {word: clause.value for word, clause in seen.items()}


class ExpressionBuilder(TypeBuilder):
    """The rules of expressions. `parse_inner` reads the expressions inside f-strings."""

    parse_inner: Callable[[int, int], ast.Expr | None]

    # --- operators ---

    def conditional(self, children: list[Any]) -> ast.Expr:
        then, test, other = children
        return ast.Conditional(then, test, other, CURRENT.get().between(then, other))

    def binary(self, children: list[Any]) -> ast.Expr:
        left, op, right = children
        reading = CURRENT.get()
        return ast.Binary(op.value, left, right, reading.at(op), reading.between(left, right))

    def unary(self, children: list[Any]) -> ast.Expr:
        op, operand = children
        return ast.Unary(op.value, operand, CURRENT.get().between(op, operand))

    def compare(self, children: list[Any]) -> ast.Expr:
        reading = CURRENT.get()
        operands: list[Any] = []
        ops: list[Any] = []
        for child in children:
            if not hasattr(child, "start_pos"):
                operands.append(child)
            elif ops and len(ops) > len(operands) - 1:
                ops[-1] = "not in"
            else:
                ops.append(str(child))
        span = reading.between(operands[0], operands[-1])
        if len(ops) > 1 and not _CHAINING.issuperset(ops):
            hint = f"join two comparisons with `and`: `a {ops[0]} b and b {ops[1]} c`"
            reading.problem(span, "only `<`, `<=`, `>` and `>=` can be chained", hint)
        return ast.Compare(tuple(operands), tuple(ops), span)

    def is_type(self, children: list[Any]) -> ast.Expr:
        value, type_ = children[0], children[-1]
        return ast.IsType(value, type_, len(children) == 4, CURRENT.get().between(value, type_))

    is_not_type = is_type

    def cast(self, children: list[Any]) -> ast.Expr:
        value, type_ = children
        return ast.Cast(value, type_, CURRENT.get().between(value, type_))

    # --- reaching into values ---

    def field(self, children: list[Any]) -> ast.Expr:
        value, name = children
        reading = CURRENT.get()
        return ast.Field(value, reading.ident(name), reading.between(value, name))

    def index(self, children: list[Any]) -> ast.Expr:
        value, _, index, close = children
        span = CURRENT.get().between(value, close)
        if isinstance(index, ast.Constant) and isinstance(index.value, str):
            return ast.Field(value, ast.Ident(index.value, index.span), span)
        return ast.Index(value, index, span)

    def slice_end(self, children: list[Any]) -> ast.Expr | None:
        return children[0] if children else None

    def slice_(self, children: list[Any]) -> ast.Expr:
        value, _, low, high, close = children
        return ast.Slice(value, low, high, CURRENT.get().between(value, close))

    # --- calls ---

    def call(self, children: list[Any]) -> ast.Expr:
        callee, _, *arguments, close = children
        span = CURRENT.get().between(callee, close)
        name = self._dotted(callee)
        if name is None or (name.text not in COMBINATORS and suggest.nearest(name.text, COMBINATORS) is None):
            self.refuse_clauses(arguments)
        if name is not None:
            return ast.Call(name, tuple(arguments), span)
        return self._refuse_callee(callee, arguments, span)

    def _dotted(self, callee: ast.Expr) -> ast.Ident | None:
        """Return `a.b.c` as one name; None when the expression is anything else."""
        if isinstance(callee, ast.Name):
            return ast.Ident(callee.text, callee.span)
        # the key of `r['a']` ends before the bracket
        if isinstance(callee, ast.Field) and callee.name.span.end == callee.span.end:
            owner = self._dotted(callee.value)
            return ast.Ident(f"{owner.text}.{callee.name.text}", callee.span) if owner else None
        return None

    def refuse_clauses(self, arguments: Iterable[ast.Argument]) -> None:
        """Report clauses inside the brackets of a call that holds no other calls."""
        for argument in arguments:
            for word, clause in (("within", argument.within), ("undo", argument.undo)):
                if clause is not None:
                    hint = f"write it after the closing bracket: `f(...) {word} ...`"
                    CURRENT.get().problem(clause.span, f"`{word}` belongs after a call, not to an argument", hint)

    def _refuse_callee(self, callee: ast.Expr, arguments: list[ast.Argument], span: Span) -> ast.Expr:
        reading = CURRENT.get()
        if isinstance(callee, ast.Field):
            method = callee.name
            reading.problem(method.span, "values have no methods", f"write `{method.text}(x)` for `x.{method.text}()`")
            return ast.Call(method, (ast.Argument(None, callee.value, False, callee.value.span), *arguments), span)
        reading.problem(callee.span, "only a name can be called", "give the value a name and use that")
        return callee

    def value_argument(self, children: list[Any]) -> ast.Argument:
        value, *clauses = children
        span = CURRENT.get().between(value, children[-1])
        return ast.Argument(None, value, spread=False, span=span, **clause_values(clauses))

    def generator_argument(self, children: list[Any]) -> ast.Argument:
        element = children[0]
        fors = tuple(c for c in children if isinstance(c, ast.For))
        span = CURRENT.get().between(element, fors[-1])
        made = ast.Comprehension(element, fors, generator=True, span=span)
        clauses = [c for c in children if isinstance(c, Clause)]
        return ast.Argument(None, made, spread=False, span=span, **clause_values(clauses))

    def named_argument(self, children: list[Any]) -> ast.Argument:
        name, value, *clauses = children
        reading = CURRENT.get()
        span = reading.between(name, children[-1])
        return ast.Argument(reading.ident(name), value, spread=False, span=span, **clause_values(clauses))

    def branch_clause(self, children: list[Any]) -> Clause:
        word, value = children
        return clause_of(word, value, value)

    def spread_argument(self, children: list[Any]) -> ast.Argument:
        stars, value = children
        return ast.Argument(None, value, spread=True, span=CURRENT.get().between(stars, value))

    # --- atoms ---

    def name(self, children: list[Token]) -> ast.Expr:
        reading = CURRENT.get()
        text, span = str(children[0]), reading.at(children[0])
        if text in FOREIGN:
            word, value = FOREIGN[text]
            reading.suspects[span] = (f"`{text}` is written `{word}`", "", word)
            return ast.Constant(value, span)
        if text in RESERVED and text != "it":
            reading.suspects[span] = (f"`{text}` is a word of the language and has no value", "", "")
        return ast.Name(text, span)

    def number_literal(self, children: list[Token]) -> ast.Expr:
        reading = CURRENT.get()
        return ast.Constant(number_value(reading, children[0]), reading.at(children[0]))

    def duration(self, children: list[Token]) -> ast.Expr:
        reading = CURRENT.get()
        value = duration_value(str(children[0]))
        if value is None:
            reading.problem(reading.at(children[0]), "a duration is whole microseconds, at most 999999999 days")
        return ast.Constant(value, reading.at(children[0]))

    def text(self, children: list[Token]) -> ast.Expr:
        reading = CURRENT.get()
        return ast.Constant(text_value(reading, children[0]), reading.at(children[0]))

    def word_literal(self, children: list[Token]) -> ast.Expr:
        return ast.Constant(_WORDS[children[0].type], CURRENT.get().at(children[0]))

    def group(self, children: list[Any]) -> ast.Expr:
        opening, inner, close = children
        if isinstance(inner, ast.Name | ast.Constant):
            return inner
        widened: ast.Expr = structs.replace(inner, span=CURRENT.get().between(opening, close))
        return widened

    # --- lists and records ---

    def list_(self, children: list[Any]) -> ast.Expr:
        opening, *items, close = children
        return ast.ListExpr(tuple(items), CURRENT.get().between(opening, close))

    def targets(self, children: list[Token]) -> tuple[ast.Ident, ...]:
        return tuple(CURRENT.get().variable(t) for t in children)

    def comprehension_for(self, children: list[Any]) -> ast.For:
        word, targets, _, items, *conditions = children
        span = CURRENT.get().between(word, conditions[-1] if conditions else items)
        return ast.For(targets, items, tuple(conditions), span)

    def list_comprehension(self, children: list[Any]) -> ast.Expr:
        opening, element, *clauses, close = children
        span = CURRENT.get().between(opening, close)
        return ast.Comprehension(element, tuple(clauses), generator=False, span=span)

    def pair(self, children: list[Any]) -> _Pair:
        return _Pair(children[0], children[1] if len(children) == 2 else None)

    def map_comprehension(self, children: list[Any]) -> ast.Expr:
        opening, pair, *clauses, close = children
        reading = CURRENT.get()
        span = reading.between(opening, close)
        if pair.value is None or hasattr(pair.key, "start_pos"):
            reading.problem(span, "a map needs keys and values, as in `{k: v for k, v in items(m)}`", "")
            return ast.RecordExpr((), span)
        return ast.MapComprehension(pair.key, pair.value, tuple(clauses), span)

    def record(self, children: list[Any]) -> ast.Expr:
        reading = CURRENT.get()
        entries: dict[str, ast.Entry] = {}
        for pair in children[1:-1]:
            entry = self._entry(pair)
            if entry is not None and entries.setdefault(entry.name.text, entry) is not entry:
                reading.twice(entry.name, entries[entry.name.text].name.span)
        return ast.RecordExpr(tuple(entries.values()), reading.between(children[0], children[-1]))

    def _entry(self, pair: _Pair) -> ast.Entry | None:
        reading = CURRENT.get()
        if pair.value is None:
            if isinstance(pair.key, ast.Name):
                return ast.Entry(ast.Ident(pair.key.text, pair.key.span), pair.key)
            hint = "give it a name, `{name: value}`; a list is written `[a, b]`"
            reading.problem(reading.at(pair.key), "a record needs a name for each value", hint)
            return None
        key = self._key_of(pair.key)
        if key is None:
            hint = "computed keys make a map: `{k: v for k, v in ...}`"
            reading.problem(reading.at(pair.key), "a record's key is a name or a text", hint)
            return None
        return ast.Entry(key, pair.value)

    def _key_of(self, key: Any) -> ast.Ident | None:
        """Return what was read as an expression (or the word `not`) as the key that it is; None when it is none."""
        reading = CURRENT.get()
        place = reading.at(key)
        foreign = reading.suspects.pop(place, None)
        if hasattr(key, "start_pos"):
            return reading.ident(key)
        if isinstance(key, ast.Name):
            return ast.Ident(key.text, place)
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            return ast.Ident(key.value, place)
        if isinstance(key, ast.Constant) and (key.value is None or isinstance(key.value, bool)):
            word = "null" if key.value is None else str(key.value).lower()
            return ast.Ident("None" if foreign and key.value is None else word.title() if foreign else word, place)
        return None

    # --- f-strings ---

    def f_string(self, children: list[Token]) -> ast.Expr:
        """Split `f"..."` into texts and expressions."""
        (token,) = children
        reading = CURRENT.get()
        parts: list[str | ast.Expr] = []
        at, end = token.start_pos + 2, token.end_pos - 1
        while at < end:
            found = _FORMAT_PART.match(reading.text.content, at, end)
            assert found is not None, "every character fits one alternative"  # noqa: S101 - for the type checker
            at = found.end()
            if found.group() == "{":
                at = self._hole(parts, found.start(), end)
            elif found.group() == "}":
                reading.problem(reading.text.span(at - 1, at), "`}` has no `{`", "a brace as text is written `}}`")
            else:
                written = {"{{": "{", "}}": "}"}.get(found.group(), found.group())
                self._append_text(parts, unescape(reading, written, found.start()))
        return ast.Format(tuple(parts), reading.at(token))

    def _append_text(self, parts: list[str | ast.Expr], text: str) -> None:
        if parts and isinstance(parts[-1], str):
            parts[-1] += text
        else:
            parts.append(text)

    def _hole(self, parts: list[str | ast.Expr], opening: int, end: int) -> int:
        """Read the expression after the brace at `opening`; return where the text goes on."""
        reading = CURRENT.get()
        close = closing_brace(reading.text.content, opening + 1, end)
        if close is None:
            place = reading.text.span(opening, opening + 1)
            if bracket_mistake(reading.text.content[opening + 1 : end]) is None:
                reading.problem(place, "`{` is never closed in this f-string", "a brace as text is written `{{`")
            else:
                hint = "use the other quote inside it"
                reading.problem(reading.text.span(opening, end + 1), "this f-string ends at its own quote", hint)
            return end
        if not reading.text.content[opening + 1 : close].strip():
            reading.problem(reading.text.span(opening, close + 1), "nothing stands between `{` and `}`")
            return close + 1
        inner = self.parse_inner(opening + 1, close)
        if inner is not None:
            parts.append(inner)
        return close + 1


def closing_brace(text: str, start: int, end: int) -> int | None:
    """Return where the `}` is that closes the `{` before `start`, past nested braces and quoted texts; None if none."""
    depth = 0
    for found in _BRACES.finditer(text, start, end):
        if found.group() == "{":
            depth += 1
        elif found.group() == "}":
            if depth == 0:
                return found.start()
            depth -= 1
    return None


# a quote that is never closed takes its line, see `mistakes`
_BRACES = re.compile(r"""[{}]|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?""")
