"""Time: waits that nothing ends, and deadlines that are over before what they bound can be.

A wait for an event or a person may last for ever. It is bounded by a `within` on its call, or on a call that leads to
it, and by a `race` or the `wait` of a quorum. Only what a run of this module can reach without any of these is
reported: a cell that is called with a deadline may wait as it likes.

Limits need no check of their own: a place among the `concurrency` of an effect is held by calls in flight only, and an
effect calls nothing, so a run cannot wait for a place that it holds itself.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from cellc.compiler.body import Body
from cellc.compiler.load import Loaded, Unit, walk
from cellc.compiler.policies import MILLISECOND
from cellc.compiler.symbols import CellSymbol, EffectSymbol, Names
from cellc.language import ast
from cellc.language.diagnostics import Label
from cellc.language.graph import AnyPlace, Call, Each, Effect, Fork, Retry, While
from cellc.language.text_forms import write_duration

NEVER = {"event": "`{effect}` never comes", "task": "nobody answers `{effect}`"}
"""What an endless wait waits for, by the kind of wait."""

DEADLINE = "give it a deadline, `within 3d` after the call"


def check_time(
    loaded: Loaded, bodies: Mapping[str, Body], effects: Mapping[str, Effect], names: Mapping[str, Names]
) -> None:
    """Check deadlines everywhere, and the waits that runs of the main module can reach."""
    for unit in loaded.units.values():
        for node in walk(unit.tree.cells):
            if isinstance(node, ast.Flow | ast.Argument):
                _check_deadline(node, effects, names[unit.name])
    if loaded.main is not None:
        waits = _Waits(bodies, effects, names)
        for cell in _entries(loaded.main, bodies):
            waits.visit(cell)


# --- deadlines -------------------------------------------------------------------------------------------------------


def _check_deadline(node: ast.Flow | ast.Argument, effects: Mapping[str, Effect], names: Names) -> None:
    within = node.within.value if isinstance(node.within, ast.Constant) else None
    call = node.value.element if isinstance(node.value, ast.Comprehension) else node.value
    if not isinstance(within, timedelta) or node.within is None or not isinstance(call, ast.Call):
        return
    if within <= timedelta():  # reported as no time at all
        return
    callee = names.peek(call.callee.text)
    if not isinstance(callee, EffectSymbol):
        return
    for why, label in _too_long(callee.decl, effects[callee.name].retry, within):
        names.report.add("W512", node.within.span, labels=(label,), effect=names.shown(callee.name), why=why)
        return


def _too_long(effect: ast.EffectDecl, retry: Retry, within: timedelta) -> Iterator[tuple[str, Label]]:
    """Yield what an effect says of its own time that does not fit into `within`, and where."""
    if effect.timeout is not None and effect.timeout.value > within:
        time = write_duration(effect.timeout.value)
        yield f"one attempt may take {time}", Label(effect.timeout.span, f"its `timeout` is {time}")
    if effect.retry is not None:
        pauses = _pauses(retry, within)
        if pauses >= within:
            last = f"its {retry.attempts} attempts do not fit, even if none of them took any time"
            yield last, Label(effect.retry.span, "it is retried like this")


def _pauses(retry: Retry, enough: timedelta) -> timedelta:
    """Return how long the pauses between all attempts take at least; not more than is `enough`."""
    whole = timedelta()
    for n in range(retry.attempts - 1):
        if whole >= enough:
            break
        pause = min(retry.delay * retry.factor**n, retry.max_delay) * (1 - retry.jitter)
        whole += pause * MILLISECOND
    return whole


# --- waits -----------------------------------------------------------------------------------------------------------


def _entries(unit: Unit, bodies: Mapping[str, Body]) -> list[str]:
    """Return the cells that runs of a module begin with: its `main`, those of triggers, and those nobody calls."""
    called = {s.callee.name for b in bodies.values() for s in b.sites if isinstance(s.callee, CellSymbol)}
    named = [ident.text for ident in (unit.tree.main, *(t.run for t in unit.tree.triggers)) if ident is not None]
    own = [f"{unit.name}.{cell.name.text}" for cell in unit.tree.cells]
    return [name for name in own if name in bodies and (name not in called or name.rpartition(".")[2] in named)]


class _Waits:
    """Reports each endless wait once, from whichever cell it is reached."""

    def __init__(self, bodies: Mapping[str, Body], effects: Mapping[str, Effect], names: Mapping[str, Names]) -> None:
        self._parts = {part.cell.name: part for body in bodies.values() for part in (body, *body.blocks)}
        self._blocks = {part.cell.name for body in bodies.values() for part in body.blocks}
        self._effects = effects
        self._names = names
        self._seen: set[str] = set()

    def visit(self, cell: str) -> None:
        """Report the waits in a cell, and in those that it calls without a deadline."""
        if cell in self._seen:
            return
        self._seen.add(cell)
        for place in self._parts[cell].places.nodes.values():
            if isinstance(place, While) and place.test == ["lit", True] and cell in self._blocks:
                self._rounds(cell, place)
            for callee in _without_deadline(place):
                if callee in self._parts:
                    self.visit(callee)
                else:
                    self._wait(cell, place, callee)

    def _rounds(self, cell: str, place: While) -> None:
        part, node = self._parts[cell], cell.removesuffix("/loop").rpartition("/")[2]
        help_ = f"{DEADLINE}, or a number of rounds, `max: 20`"
        report = self._names[part.cell.unit.name].report
        report.add("W510", part.places.spans[place.id], what=f"`{node}`", never="this never comes true", help=help_)

    def _wait(self, cell: str, place: AnyPlace, callee: str) -> None:
        effect, part = self._effects.get(callee), self._parts[cell]
        if effect is None or effect.wait not in NEVER:
            return
        names = self._names[part.cell.unit.name]
        never = NEVER[effect.wait].format(effect=names.shown(callee))
        for site in part.sites:
            if site.place == place.id and site.callee.name == callee and not site.undo:
                names.report.add("W510", site.span, what="this wait", never=never, help=DEADLINE)


def _without_deadline(place: AnyPlace) -> list[str]:
    """Return whom a place calls and waits for however long it takes."""
    match place:
        case Call(within=None, callee=callee) | Each(within=None, item_within=None, wait=None, callee=callee):
            return [callee]
        case Fork(within=None, mode="par", branches=branches):
            return [branch.callee for branch in branches if branch.within is None]
        case _:
            return []
