"""A small world for sagas: what can be reserved, charged and taken back, and the runs of cells in it."""

from typing import Any

from cellc.runtime.core.inputs import Start
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.step import ReadyCall
from tests.runtime.core.compiled import answering, compiled
from tests.runtime.core.driving import AT, Driver, World, run

SHOP = """
errors:
  No: {why: string}
effects:
  reserve: {in: {n: int}, out: string, errors: [No], delivery: idempotent}
  release: {in: {id: string}, delivery: idempotent}
  charge: {in: {n: int}, out: int, errors: [No], delivery: idempotent}
  refund: {in: {n: int}, delivery: idempotent}
  look: {in: {n: int}, out: int, errors: [No], delivery: read}
  letter: {in: {n: int}, delivery: once}
  forget: {in: {n: int}, delivery: idempotent, key: 10 // n}
"""


class Shop:
    """A world that keeps what was done, in order; `no` are the effects and inputs that are refused."""

    def __init__(self, *no: tuple[str, int]) -> None:
        self.no = set(no)
        self.done: list[str] = []

    def _do(self, effect: str, n: Any, value: Any) -> Any:
        if (effect, n) in self.no:
            return ("raise", "No", {"why": f"{effect} {n}"})
        self.done.append(f"{effect} {n}")
        return value

    @property
    def answer(self) -> Any:
        return answering(
            reserve=lambda n: self._do("reserve", n, f"h{n}"),
            release=lambda **given: self._do("release", given["id"], None),
            charge=lambda n: self._do("charge", n, n),
            refund=lambda n: self._do("refund", n, None),
            look=lambda n: self._do("look", n, n),
            letter=lambda n: self._do("letter", n, None),
        )


def played(cells: str, shop: Shop, **inputs: Any) -> Driver:
    """Run a program to its end in `shop`."""
    return run(World(prepare(compiled(f"{SHOP}cells:\n{cells}")), inputs, answer=shop.answer))


def held(cells: str, **inputs: Any) -> Driver:
    """Return a run that has started, in which nothing has been answered yet."""
    driver = Driver(World(prepare(compiled(f"{SHOP}cells:\n{cells}")), inputs))
    driver.queue = []
    driver.give(Start(AT, "graph", driver.world.plan.main, inputs))
    return driver


def asked(driver: Driver) -> list[str]:
    """Return the effects that are to be performed now."""
    return [call.effect.rpartition(".")[2] for call in driver.queue]


def take(driver: Driver, effect: str) -> ReadyCall:
    """Return the call of `effect` that is to be performed, and take it off the list."""
    call = next(c for c in driver.queue if c.effect.endswith(f".{effect}"))
    driver.queue.remove(call)
    return call
