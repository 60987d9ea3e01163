"""The plan that two versions ask for, as text: every open question stands in it as a comment, to be answered."""

from collections.abc import Iterator

from cellc.compiler.compat.version import Asking
from cellc.language.graph import AnyPlace, Program
from cellc.language.moving import CellMove, Moving
from cellc.language.type_codec import from_data
from cellc.language.type_text import show


def plan_text(old: Program, new: Program, moving: Moving) -> str:
    """Return the text of a plan that says nothing yet. What it may say is in comments."""
    head = [
        f"# How runs of {old.module} {old.version} go on in {new.version}: see docs/migrate.md, The plan.",
        "# Questions stand as comments. Nothing is assumed: take the `#` away where the answer is right.",
        "plan: 1",
        f'old: "{old.sha256}"',
        f'new: "{new.sha256}"',
        "stay: pin # what becomes of runs that cannot be moved; or `cancel`: they are taken back",
        "cells:",
    ]
    cells = [line for name, move in moving.cells.items() for line in _cell(old, new, name, move)]
    return "".join(f"{line}\n" for line in [*head, *(cells or ["  # nothing is asked of any cell"])])


def _cell(old: Program, new: Program, name: str, move: CellMove) -> Iterator[str]:
    if move.to is None:
        yield f"  # {_local(old, name)}: {move.reason}"
        return
    there, here = ({place.id: place for place in program.cells[name].nodes} for program in (old, new))
    waits = [place for place in there.values() if isinstance(place, Asking)]
    needs = {need: text for place in reversed(waits) for need, text in _needs(place, here, move)}
    lost = [place for place in waits if move.places[place.id].to is None]
    if not lost and not needs:
        return
    yield f"  {_local(old, name)}:"
    if lost:
        taken = {place.to for place in move.places.values()}
        free = sorted(place.id for place in here.values() if isinstance(place, Asking) and place.id not in taken)
        yield "    places:"
        for place in lost:
            yield f"      # {move.places[place.id].reason}"
            yield f"      # {place.id}: {{to: {' or '.join(free) or 'a place of NEW'}}}"
    if needs:
        yield "    given:"
        for need, text in needs.items():
            yield f"      # {text}"
            yield f"      # {need}: an expression"


def _needs(place: AnyPlace, here: dict[str, AnyPlace], move: CellMove) -> Iterator[tuple[str, str]]:
    """Yield what runs that stand at a place lack in NEW, with what is asked."""
    found = move.places[place.id]
    other = here.get(found.to or "")
    if other is None:
        return
    taken = {move.to for move in move.places.values()}
    coming = {getattr(each, "target", None) for each in here.values() if each.id not in taken}
    for need in sorted(other.live):
        misfits = found.verdict == "default" and f"`{need}`" in found.reason
        if need not in found.given and need not in coming and (need not in place.types or misfits):
            type_ = f", a {show(from_data(other.types[need]))}" if need in other.types else ""
            why = "has no value" if need not in place.types else "may not fit"
            known = ", ".join(f"`{name}`" for name in place.types) or "nothing"
            yield need, f"`{need}`{type_}, {why} in runs that stand at `{place.id}`; known there: {known}"


def _local(program: Program, name: str) -> str:
    return name.removeprefix(f"{program.module}.")
