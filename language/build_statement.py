"""Builds flows and statements from what `grammar/topology.lark` and `grammar/script.lark` match."""

# ruff: noqa: D102 - a method builds what the grammar's rule of its name matches; the grammar files document them

from dataclasses import dataclass
from typing import Any

from cellc.language import ast
from cellc.language.build_expression import Clause, ExpressionBuilder, clause_of, clause_values
from cellc.language.reading import CURRENT, Token
from cellc.language.span import Span


@dataclass(frozen=True, slots=True)
class _Block:
    statements: tuple[ast.Statement, ...]
    span: Span


class StatementBuilder(ExpressionBuilder):
    """The rules of flows and scripts, on top of those of expressions."""

    # --- flows ---

    def clause(self, children: list[Any]) -> Clause:
        word, value = children
        reading = CURRENT.get()
        last = value[-1] if isinstance(value, tuple) else value
        if reading.script and word.type in {"WHEN", "AFTER"}:
            hint = "use `if`" if word.type == "WHEN" else "statements run one after another anyway"
            reading.problem(reading.at(word), f"`{word}` belongs to topologies, not to scripts", hint)
        return clause_of(word, value, last)

    def flow(self, children: list[Any]) -> ast.Flow:
        value, *clauses = children
        found = clause_values(clauses)
        return ast.Flow(
            value,
            when=found.get("when"),
            after=found.get("after", ()),
            within=found.get("within"),
            undo=found.get("undo"),
            span=CURRENT.get().between(value, children[-1]),
        )

    def raise_(self, children: list[Any]) -> ast.Raise:
        word, error, *rest = children
        arguments = tuple(c for c in rest if isinstance(c, ast.Argument))
        clauses = [c for c in rest if isinstance(c, Clause)]
        for clause in clauses:
            if clause.word.text in {"within", "undo"}:
                CURRENT.get().problem(clause.span, f"`{clause.word.text}` belongs to a call, not to `raise`")
        self.refuse_clauses(arguments)
        found = clause_values(clauses)
        span = CURRENT.get().between(word, children[-1])
        return ast.Raise(error, arguments, found.get("when"), found.get("after", ()), span)

    def pipeline(self, children: list[ast.Ident]) -> tuple[ast.Ident, ...]:
        return tuple(children)

    # --- simple statements ---

    def do(self, children: list[Any]) -> ast.Do:
        return ast.Do(children[0], children[0].span)

    def assign(self, children: list[Any]) -> ast.Assign:
        target, flow = children
        reading = CURRENT.get()
        return ast.Assign(reading.variable(target), None, flow, reading.between(target, flow))

    def declare(self, children: list[Any]) -> ast.Assign:
        target, type_ = children
        reading = CURRENT.get()
        return ast.Assign(reading.variable(target), type_, None, reading.between(target, type_))

    def assign_typed(self, children: list[Any]) -> ast.Assign:
        target, type_, flow = children
        reading = CURRENT.get()
        return ast.Assign(reading.variable(target), type_, flow, reading.between(target, flow))

    def return_(self, children: list[Any]) -> ast.Return:
        flow = children[1] if len(children) == 2 else None
        return ast.Return(flow, CURRENT.get().between(children[0], children[-1]))

    def pass_(self, children: list[Token]) -> ast.Pass:
        return ast.Pass(CURRENT.get().at(children[0]))

    def break_(self, children: list[Token]) -> ast.Break:
        return ast.Break(CURRENT.get().at(children[0]))

    def continue_(self, children: list[Token]) -> ast.Continue:
        return ast.Continue(CURRENT.get().at(children[0]))

    def commit_(self, children: list[Token]) -> ast.Commit:
        return ast.Commit(CURRENT.get().at(children[0]))

    # --- blocks ---

    def script(self, children: list[ast.Statement]) -> tuple[ast.Statement, ...]:
        return tuple(children)

    def block(self, children: list[ast.Statement]) -> _Block:
        return _Block(tuple(children), CURRENT.get().between(children[0], children[-1]))

    def if_(self, children: list[Any]) -> ast.If:
        reading = CURRENT.get()
        branches: list[ast.Branch] = []
        otherwise: tuple[ast.Statement, ...] = ()
        parts = iter(children)
        for word in parts:
            if word.type == "ELSE":
                otherwise = next(parts).statements
            else:
                test, block = next(parts), next(parts)
                branches.append(ast.Branch(test, block.statements, reading.between(word, block)))
        return ast.If(tuple(branches), otherwise, reading.between(children[0], children[-1]))

    def for_(self, children: list[Any]) -> ast.ForLoop:
        word, targets, _, items, block = children
        return ast.ForLoop(targets, items, block.statements, CURRENT.get().between(word, block))

    def while_(self, children: list[Any]) -> ast.While:
        word, test, block = children
        return ast.While(test, block.statements, CURRENT.get().between(word, block))

    def match_(self, children: list[Any]) -> ast.Match:
        word, value, *cases = children
        return ast.Match(value, tuple(cases), CURRENT.get().between(word, cases[-1]))

    def case(self, children: list[Any]) -> ast.Case:
        word, type_, block = children
        reading = CURRENT.get()
        anything = isinstance(type_, ast.TypeRef) and type_.name.text == "_"
        return ast.Case(None if anything else type_, block.statements, type_.span, reading.between(word, block))

    def try_(self, children: list[Any]) -> ast.Try:
        word, block, *handlers = children
        return ast.Try(block.statements, tuple(handlers), CURRENT.get().between(word, handlers[-1]))

    def names(self, children: list[ast.Ident]) -> tuple[ast.Ident, ...]:
        return tuple(children)

    def handler(self, children: list[Any]) -> ast.Handler:
        word, errors, block = children
        return ast.Handler(errors, None, block.statements, CURRENT.get().between(word, block))

    def handler_bound(self, children: list[Any]) -> ast.Handler:
        word, errors, binding, block = children
        reading = CURRENT.get()
        return ast.Handler(errors, reading.variable(binding), block.statements, reading.between(word, block))
