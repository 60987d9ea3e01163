"""Whether a run that has done a step in OLD may have to undo just what one that did it in NEW may have to."""

from collections.abc import Iterator

from cellc.compiler.compat.calls import Both
from cellc.compiler.compat.version import Dropping, Held, Holder
from cellc.language.graph import AnyPlace
from cellc.language.moving import Verdict


def hands_the_same(both: Both, cell: str, place: AnyPlace, at: str | None = None) -> Iterator[tuple[Verdict, str]]:
    """Tell how the undos of a completed step differ, a step of a script as they are when its cell has come to `at`.

    Refused: one that the run holds could not be done.
    """
    to = both.pairs[cell].to.get(place.id)
    old = both.old.holds(cell, place, [at] if at else [])
    new: dict[Holder, Held] = {}
    if to is not None:
        new = both.new.holds(cell, both.new.places[cell][to], [both.pairs[cell].to[at]] if at else [])
    elif old:
        yield "refused", f"`{place.id}` may have to be undone, and has no place here any more"
    for holder, held in old.items():
        there = _moved(both, holder)
        undo = held.undo
        if there is None:
            yield "refused", f"`{holder.place}` may have to be undone, and has no place here any more"
        elif not both.can_undo(undo):
            yield (
                "refused",
                f"`{holder.place}` may have to be undone by `{undo.callee}`, which cannot be asked so any more",
            )
        elif to is not None and (there not in new or new[there].undo.callee != undo.callee):
            yield "pin", f"`{holder.place}` may have to be undone by `{undo.callee}`, and is not undone so here"
        elif there in new and {_moved_drop(both, each) for each in held.dropped} != new[there].dropped:
            yield "pin", f"what undoes `{holder.place}` is dropped by a `commit` there or here, and not in both"
    known = {_moved(both, holder) for holder in old}
    for holder in new:
        if holder not in known:
            yield "pin", f"`{holder.place}` is done, and would not be undone as it is here"


def _moved(both: Both, holder: Holder) -> Holder | None:
    """Return where an undo of OLD is written in NEW."""
    if not holder.place:  # of Python: the code's own
        return holder if holder.cell in both.new.places else None
    to = both.pairs[holder.cell].to.get(holder.place) if holder.cell in both.pairs else None
    return Holder(holder.cell, to, holder.part) if to is not None else None


def _moved_drop(both: Both, drop: Dropping) -> Dropping | None:
    to = both.pairs[drop.cell].to.get(drop.place) if drop.cell in both.pairs else None
    return Dropping(drop.cell, to, drop.always) if to is not None else None
