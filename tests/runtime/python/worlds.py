"""Programs with code, and a world that answers what they ask for: by effect and input, as `compiled.answering` does."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from types import ModuleType
from typing import Any

from cellc.language.graph import Program
from cellc.language.values import decode as decode_value
from cellc.runtime.core.events import CallCompleted, CallRaised, CodeMoved, Event, Requested, UndoTaken, decode
from cellc.runtime.fabric import Fabric
from cellc.runtime.ports import LogFailed, Outcome, Raised, Request, Result
from cellc.runtime.views import RunView
from tests.runtime.core.compiled import compiled
from tests.runtime.fabric.worlds import World

DECLARED = """
errors:
  Bad: {why: string}
  Broke: {}
effects:
  work: {in: {x: int}, out: int, errors: [Bad, Unavailable], delivery: idempotent}
  look: {in: {x: int}, out: int, delivery: read}
  take_back: {in: {x: int}, delivery: idempotent}
  pay: {in: {x: int}, out: int, delivery: once}
"""

_numbers = count()


@contextmanager
def module(**names: Any) -> Iterator[str]:
    """Make a module with these names importable, and give its name."""
    made = ModuleType(f"code_{next(_numbers)}")
    made.__dict__.update(names)
    sys.modules[made.__name__] = made
    try:
        yield made.__name__
    finally:
        del sys.modules[made.__name__]


def program(python: str, *, cells: str = "", main: str = "code") -> Program:
    """Return a program whose cell `code` takes `n` and is the code named, `module:name`."""
    return with_body(f"python: {python}", cells=cells, main=main)


def with_body(body: str, *, cells: str = "", main: str = "code") -> Program:
    """Return a program whose cell `code` takes `n` and has this body."""
    return compiled(f"""{DECLARED}
cells:
  code:
    in: {{n: int}}
    out: int
    errors: [Bad, Broke, Unavailable]
    effects: [work, look, take_back, pay, time.sleep, status.set]
    {body}
{cells}
main: {main}
""")


def answer(request: Request) -> Outcome:
    """Add one; `work` is Bad at 13."""
    x = request.input.get("x", 0)
    if request.effect == "main.work" and x == 13:
        return Raised("Bad", {"why": "unlucky"})
    return Result(x + 1)


async def one_process(world: World, made: Program, inputs: dict[str, Any]) -> RunView | None:
    """Run until the run has ended or stands; None where the process has ended before."""
    async with world.fabric() as fabric:
        fabric.resume()
        known = list(world.log.heads())
        if not known:
            world.ids.made = 0
        run = known[0].number if known else fabric.start(made, made.main, inputs)
        return await reached(world, fabric, run)


async def reached(world: World, fabric: Fabric, run: int) -> RunView | None:
    ended = asyncio.ensure_future(fabric.finished(run))
    dead = asyncio.ensure_future(world.dead.wait())
    await asyncio.wait({ended, dead}, return_when=asyncio.FIRST_COMPLETED)
    for task in (ended, dead):
        task.cancel()
    try:
        return None if world.dead.is_set() else await ended
    except LogFailed:
        return None
    finally:
        await asyncio.gather(ended, dead, return_exceptions=True)


def run(
    made: Program, n: Any, answering: Callable[[Request], Outcome] = answer, crash_at: frozenset[int] = frozenset()
) -> tuple[World, RunView]:
    """Run a program on `n`, or on whole inputs, in as many processes as it takes, and return how its run stands."""
    inputs = n if isinstance(n, dict) else {"n": n}

    async def all_processes() -> tuple[World, RunView]:
        world = World(answer=answering, crash_at=crash_at)
        for _ in range(len(crash_at) + 1):
            view = await one_process(world, made, inputs)
            if view is not None:
                return world, view
        raise AssertionError("the run did not end in the process that was left alone")

    return asyncio.run(all_processes())


def events(world: World) -> list[Event]:
    (head,) = world.log.heads()
    return [decode(row) for row in world.log.events(head.number)]


def view_of(code: Callable[..., Any], n: int = 1, **options: Any) -> RunView:
    with module(code=code) as name:
        return run(program(f"{name}:code"), n, **options)[1]


def events_of(found: list[Event]) -> Iterator[tuple[str, int, bool]]:
    """Yield the effect and the number `x` of each request and undo that has ended, and whether it happened."""
    requests: dict[tuple[int, int], Requested] = {}
    undos: dict[int, tuple[str, int]] = {}
    calls: dict[int, tuple[str, int]] = {}
    numbers = Counter[int]()
    for event in found:
        if isinstance(event, CodeMoved):
            for request in event.requests:
                requests[event.frame, numbers[event.frame]] = request
                numbers[event.frame] += 1
        if isinstance(event, UndoTaken) and event.effect is not None:
            undos[event.request] = event.effect, decode_value(bytes(event.input))["x"]
        for call in getattr(event, "calls", ()):
            request = requests[call.frame, call.item]
            made = isinstance(event, CodeMoved)
            calls[call.call] = (request.effect, decode_value(bytes(request.input))["x"]) if made else undos[call.item]
        if isinstance(event, CallCompleted | CallRaised):
            yield *calls[event.call], isinstance(event, CallCompleted)
