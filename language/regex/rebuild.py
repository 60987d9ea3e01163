"""A pattern for a language: how intersections, and searches with anchors inside, become a plain RE2 expression.

The states that derivatives reach are eliminated one by one, each replaced by the expressions of the ways through it
(Brzozowski and McCluskey 1963). The result can be exponentially long, so both ends are bounded.
"""

from collections.abc import Iterable

from cellc.language.regex.languages import Language, Languages
from cellc.language.regex.parse import EMPTY, Chars, Choice, Repeat, Sequence, Tree
from cellc.language.regex.printer import show_pattern

_MOST_STATES = 60
_MOST_LENGTH = 4000


def pattern_for(languages: Languages, language: Language) -> str | None:
    """Return an RE2 pattern whose full matches are `language`; None where none of a bearable size is found."""
    states = _reachable(languages, language)
    if states is None:
        return None
    tree = _eliminate(languages, states)
    text = show_pattern(tree) if tree is not None else r"[^\s\S]"
    return text if len(text) <= _MOST_LENGTH else None


def _reachable(languages: Languages, start: Language) -> list[Language] | None:
    states = [start]
    for state in states:
        for _, rest in languages.steps(state):
            if rest is not languages.nothing and rest not in states:
                states.append(rest)
        if len(states) > _MOST_STATES:
            return None
    return states


_Edges = dict[tuple[int, int], Tree]


def _eliminate(languages: Languages, states: list[Language]) -> Tree | None:
    """Return the tree of the first state's language; None for the empty language."""
    number = {state: index for index, state in enumerate(states)}
    start, end = -1, -2
    edges: _Edges = {(start, 0): EMPTY}
    for state, index in number.items():
        for ranges, rest in languages.steps(state):
            if rest is not languages.nothing:
                _add(edges, index, number[rest], Chars(ranges))
        if state.nullable:
            _add(edges, index, end, EMPTY)
    left = set(number.values())
    while left:
        cheapest = min(left, key=lambda index: (_degree(edges, index), -index))
        left.discard(cheapest)
        _bypass(edges, cheapest)
    return edges.get((start, end))


def _degree(edges: _Edges, index: int) -> int:
    into = sum(1 for a, b in edges if b == index != a)
    out = sum(1 for a, b in edges if a == index != b)
    return into * out


def _bypass(edges: _Edges, index: int) -> None:
    """Remove a state, keeping every way through it."""
    loop = edges.pop((index, index), None)
    around = [] if loop is None else [_star(loop)]
    into = [(a, edges.pop((a, b))) for a, b in list(edges) if b == index]
    out = [(b, edges.pop((a, b))) for a, b in list(edges) if a == index]
    for source, before in into:
        for target, after in out:
            _add(edges, source, target, _row([before, *around, after]))


def _add(edges: _Edges, source: int, target: int, tree: Tree) -> None:
    known = edges.get((source, target))
    edges[source, target] = tree if known is None else _either(known, tree)


def _row(parts: Iterable[Tree]) -> Tree:
    flat = [leaf for part in parts for leaf in (part.parts if isinstance(part, Sequence) else (part,))]
    return flat[0] if len(flat) == 1 else Sequence(tuple(flat))


def _either(one: Tree, two: Tree) -> Tree:
    parts = [leaf for part in (one, two) for leaf in (part.parts if isinstance(part, Choice) else (part,))]
    return Choice(tuple(dict.fromkeys(parts)))


def _star(tree: Tree) -> Tree:
    return Repeat(tree, 0, None)
