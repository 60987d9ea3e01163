"""Code that is a class: each step is made by a new object, which is given the state that the last one gave.

So nothing is replayed, and what a crash would lose is not there to begin with.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cellc.runtime.core.inputs import CodeFailed, Input, Moved, UndoSaid
from cellc.runtime.core.python_frames import CodeHistory, NextMove
from cellc.runtime.core.state import Told
from cellc.runtime.python.contract import Contract, Unfit, copied
from cellc.runtime.python.failures import described
from cellc.runtime.python.loading import Loaded
from cellc.runtime.python.requests import end_in, json_state, output


def step(
    loaded: Loaded, contract: Contract, following: NextMove, history: CodeHistory, at: datetime
) -> Iterator[Input]:
    """Make the next step of a machine and yield what it comes to."""
    frame, move = following.frame, following.move
    try:
        if following.told is not None and following.undoable is not None:
            yield _undo(loaded, contract, following, history, at)
        if following.undo:
            return
        machine = loaded.run()
        if following.told is None:
            made = machine.execute(loaded.forms.input(history.inputs))
        else:
            machine.load_state(copied(following.saved))
            made = machine.handle_effect_result(_told(loaded, contract, following.told, history))
        if loaded.forms.request(made) is None:
            yield output(made, at, frame, move, contract, loaded)
            return
        request = contract.request(loaded.forms, made, None, undoable=hasattr(loaded.run, "undo"))
        state = json_state(machine.state())
    except Unfit as problem:
        yield CodeFailed(at, frame, move, str(problem))
    except (Exception, SystemExit) as problem:  # noqa: BLE001 -- whatever the code does
        yield end_in(problem, at, frame, move, contract, loaded)
    else:
        yield Moved(at, frame, move, (request,), loaded.hash, keeps=True, state=state, machine=True)


def _undo(loaded: Loaded, contract: Contract, following: NextMove, history: CodeHistory, at: datetime) -> Input:
    """Return how a machine undoes the request that is done: what its `undo` says to the request and its result."""
    told, inputs = following.told, following.undoable
    assert told is not None  # noqa: S101 -- for the type checker: it has been seen
    assert inputs is not None  # noqa: S101 -- as above
    try:
        machine = loaded.run()
        machine.load_state(copied(following.saved))
        asked = loaded.forms.made(history.asked[-1].effect, inputs)
        made = machine.undo(asked, _told(loaded, contract, told, history))
        undo = None if made is None else contract.request(loaded.forms, made, None, undoable=False)
    except Unfit as problem:
        return CodeFailed(at, following.frame, following.move, str(problem))
    except (Exception, SystemExit) as problem:  # noqa: BLE001 -- whatever the code does
        return CodeFailed(at, following.frame, following.move, described(problem))
    effect, undoing = (None, {}) if undo is None else (undo.effect, undo.input)
    return UndoSaid(at, following.frame, told.request, effect, undoing)


def _told(loaded: Loaded, contract: Contract, told: Told, history: CodeHistory) -> Any:
    return contract.told(loaded.forms, history.asked[-1].effect, told)
