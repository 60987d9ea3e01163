"""Whether runs of a program can be performed here: what is missing is told before anything begins."""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec

from cellc.exits import NOWHERE, Refused, problem
from cellc.language.diagnostics import Diagnostic
from cellc.language.graph import Binding, Ir, Program
from cellc.language.span import Source, Span
from cellc.running import World
from cellc.runtime.environment import MISSING_CODES, Environment, Missing, missing, reached
from cellc.runtime.python.cells import unusable
from cellc.runtime.unperformed import Unperformed, unperformed
from cellc.stdlib_effects.declared import PACKAGES, POSTGRES


def refuse_unready(program: Program, cell: str, world: World, sources: Mapping[str, Source]) -> None:
    """Check that this version and this process can perform runs of `cell`. Raises Refused with all that they lack."""
    undone = unperformed(program, cell)
    if undone:
        raise Refused([_not_done(lack, program) for lack in undone], sources)
    lacks = [*missing(program, cell, world.handlers, world.environment), *unusable(program, cell)]
    told = [*(_told(lack, program) for lack in lacks), *_not_installed(program, cell, world.environment)]
    if told:
        raise Refused(told, sources)


def _not_done(lack: Unperformed, program: Program) -> Diagnostic:
    """Name what this version does not perform, at the first call that comes to it."""
    name = lack.name.removeprefix(f"{program.module}.")
    (told,) = problem("E823", _first_call(lack.name, program), name=name, what=lack.what)
    return told


def _not_installed(program: Program, cell: str, environment: Environment) -> Iterator[Diagnostic]:
    """Name the packages that effects need and that are not installed, at the first call of each effect."""
    for name in sorted(reached(program, cell) & program.effects.keys()):
        binding = program.effects[name].binding
        extra = "" if binding is None else _extra(binding, environment)
        package = PACKAGES.get(extra)
        if package is not None and find_spec(package) is None:
            short = name.removeprefix(f"{program.module}.")
            near = f"install it: pip install 'cellc[{extra}]'"
            yield from problem("E887", _first_call(name, program), name=short, package=package, near=near)


def _extra(binding: Binding, environment: Environment) -> str:
    """Return the extra that a binding's handler comes with, as far as that can be known before a run."""
    module = binding.handler.partition(".")[0]
    if module != "sql" or binding.config is None:
        return module
    database = dict(binding.config[1]).get("database")
    return "postgres" if _beginning(database, environment).startswith(POSTGRES) else ""


def _beginning(ir: Ir | None, environment: Environment) -> str:
    """Return how the text begins that an expression of a binding gives; nothing where only a run knows."""
    match ir:
        case ["lit", str() as text]:
            return text
        case ["format", [first, *_]]:
            return _beginning(first, environment)
        case ["field", ["var", "env"], str() as name]:
            return environment.variable(name) or ""
        case ["field", ["var", "secret"], str() as name]:
            return environment.secret(name) or ""
        case _:
            return ""


def _first_call(name: str, program: Program) -> Span:
    call = next((edge for edge in program.calls.edges if edge.target == name), None)
    file, start, end, _ = program.spans[call.source][call.binding or ""] if call else ("", 0, 0, 0)
    return Span(file, start, end)


def _told(lack: Missing, program: Program) -> Diagnostic:
    """Name what is missing at the first call that needs it, or where the code is named."""
    effect = lack.effect.removeprefix(f"{program.module}.")
    span = _target(lack.effect, program) if lack.effect in program.cells else _first_call(lack.effect, program)
    (told,) = problem(MISSING_CODES[lack.kind], span, effect=effect, name=lack.name, why=lack.why)
    return told


def _target(cell: str, program: Program) -> Span:
    """Return where a cell names its code."""
    return next((Span(file, start, end) for file, start, end, _ in program.spans[cell].values()), NOWHERE)
