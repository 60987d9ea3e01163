"""The compiler, as a table of contents: from a module's path to a checked program, or to everything that is wrong.

Pure: text comes through `Sources`, problems go to a `Report`. A phase never stops at the first problem and never
reports a second one that the first has caused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import structs

from cellc.compiler.arrows import as_topology
from cellc.compiler.body import Body
from cellc.compiler.declared import declared_places
from cellc.compiler.echoes import without_echoes
from cellc.compiler.effect_check import check_effects
from cellc.compiler.effects import lower_effect
from cellc.compiler.events import declare_event
from cellc.compiler.fixes import with_fixes
from cellc.compiler.flow_check import check_flow
from cellc.compiler.interface import interface_of
from cellc.compiler.load import load
from cellc.compiler.lower import Declarations, lower
from cellc.compiler.module_check import check_module
from cellc.compiler.python_cells import python_cell
from cellc.compiler.resolve import resolve
from cellc.compiler.saga_check import check_sagas
from cellc.compiler.script import script
from cellc.compiler.secrets import check_secrets
from cellc.compiler.sources import Sources, Unreadable
from cellc.compiler.symbols import Names, World
from cellc.compiler.time_check import check_time
from cellc.compiler.topology import topology
from cellc.compiler.triggers import declare_triggers
from cellc.language import ast
from cellc.language.diagnostics import Diagnostic, Report
from cellc.language.graph import Program
from cellc.language.interface import Interface
from cellc.language.span import Source

__all__ = ["Compiled", "Sources", "Unreadable", "compile_module"]


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of a module: its program, None when something is wrong, and all that was found on the way.

    `notes` say what is right and good to know: where the program checks a value when it runs. `interface` has what is
    declared, used or not; it is empty where there is no program.
    """

    program: Program | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source]
    notes: tuple[Diagnostic, ...] = ()
    interface: Interface = field(default_factory=Interface)


def compile_module(path: str, sources: Sources, handlers: str | None = None) -> Compiled:
    """Compile the module at `path` with everything that it uses; effects are bound as the file at `handlers` says."""
    report = Report()
    loaded = load(path, sources, report, handlers)
    world, names = resolve(loaded, report)
    check_secrets(loaded, names, report)
    bodies = _bodies(world, names)
    events = {name: declare_event(event, names[event.unit.name]) for name, event in world.events.items()}
    effects = {name: lower_effect(effect, events, names[effect.unit.name]) for name, effect in world.effects.items()}
    triggers = {name: declare_triggers(unit, names[name]) for name, unit in loaded.units.items()}
    ceilings = check_effects(bodies, world, names, report)
    check_flow(bodies, effects, world, ceilings, report)
    check_time(loaded, bodies, effects, names)
    check_sagas(bodies, world, names, ceilings)
    check_module(loaded, names, report)
    program, interface = None, Interface()
    if loaded.main is not None and not report.failed:
        declared = Declarations(effects, {n: d.event for n, d in events.items()}, triggers[loaded.main.name])
        program = lower(loaded.main, world, bodies, declared, ceilings, loaded.sources)
        program = structs.replace(program, declared=declared_places(loaded.main, loaded))
        interface = interface_of(loaded.main, loaded, world)
    found = with_fixes(without_echoes(report.diagnostics, loaded), loaded.sources)
    return Compiled(program, found, loaded.sources, report.notes, interface)


def _bodies(world: World, names: Mapping[str, Names]) -> dict[str, Body]:
    bodies: dict[str, Body] = {}
    for name, cell in world.cells.items():
        own = names[cell.unit.name]
        match cell.decl.body:
            case ast.DoBody() as body:
                bodies[name] = script(cell, body, own)
            case ast.TopologyBody() as body:
                bodies[name] = topology(cell, body, own)
            case ast.PipelineBody() as body if not cell.unread:
                bodies[name] = topology(cell, as_topology(cell, body, own), own)
            case ast.PythonBody() as body:
                bodies[name] = python_cell(cell, body, own)
            case _:
                continue
    return bodies
