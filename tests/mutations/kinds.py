"""Kinds of mistakes that people make: functions from a right module to wrong ones, and what has to be found in each.

A function yields one edit for each place where its mistake can be made. The edit says what it has to be found by,
worked out from the text around it and from what is declared there (`declared.py`), never from what the checker does.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tests.mutations.sites import Edit, Subject

Mistake = Callable[[Subject], Iterator[Edit]]


@dataclass(frozen=True)
class Kind:
    """A kind of mistake: what it is in a few words, and the code of each that says no other.

    `whole`: it is a mistake of the document, not of one declaration in it: whether a wait has an end, callers say.
    """

    name: str
    code: str
    mistakes: Mistake
    whole: bool = False

    def edits(self, subject: Subject) -> Iterator[Edit]:
        """Yield all mistakes of this kind in a module."""
        for edit in self.mistakes(subject):
            yield replace(edit, found=tuple(replace(f, code=f.code or self.code) for f in edit.found))


KINDS: dict[str, Kind] = {}

WRONG = "[[true]]"
"""A value that fits nothing in any module."""


def kind(what: str, code: str = "", *, whole: bool = False) -> Callable[[Mistake], Mistake]:
    """Register a kind of mistake."""

    def register(mistakes: Mistake) -> Mistake:
        KINDS[mistakes.__name__] = Kind(what, code, mistakes, whole)
        return mistakes

    return register


def misspelt(name: str) -> str:
    return f"{name}x" if not name.endswith("x") else f"{name}y"
