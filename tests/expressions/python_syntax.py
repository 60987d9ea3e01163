"""Reads expressions that Python and the Cell language write alike into Ir, so that tests need no parser of ours."""

import ast
from typing import Any

from cellc.language.graph import Ir

_BINARY = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
}
_COMPARE = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_UNARY = {ast.USub: "neg", ast.UAdd: "pos", ast.Not: "not"}
_WORDS = {"true": True, "false": False, "null": None}


def ir(text: str) -> Ir:
    """Return the Ir of an expression; `{a: 1}` is a record, `{"a": 1}` a map, and both are dicts."""
    return _Translator().translate(ast.parse(text, mode="eval").body)


class _Translator:
    """Renames comprehension variables `name#n`, as the compiler does."""

    def __init__(self) -> None:
        self._renamed: dict[str, str] = {}
        self._count = 0

    def translate(self, node: Any) -> Ir:  # noqa: C901, PLR0911, PLR0912 -- one arm for each form of expression
        to = self.translate
        match node:
            case ast.Constant(value):
                return ["lit", value]
            case ast.Name(name):
                return ["lit", _WORDS[name]] if name in _WORDS else ["var", self._renamed.get(name, name)]
            case ast.BinOp(left, op, right):
                return [_BINARY[type(op)], to(left), to(right)]
            case ast.UnaryOp(op, operand):
                return [_UNARY[type(op)], to(operand)]
            case ast.BoolOp(op, [left, *more]):
                result = to(left)
                for right in more:
                    result = ["and" if isinstance(op, ast.And) else "or", result, to(right)]
                return result
            case ast.Compare(left, ops, others):
                chain = [to(left)]
                for op, other in zip(ops, others, strict=True):
                    chain += [_COMPARE[type(op)], to(other)]
                return ["cmp", chain]
            case ast.IfExp(test, body, orelse):
                return ["if", to(test), to(body), to(orelse)]
            case ast.List(items):
                return ["list", [to(item) for item in items]]
            case ast.Dict(keys, values):
                names = [key.id if isinstance(key, ast.Name) else key.value for key in keys]
                return ["record", [[name, to(value)] for name, value in zip(names, values, strict=True)]]
            case ast.Subscript(value, ast.Slice(low, high)):
                return ["slice", to(value), low and to(low), high and to(high)]
            case ast.Subscript(value, index):
                return ["index", to(value), to(index)]
            case ast.Attribute(value, name):
                return ["field", to(value), name]
            case ast.ListComp(element, clauses) | ast.GeneratorExp(element, clauses):
                return self._comprehension("comp", [element], clauses)
            case ast.DictComp(key, value, clauses):
                return self._comprehension("mapcomp", [key, value], clauses)
            case ast.Call(ast.Name(name), arguments, keywords):
                return ["call", name, [to(a) for a in arguments], {str(k.arg): to(k.value) for k in keywords}]
            case _:
                raise ValueError(ast.dump(node))

    def _comprehension(self, op: str, parts: list[ast.expr], clauses: list[ast.comprehension]) -> Ir:
        outside = dict(self._renamed)
        translated = [self._clause(clause) for clause in clauses]
        result = [op, *(self.translate(part) for part in parts), translated]
        self._renamed = outside
        return result

    def _clause(self, clause: ast.comprehension) -> list[Any]:
        items = self.translate(clause.iter)
        targets = clause.target.elts if isinstance(clause.target, ast.Tuple) else [clause.target]
        for target in targets:
            self._count += 1
            self._renamed[target.id] = f"{target.id}#{self._count}"
        return [[self._renamed[t.id] for t in targets], items, [self.translate(c) for c in clause.ifs]]
