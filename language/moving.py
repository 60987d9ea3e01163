"""How runs of one version of a program go on under another: where each place of OLD is in NEW, and what is to be true.

Plain data between the proof, which writes it, people, who may add to it in a plan, and the runtime, which moves runs
by it. What the runtime can see for itself of a run (the values of its bindings, its open calls, what it would undo) it
checks again, so nothing here lets a run go where its data does not fit.
"""

from typing import Literal, TypeAlias

import msgspec

from cellc.language.graph import Ir

Verdict: TypeAlias = Literal["carry", "map", "default", "pin", "refused"]
"""Whether a run that stands at a place goes on in NEW.

carry: yes; map, default: it needs a place, or a value, that people have to give; pin: it could, and is not to; refused.
"""

NodeState: TypeAlias = Literal["waiting", "open", "done", "skipped"]
"""Of a topology's node: not begun, in flight or faulted, settled with a value, settled without."""


Wait: TypeAlias = Literal["keep", "restart"]
"""Whether due times stay, or a timer or deadline that is open begins again as NEW says, and a retry is made at once."""

Stay: TypeAlias = Literal["pin", "cancel"]
"""What becomes of a run that is not moved: it goes on as it is, or is taken back."""


class PlaceMove(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place of OLD. `to` is the place in NEW, None where it has none.

    In a `do` cell the verdict is about a frame that stands here: its call is in flight, or its evaluation failed;
    `needs` are the bindings of NEW that have to be there then (None: all that are live). In a topology it is about a
    node that is open. `given` are new bindings, as expressions over those of OLD. `shown` is the shortest run that
    shows a no: places of OLD up to this one, then, after "->", those of NEW.
    """

    to: str | None
    verdict: Verdict = "carry"
    reason: str = ""
    needs: list[str] | None = None
    given: dict[str, Ir] = {}
    wait: Wait = "keep"
    stay: Stay | None = None
    shown: list[str] = []


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """A topology is refused while its node `place` of OLD is in one of `states`."""

    place: str
    states: list[NodeState]
    reason: str


class CellMove(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A cell of OLD. `to` is the cell in NEW; None: no run that has it open is moved, for the `reason`.

    `given` are new inputs of a topology, as expressions over its inputs in OLD. `stay` is for runs that stay in it,
    where their place does not say otherwise.
    """

    to: str | None
    reason: str = ""
    places: dict[str, PlaceMove] = {}
    refused_if: list[Condition] = []
    given: dict[str, Ir] = {}
    stay: Stay | None = None


class Moving(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From the program with the hash `old` to the one with the hash `new`, by the cells of OLD."""

    old: str
    new: str
    cells: dict[str, CellMove]
    stay: Stay = "pin"

    def stay_at(self, cell: str, place: str) -> Stay:
        """Return what becomes of a run that stays for what is at a place of a cell ("": of the cell as a whole)."""
        move = self.cells.get(cell)
        said = None if move is None else move.places.get(place)
        return (said and said.stay) or (move and move.stay) or self.stay
