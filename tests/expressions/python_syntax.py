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
    return _ir(ast.parse(text, mode="eval").body)


def _ir(node: Any) -> Ir:  # noqa: C901, PLR0911, PLR0912 -- one arm for each form of expression
    match node:
        case ast.Constant(value):
            return ["lit", value]
        case ast.Name(name):
            return ["lit", _WORDS[name]] if name in _WORDS else ["var", name]
        case ast.BinOp(left, op, right):
            return [_BINARY[type(op)], _ir(left), _ir(right)]
        case ast.UnaryOp(op, operand):
            return [_UNARY[type(op)], _ir(operand)]
        case ast.BoolOp(op, [left, *more]):
            result = _ir(left)
            for right in more:
                result = ["and" if isinstance(op, ast.And) else "or", result, _ir(right)]
            return result
        case ast.Compare(left, ops, others):
            chain = [_ir(left)]
            for op, other in zip(ops, others, strict=True):
                chain += [_COMPARE[type(op)], _ir(other)]
            return ["cmp", chain]
        case ast.IfExp(test, body, orelse):
            return ["if", _ir(test), _ir(body), _ir(orelse)]
        case ast.List(items):
            return ["list", [_ir(item) for item in items]]
        case ast.Dict(keys, values):
            names = [key.id if isinstance(key, ast.Name) else key.value for key in keys]
            return ["record", [[name, _ir(value)] for name, value in zip(names, values, strict=True)]]
        case ast.Subscript(value, ast.Slice(low, high)):
            return ["slice", _ir(value), low and _ir(low), high and _ir(high)]
        case ast.Subscript(value, index):
            return ["index", _ir(value), _ir(index)]
        case ast.Attribute(value, name):
            return ["field", _ir(value), name]
        case ast.ListComp(element, clauses) | ast.GeneratorExp(element, clauses):
            return ["comp", _ir(element), [_clause(clause) for clause in clauses]]
        case ast.DictComp(key, value, clauses):
            return ["mapcomp", _ir(key), _ir(value), [_clause(clause) for clause in clauses]]
        case ast.Call(ast.Name(name), arguments, keywords):
            return ["call", name, [_ir(a) for a in arguments], {str(k.arg): _ir(k.value) for k in keywords}]
        case _:
            raise ValueError(ast.dump(node))


def _clause(clause: ast.comprehension) -> list[Any]:
    targets = clause.target.elts if isinstance(clause.target, ast.Tuple) else [clause.target]
    return [[t.id for t in targets if isinstance(t, ast.Name)], _ir(clause.iter), [_ir(c) for c in clause.ifs]]
