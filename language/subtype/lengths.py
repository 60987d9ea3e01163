"""Lengths and sizes: the axis of whole numbers cut where bounds lie, so that within one piece no bound counts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol


class Sized(Protocol):
    """A set of texts, lists or objects of `low` to `high` characters, items or keys."""

    @property
    def low(self) -> int:
        """The least length."""
        ...

    @property
    def high(self) -> int | None:
        """The greatest length; None is unbounded."""
        ...


def common_length(parts: Iterable[Sized]) -> tuple[int, int | None]:
    """Return the lengths that all of `parts` allow."""
    wanted = list(parts)
    high = min((part.high for part in wanted if part.high is not None), default=None)
    return max((part.low for part in wanted), default=0), high


def pieces(
    low: int, high: int | None, parts: Sequence[Sized], more: Iterable[int] = ()
) -> Iterator[tuple[int, int | None]]:
    """Cut low..high so that each of `parts` allows all lengths of a piece or none; `more` are further places to cut."""
    if high is not None and low > high:
        return
    cuts = {part.low for part in parts} | {part.high + 1 for part in parts if part.high is not None} | set(more)
    starts = [low, *sorted(c for c in cuts if c > low and (high is None or c <= high))]
    yield from zip(starts, [*(start - 1 for start in starts[1:]), high], strict=True)


def spans(part: Sized, first: int, last: int | None) -> bool:
    """Return whether `part` allows all lengths of first..last, a piece of its cuts."""
    return part.low <= first and (part.high is None or (last is not None and part.high >= last))
