"""A generated case is a function of a list of whole numbers: each choice in it is the next one. 0 is the simplest.

So a case is made smaller without knowing what it is: numbers are left out or lowered while it still fails. A list that
has come to its end goes on with zeros.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """Choices as `given`; then as `random` draws them, or 0. `made` has all of them."""

    def __init__(self, given: Sequence[int] = (), random: Random | None = None) -> None:
        self._given = given
        self._random = random
        self.made: list[int] = []

    def below(self, count: int) -> int:
        """Return a number from 0 to `count - 1`."""
        at = len(self.made)
        if at < len(self._given):
            number = min(self._given[at], count - 1)
        else:
            number = self._random.randrange(count) if self._random else 0
        self.made.append(number)
        return number

    def of(self, options: Sequence[T]) -> T:
        """Return one of `options`; the first is the simplest."""
        return options[self.below(len(options))]

    def rarely(self, one_in: int) -> bool:
        """Return true one time in `one_in`."""
        return self.below(one_in) == one_in - 1


def shrunk(choices: Sequence[int], fails: Callable[[Sequence[int]], bool], tries: int) -> list[int]:
    """Return choices that still fail, with fewer and lower numbers, as far as that many tries go."""
    search = _Search(_without_zeros(choices), fails, tries)
    before = None
    while before != search.best:
        before = search.best
        search.leave_out()
        search.lower()
    return search.best


class _Search:
    def __init__(self, best: list[int], fails: Callable[[Sequence[int]], bool], tries: int) -> None:
        self.best = best
        self._fails = fails
        self._left = tries
        self._seen = {tuple(best)}

    def leave_out(self) -> None:
        """Leave out runs of choices, the longest first."""
        size = len(self.best)
        while size:
            start = 0
            while start < len(self.best):
                if not self._takes([*self.best[:start], *self.best[start + size :]]):
                    start += size
            size //= 2

    def lower(self) -> None:
        """Lower each choice: to 0, else by halves, else by one."""
        for at in range(len(self.best)):
            while at < len(self.best) and self.best[at]:
                number = self.best[at]
                options = sorted({0, number // 2, number - 1})
                if not any(self._takes([*self.best[:at], each, *self.best[at + 1 :]]) for each in options):
                    break

    def _takes(self, candidate: list[int]) -> bool:
        """Take a candidate that still fails; return whether it does."""
        candidate = _without_zeros(candidate)
        if tuple(candidate) in self._seen or self._left == 0:
            return False
        self._seen.add(tuple(candidate))
        self._left -= 1
        if self._fails(candidate):
            self.best = candidate
            return True
        return False


def _without_zeros(choices: Sequence[int]) -> list[int]:
    """Return choices without the zeros at their end, which mean the same."""
    kept = [*choices]
    while kept and kept[-1] == 0:
        kept.pop()
    return kept
