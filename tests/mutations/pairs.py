"""Pairs of mistakes in one module that have nothing to do with each other.

They are in different declarations, and so is what each is found by; and where one changes what its declaration says to
others (all but a body, whose cell says by itself what it performs), the other's does not come to it by names.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from cellc.language import ast
from tests.mutations.corpus import SUBJECTS
from tests.mutations.kinds import KINDS, Kind
from tests.mutations.sites import Edit, Subject

Declaration = ast.Use | ast.TypeDecl | ast.ErrorDecl | ast.EventDecl | ast.EffectDecl | ast.CellDecl | ast.TriggerDecl


@dataclass(frozen=True)
class Placed:
    """A mistake, the declarations in which something changes or is found, by number, and its own among them.

    `told` is what the change tells others: the number of its declaration, None for a change in a body.
    """

    edit: Edit
    touched: frozenset[int]
    own: int
    told: int | None


@dataclass(frozen=True)
class Pair:
    """Two mistakes in one module."""

    subject: Subject
    names: tuple[str, str]
    edits: tuple[Edit, Edit]


def pairs(first: str, every: int) -> Iterator[Pair]:
    """Yield a pair of this kind with every n-th of those that come after it, and itself: one module for each pair."""
    kinds = [name for name, kind in KINDS.items() if not kind.whole]
    start = kinds.index(first)
    for i, second in enumerate(kinds[start:], start):
        if (start * len(kinds) + i) % every == 0:
            chosen = Random(f"{first} {second}")  # noqa: S311 -- the same pairs in every run
            yield from _pair(first, second, chosen)


def _pair(first: str, second: str, chosen: Random) -> Iterator[Pair]:
    """Yield one pair of these kinds, if any module has places for both."""
    for subject in chosen.sample(SUBJECTS, len(SUBJECTS)):
        ones, others = placed(subject, KINDS[first]), placed(subject, KINDS[second])
        for one in chosen.sample(ones, len(ones)):
            fitting = [other for other in others if _apart(subject, one, other)]
            if fitting:
                yield Pair(subject, (first, second), (one.edit, chosen.choice(fitting).edit))
                return


def _apart(subject: Subject, one: Placed, other: Placed) -> bool:
    if one.touched & other.touched or not one.edit.apart_from(other.edit):
        return False
    known = references(subject)
    return one.told not in known[other.own] and other.told not in known[one.own]


@cache
def placed(subject: Subject, kind: Kind) -> list[Placed]:
    """Return the mistakes of a kind that are in one declaration each, with the declarations that they touch."""
    starts = [subject.line(d.name.span).start for d in declarations(subject)]
    found = []
    for edit in kind.edits(subject):
        own = bisect_right(starts, edit.start) - 1
        touched = {own, bisect_right(starts, edit.end) - 1}
        touched |= {bisect_right(starts, edit.start if f.inside else f.at) - 1 for f in edit.found}
        if -1 not in touched:
            found.append(Placed(edit, frozenset(touched), own, None if _in_body(subject, own, edit) else own))
    return found


def _in_body(subject: Subject, number: int, edit: Edit) -> bool:
    """Return whether a change is in a cell's body, and nobody else's business: what it performs is declared."""
    declared = declarations(subject)[number]
    free = isinstance(declared, ast.CellDecl) and (
        declared.effects is not None or isinstance(declared.body, ast.DoBody)
    )
    body = declared.body if isinstance(declared, ast.CellDecl) and free else None
    return body is not None and body.span.start <= edit.start and edit.end <= body.span.end


@cache
def declarations(subject: Subject) -> list[Declaration]:
    """Return the declarations of a module, as they stand in its text."""
    tree = subject.tree
    found = (*tree.uses, *tree.types, *tree.errors, *tree.events, *tree.effects, *tree.cells, *tree.triggers)
    return sorted(found, key=lambda d: d.name.span.start)


def _said(subject: Subject, declaration: Declaration) -> set[str]:
    """Return what else it names: the event of a wait stands in a text, a trigger without `run:` means `main`."""
    match declaration:
        case ast.EffectDecl():
            return set(re.findall(r"[\w.]+", subject.cut(declaration.span)))
        case ast.TriggerDecl(run=None) if subject.tree.main is not None:
            return {subject.tree.main.text}
        case _:
            return set()


@cache
def references(subject: Subject) -> list[set[int]]:
    """Return, for each declaration, those that it comes to by names, and itself."""
    declared = declarations(subject)
    numbers: dict[str, set[int]] = {}
    for i, declaration in enumerate(declared):
        numbers.setdefault(declaration.name.text, set()).add(i)
    known = []
    for i, declaration in enumerate(declared):
        words = {node.text for kind in (ast.Ident, ast.Name) for node in subject.nodes(kind, declaration)}
        words |= _said(subject, declaration)
        words |= {word.partition(".")[0] for word in words}
        known.append({i}.union(*(numbers.get(word, set()) for word in words)))
    while True:
        more = [found.union(*(known[i] for i in found)) for found in known]
        if more == known:
            return known
        known = more
