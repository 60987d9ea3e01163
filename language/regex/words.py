"""Finding a text in a language: the shortest one of a length between two bounds."""

from dataclasses import dataclass
from typing import TypeAlias

from cellc.language.regex import chars
from cellc.language.regex.languages import Language, Languages


@dataclass(frozen=True, slots=True)
class _Node:
    """A language reached, and how: the step before and the character read."""

    language: Language
    before: "_Node | None"
    char: str

    def text(self) -> str:
        """Return what was read on the way here."""
        read = []
        node = self
        while node.before is not None:
            read.append(node.char)
            node = node.before
        return "".join(reversed(read))


_Front: TypeAlias = dict[Language, _Node]


def find_word(languages: Languages, language: Language, low: int = 0, high: int | None = None) -> str | None:
    """Return a shortest text of `language` that has `low` to `high` characters."""
    front: _Front = {language: _Node(language, None, "")}
    for _ in range(low):
        front = _advance(languages, front, {})
        if not front:
            return None
    return _shortest(languages, front, None if high is None else high - low)


def _shortest(languages: Languages, front: _Front, steps: int | None) -> str | None:
    """Return the text of a shortest way on from `front`, of at most `steps` more characters."""
    seen = dict(front)
    taken = 0
    while front:
        for node in front.values():
            if node.language.nullable:
                return node.text()
        if steps is not None and taken == steps:
            return None
        front = _advance(languages, front, seen)
        seen |= front
        taken += 1
    return None


def _advance(languages: Languages, front: _Front, seen: _Front) -> _Front:
    """Return the languages one character on from `front` that are not in `seen`."""
    ahead: _Front = {}
    for node in front.values():
        for ranges, rest in languages.steps(node.language):
            if rest is not languages.nothing and rest not in seen and rest not in ahead:
                ahead[rest] = _Node(rest, node, chars.pleasant(ranges))
    languages.spend(len(front))
    return ahead
