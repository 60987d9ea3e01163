"""What the runs of a program may touch: its effects, what performs them, where that goes, and code that it names."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from cellc.language.graph import Effect, Ir, Program
from cellc.line_cells import safe

TARGETS: Mapping[str, str] = {
    "file": "path",
    "http": "url",
    "mail": "to",
    "process": "command",
    "python": "function",
    "sql": "database",
}
"""Which input of the effects of a standard module says where they go."""

Touched: TypeAlias = dict[str, Any]
"""What is told of one effect: see `touched`."""

_HIDDEN = "${...}"


def touched(program: Program) -> tuple[list[Touched], list[str]]:
    """Return what runs may touch, one entry for each effect in the order of their names, and the code of their cells.

    An entry has `effect`, `performed_by` (a standard effect, or null), `delivery`, `targets` (what stands in the text
    of the program, with `${env.NAME}` for a variable and `${...}` for what only a run knows), `env` and `secrets`.
    """
    calls = [*_calls(msgspec.to_builtins(program.cells))]
    performed = {node.id for node in program.calls.nodes if node.kind == "effect"}
    performed |= {probe for name in performed if (probe := program.effects[name].probe) is not None}
    code = {cell.graph.python for cell in program.cells.values() if cell.graph.python}
    return [_entry(program.effects[name], calls) for name in sorted(performed)], sorted(code)


def as_text(files: Mapping[str, Program]) -> Iterator[str]:
    """Yield a block for each program, for people."""
    for file, program in files.items():
        effects, code = touched(program)
        rows = [_row(entry, program) for entry in effects]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        lines += [f"code {safe(name)}" for name in code]
        yield "\n  ".join((safe(file), *(lines or ["nothing"])))


def as_json(files: Mapping[str, Program]) -> str:
    """Return all of it for tools."""
    found = ((file, program, *touched(program)) for file, program in files.items())
    told = [{"file": f, "module": p.module, "effects": effects, "code": code} for f, p, effects, code in found]
    return json.dumps(told, ensure_ascii=False, indent=2)


def _entry(effect: Effect, calls: Sequence[Mapping[str, Any]]) -> Touched:
    binding = effect.binding
    return {
        "effect": effect.name,
        "performed_by": None if binding is None else binding.handler,
        "delivery": effect.delivery,
        "targets": _targets(effect, calls),
        "env": [] if binding is None else list(binding.env),
        "secrets": [] if binding is None else list(binding.secrets),
    }


def _targets(effect: Effect, calls: Sequence[Mapping[str, Any]]) -> list[str]:
    binding = effect.binding
    field = None if binding is None else TARGETS.get(binding.handler.partition(".")[0])
    if binding is None or field is None:
        return []
    if binding.config is not None:
        return [_shown(dict(binding.config[1]).get(field))]
    given = [call["args"].get(field) for call in calls if call["callee"] == effect.name]
    return sorted({_shown(ir) for ir in given} or {_HIDDEN})


def _calls(data: Any) -> Iterator[Mapping[str, Any]]:
    """Yield what calls something: places, branches, items and undos."""
    if isinstance(data, dict):
        if "callee" in data and "args" in data:
            yield data
        for part in data.values():
            yield from _calls(part)
    elif isinstance(data, list):
        for part in data:
            yield from _calls(part)


def _shown(ir: Ir | None) -> str:
    """Return an expression as far as the program's text says what it gives."""
    match ir:
        case ["lit", str() as text]:
            return text
        case ["format", list() as parts]:
            return "".join(map(_shown, parts))
        case ["list", list() as items]:
            return " ".join(map(_shown, items))
        case ["field", ["var", "env" | "secret" as where], str() as name]:
            return f"${{{where}.{name}}}"
        case ["project" | "check", inner, _]:
            return _shown(inner)
        case _:
            return _HIDDEN


def _row(entry: Touched, program: Program) -> tuple[str, str, str, str]:
    needs = [
        f"{kind} {', '.join(entry[field])}" for kind, field in (("env", "env"), ("secret", "secrets")) if entry[field]
    ]
    own = entry["effect"].removeprefix(f"{program.module}.")
    return own, entry["performed_by"] or "no handler", safe(", ".join(entry["targets"])), "; ".join(needs)
