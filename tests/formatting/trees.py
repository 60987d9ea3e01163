"""Random syntax trees: only those that some text parses to, without places."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cellc.language import ast
from cellc.language.span import Span

NOWHERE = Span("", 0, 0)

VARIABLES = st.sampled_from(["a", "order", "x1", "_t", "fe", "f", "sum"])
WORDS = st.sampled_from(["a", "if", "it", "not", "true", "null", "None", "when", "list", "for", "name"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["it's", '"', "\\", "a # b", "{x}", "}", "${x}", "\u2028", "#"]
)
KEYS = WORDS | st.sampled_from(["a b", "x-y", "größe", "1", "don't"])
DURATIONS = st.integers(0, 10**13).map(lambda n: timedelta(microseconds=n)) | st.sampled_from(
    [timedelta(seconds=90), timedelta(days=2), timedelta(milliseconds=1)]
)
DECIMALS = st.builds(lambda n, e: Decimal(n).scaleb(e), st.integers(0, 10**9), st.integers(-6, 20)).filter(
    lambda d: "E" in str(d) or "." in str(d)
)
INTS = st.integers(0, 10**12)


def ident(name: str) -> ast.Ident:
    return ast.Ident(name, NOWHERE)


NAMES = VARIABLES.map(ident)
COMBINATORS = st.sampled_from(["par", "race", "quorum"]).map(ident)
DOTTED = st.lists(VARIABLES, min_size=1, max_size=3).map(".".join).map(ident)


def tuples(items: SearchStrategy[Any], least: int = 0, most: int = 3) -> SearchStrategy[Any]:
    return st.lists(items, min_size=least, max_size=most).map(tuple)


def unique_by_name(items: SearchStrategy[Any]) -> SearchStrategy[Any]:
    # not `unique_by`, whose retries make Hypothesis write the whole strategy down each time
    return st.lists(items, max_size=3).map(lambda found: tuple({item.name.text: item for item in found}.values()))


# --- types ---

PATTERNS = st.sampled_from([r"[A-Z]{3}", r"a/b", r"\\d#\"'", r"[/]\\", r"(a|b), [c]"])
NUMBERS = INTS | DECIMALS
SIGNED = NUMBERS | NUMBERS.map(lambda n: -n)
BOUNDS = st.tuples(SIGNED.map(Decimal) | st.none(), SIGNED.map(Decimal) | st.none()).filter(any)
LENGTHS = st.tuples(st.none(), st.none()) | st.tuples(st.integers(0, 9), st.integers(0, 99) | st.none())
OPTIONS = (WORDS | TEXTS).map(ident)
SIMPLE_TYPES = st.one_of(
    st.builds(ast.TypeRef, DOTTED | st.just(ident("null")), st.just(NOWHERE)),
    st.builds(lambda n, b: ast.RangedType(n, *b, NOWHERE), DOTTED, BOUNDS),
    st.builds(ast.PatternType, DOTTED, PATTERNS, st.just(NOWHERE), st.just(NOWHERE)),
    st.builds(ast.EnumType, tuples(OPTIONS, 1), st.just(NOWHERE)),
    st.builds(ast.LiteralType, st.booleans() | SIGNED | TEXTS, st.just(NOWHERE)),
)


def _arm(type_: Any) -> Any:
    return _arm(type_.arms[0]) if isinstance(type_, ast.UnionType) else type_


def _atom(type_: Any) -> Any:
    arm = _arm(type_)
    return _atom(arm.inner) if isinstance(arm, ast.OptionalType) else arm


def _composite_types(inner: SearchStrategy[Any]) -> SearchStrategy[Any]:
    atoms, arms = inner.map(_atom), inner.map(_arm)
    fields = st.builds(ast.FieldType, KEYS.map(ident), st.booleans(), inner)
    return st.one_of(
        st.builds(lambda t, n: ast.ListType(t, *n, NOWHERE), inner, LENGTHS),
        st.builds(ast.MapType, inner, st.just(NOWHERE)),
        st.builds(ast.SecretType, inner, st.just(NOWHERE)),
        st.builds(ast.OptionalType, atoms, st.just(NOWHERE)),
        st.builds(ast.UnionType, tuples(arms, 2), st.just(NOWHERE)),
        st.builds(ast.RecordType, unique_by_name(fields), st.just(NOWHERE)),
    )


TYPES = st.recursive(SIMPLE_TYPES, _composite_types, max_leaves=6)
CAST_TYPES = TYPES.map(_arm)

# --- expressions ---

CONSTANTS = st.builds(ast.Constant, st.none() | st.booleans() | NUMBERS | DURATIONS | TEXTS, st.just(NOWHERE))
SIMPLE = st.builds(ast.Name, VARIABLES | st.just("it"), st.just(NOWHERE)) | CONSTANTS
ORDER = st.sampled_from(["<", "<=", ">", ">="])
COMPARED = st.sampled_from(["==", "!=", "in", "not in"])
BINARY = st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "and", "or", "??"])


def _compare(pairs: list[tuple[str, Any]], first: Any) -> ast.Compare:
    return ast.Compare((first, *(e for _, e in pairs)), tuple(op for op, _ in pairs), NOWHERE)  # type: ignore[arg-type]


def _format(parts: list[Any]) -> ast.Format:
    merged: list[Any] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        elif part != "":
            merged.append(part)
    return ast.Format(tuple(merged), NOWHERE)


def _index(value: Any, index: Any) -> Any:
    if isinstance(index, ast.Constant) and isinstance(index.value, str):
        return ast.Field(value, ident(index.value), NOWHERE)
    return ast.Index(value, index, NOWHERE)


def _fors(inner: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return tuples(st.builds(ast.For, tuples(NAMES, 1, 2), inner, tuples(inner, 0, 2), st.just(NOWHERE)), 1, 2)


def calls(inner: SearchStrategy[Any]) -> SearchStrategy[Any]:
    plain = st.builds(ast.Call, DOTTED, tuples(_plain_arguments(inner)), st.just(NOWHERE))
    clauses = {"within": st.none() | inner, "undo": st.none() | plain}
    generators = st.builds(ast.Comprehension, inner, _fors(inner), st.just(True), st.just(NOWHERE))
    positional = st.builds(ast.Argument, st.none(), inner | generators, st.just(False), st.just(NOWHERE))
    branches = st.builds(
        ast.Argument, st.none() | WORDS.map(ident), inner, st.just(False), st.just(NOWHERE), **clauses
    ) | st.builds(ast.Argument, st.none(), generators, st.just(False), st.just(NOWHERE), **clauses)
    return st.one_of(
        st.builds(ast.Call, DOTTED, tuples(positional | _plain_arguments(inner)), st.just(NOWHERE)),
        st.builds(ast.Call, COMBINATORS, tuples(branches | _plain_arguments(inner)), st.just(NOWHERE)),
    )


def _plain_arguments(inner: SearchStrategy[Any]) -> SearchStrategy[Any]:
    spread = st.builds(ast.Argument, st.none(), inner, st.just(True), st.just(NOWHERE))
    return spread | st.builds(ast.Argument, st.none() | WORDS.map(ident), inner, st.just(False), st.just(NOWHERE))


def _compound(inner: SearchStrategy[Any]) -> SearchStrategy[Any]:
    at = st.just(NOWHERE)
    entries = st.builds(ast.Entry, KEYS.map(ident), inner) | VARIABLES.map(
        lambda v: ast.Entry(ident(v), ast.Name(v, NOWHERE))
    )
    return st.one_of(
        st.builds(ast.Field, inner, KEYS.map(ident), at),
        st.builds(_index, inner, inner),
        st.builds(ast.Slice, inner, inner | st.none(), inner | st.none(), at),
        st.builds(ast.Unary, st.sampled_from(["-", "+", "not"]), inner, at),
        st.builds(ast.Binary, BINARY, inner, inner, at, at),
        st.builds(_compare, st.lists(st.tuples(ORDER, inner), min_size=1, max_size=3), inner),
        st.builds(_compare, st.lists(st.tuples(COMPARED, inner), min_size=1, max_size=1), inner),
        st.builds(ast.IsType, inner, TYPES, st.booleans(), at),
        st.builds(ast.Cast, inner, CAST_TYPES, at),
        st.builds(ast.Conditional, inner, inner, inner, at),
        st.builds(ast.ListExpr, tuples(inner), at),
        st.builds(ast.RecordExpr, unique_by_name(entries), at),
        st.builds(ast.Comprehension, inner, _fors(inner), st.just(False), at),
        st.builds(ast.MapComprehension, inner, inner, _fors(inner), at),
        calls(inner),
    )


FORMATS = st.lists(TEXTS | st.recursive(SIMPLE, _compound, max_leaves=4), max_size=4).map(_format)
EXPRESSIONS = st.recursive(SIMPLE | FORMATS, _compound, max_leaves=8)
SMALL = st.recursive(SIMPLE, _compound, max_leaves=2)

# --- flows and statements ---

CALLS = calls(SMALL)
CLAUSES = {"within": st.none() | SMALL, "undo": st.none() | CALLS, "span": st.just(NOWHERE)}
ORDERED = {"when": st.none() | SMALL, "after": st.just(()) | tuples(NAMES, 1)}
RAISED_ARGUMENTS = tuples(_plain_arguments(SMALL))
LINES = st.builds(ast.Flow, SMALL, **ORDERED, **CLAUSES) | st.builds(
    ast.Raise, DOTTED, RAISED_ARGUMENTS, **ORDERED, span=st.just(NOWHERE)
)
FLOWS = st.builds(ast.Flow, SMALL, st.none(), st.just(()), **CLAUSES)
SIMPLE_STATEMENTS = st.one_of(
    st.builds(ast.Assign, NAMES, st.none(), FLOWS, st.just(NOWHERE)),
    st.builds(ast.Assign, NAMES, TYPES, st.none() | FLOWS, st.just(NOWHERE)),
    st.builds(ast.Do, FLOWS, st.just(NOWHERE)),
    st.builds(ast.Raise, DOTTED, RAISED_ARGUMENTS, st.none(), st.just(()), st.just(NOWHERE)),
    st.builds(ast.Return, st.none() | FLOWS, st.just(NOWHERE)),
    st.sampled_from([ast.Pass(NOWHERE), ast.Break(NOWHERE), ast.Continue(NOWHERE), ast.Commit(NOWHERE)]),
)


def _blocks(inner: SearchStrategy[Any]) -> SearchStrategy[Any]:
    at, body = st.just(NOWHERE), tuples(inner, 1)
    cases = st.builds(ast.Case, st.none() | TYPES, body, at, at)
    handlers = st.builds(ast.Handler, tuples(DOTTED, 1), st.none() | NAMES, body, at)
    return st.one_of(
        st.builds(ast.If, tuples(st.builds(ast.Branch, SMALL, body, at), 1), tuples(inner), at),
        st.builds(ast.ForLoop, tuples(NAMES, 1, 2), SMALL, body, at),
        st.builds(ast.While, SMALL, body, at),
        st.builds(ast.Match, SMALL, tuples(cases, 1), at),
        st.builds(ast.Try, body, tuples(handlers, 1), at),
    )


STATEMENTS = st.recursive(SIMPLE_STATEMENTS, _blocks, max_leaves=5)
SCRIPTS = tuples(STATEMENTS, 1)


def bare(node: Any) -> Any:
    """Return a tree without its places; numbers with their kind and their digits."""
    if isinstance(node, tuple):
        return tuple(bare(item) for item in node)
    if isinstance(node, Decimal | bool | int):
        return (type(node).__name__, str(node))
    if not isinstance(node, ast.Syntax):
        return node
    parts = (getattr(node, name) for name in node.__struct_fields__)
    return (type(node).__name__, *(bare(part) for part in parts if not isinstance(part, Span)))
