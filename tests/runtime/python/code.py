"""Code of cells in all of its forms, for the cell `code` of `worlds.program`."""

import asyncio
from typing import Any

from cellc import CellError


async def gathered(inputs: dict[str, Any], fabric: Any) -> int:
    """Three at once, each undone by `take_back`; the sum of them is asked for again."""
    n = inputs["n"]
    found = await asyncio.gather(
        *(fabric.request("work", {"x": n + i}, undo=lambda y: ("take_back", {"x": y})) for i in range(3))
    )
    total: int = await fabric.request("look", {"x": sum(found)})
    await fabric.request("time.sleep", {"for": "90s"})
    if total > 100:
        raise CellError("Bad", {"why": f"{total} is too much"})
    return total


def blocking(inputs: dict[str, Any], fabric: Any) -> int:
    """Two, one after the other, and a sleep; the first is undone by `take_back`."""
    first = fabric.request("work", {"x": inputs["n"]}, undo=lambda y: ("take_back", {"x": y}))
    try:
        second: int = fabric.request("work", {"x": first + 11})
    except CellError as error:
        second = len(error.fields["why"])
    fabric.request("time.sleep", {"for": "90s"})
    if second > 100:
        raise CellError("Broke")
    return first + second


class Counting:
    """Adds up what it is told, until that is four things."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def execute(self, inputs: dict[str, Any]) -> Any:
        return "work", {"x": inputs["n"]}

    def handle_effect_result(self, result: Any) -> Any:
        if isinstance(result, CellError):
            return sum(self.seen)
        if result is not None:
            self.seen.append(result)
        if len(self.seen) == 2 and result is not None:
            return "time.sleep", {"for": "90s"}
        return sum(self.seen) if len(self.seen) == 4 else ("work", {"x": self.seen[-1]})

    def state(self) -> Any:
        return self.seen

    def load_state(self, state: Any) -> None:
        self.seen = state


class Booking:
    """Works three times, each undone by `take_back`; then sleeps, and is Broke for a large input."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.n = 0

    def execute(self, inputs: dict[str, Any]) -> Any:
        self.n = inputs["n"]
        return "work", {"x": self.n}

    def handle_effect_result(self, result: Any) -> Any:
        if isinstance(result, CellError):
            raise result
        if result is None:
            if self.n > 50:
                raise CellError("Broke")
            return sum(self.done)
        self.done.append(result)
        return ("time.sleep", {"for": "90s"}) if len(self.done) == 3 else ("work", {"x": result})

    def undo(self, request: Any, result: Any) -> Any:
        effect, inputs = request
        if effect != "main.work":
            return None
        assert inputs["x"] + 1 == result
        assert len(self.done) == result - 1 - self.n
        return "take_back", {"x": result}

    def state(self) -> Any:
        return [self.n, *self.done]

    def load_state(self, state: Any) -> None:
        self.n, *self.done = state
