"""Languages: sets of texts, as extended regular expressions with intersection and complement.

A language is read one character at a time: its *derivative* by c is the set of the rests of its texts that start with
c (Brzozowski 1964). Equal expressions are one object, unions and intersections are sets, so derivatives are finitely
many, and "is there a text in A and not in B" is a search through the derivatives of `A and not B`.

Derivatives by single characters are grouped: `steps` gives disjoint ranges that together are the whole alphabet, each
with one derivative. Anchors and lookahead do not exist here; `compile_tree` resolves them with two continuations,
what may follow at the start of the text, and what may follow later.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from cellc.language.regex import chars
from cellc.language.regex.chars import Ranges
from cellc.language.regex.parse import (
    Chars,
    Choice,
    Dialect,
    Edge,
    Look,
    Repeat,
    Sequence,
    Tree,
    has_assertions,
    parse,
)

_Form: TypeAlias = Literal["nothing", "empty", "chars", "then", "or", "and", "not", "repeat"]


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """One language of one `Languages`; equal ones are identical. `nullable`: the empty text is in it."""

    form: _Form
    parts: tuple["Language", ...]
    nullable: bool
    number: int = field(repr=False)
    ranges: Ranges = ()
    low: int = 0
    high: int | None = None


_Steps: TypeAlias = tuple[tuple[Ranges, Language], ...]


class Languages:
    """Makes and derives languages. `spend` is called with units of work and may raise to stop a search."""

    def __init__(self, spend: Callable[[int], None]) -> None:
        self.spend = spend
        self._made: dict[Any, Language] = {}
        self._steps: dict[Language, _Steps] = {}
        self._compiled: dict[tuple[str, Dialect], Language] = {}
        self.nothing = self._make("nothing", (), nullable=False)
        self.empty = self._make("empty", (), nullable=True)
        self.any_char = self._make("chars", (), nullable=False, ranges=chars.ALL)
        self.anything = self._make("repeat", (self.any_char,), nullable=True)
        self.something = self._make("then", (self.any_char, self.anything), nullable=False)

    def _make(
        self,
        form: _Form,
        parts: tuple[Language, ...],
        *,
        nullable: bool,
        ranges: Ranges = (),
        low: int = 0,
        high: int | None = None,
    ) -> Language:
        key = (form, parts, ranges, low, high)
        if key not in self._made:
            self.spend(1)
            self._made[key] = Language(form, parts, nullable, len(self._made), ranges, low, high)
        return self._made[key]

    # --- constructors, which simplify -------------------------------------------------------------------------------

    def chars(self, ranges: Ranges) -> Language:
        """Return the texts of one character of `ranges`."""
        return self._make("chars", (), nullable=False, ranges=ranges) if ranges else self.nothing

    def word(self, text: str) -> Language:
        """Return the language of one text."""
        language = self.empty
        for char in reversed(text):
            language = self.then(self.chars(((ord(char), ord(char)),)), language)
        return language

    def then(self, first: Language, second: Language) -> Language:
        """Return the texts of `first` followed by those of `second`."""
        if first is self.nothing or second is self.nothing:
            return self.nothing
        if first is self.empty or (first is second is self.anything):
            return second
        if second is self.empty:
            return first
        if first.form == "then":
            return self.then(first.parts[0], self.then(first.parts[1], second))
        return self._make("then", (first, second), nullable=first.nullable and second.nullable)

    def either(self, parts: Iterable[Language]) -> Language:
        """Return the union."""
        flat = self._flatten("or", parts)
        flat.discard(self.nothing)
        if self.anything in flat or any(part.form == "not" and part.parts[0] in flat for part in flat):
            return self.anything
        single = [part for part in flat if part.form == "chars"]
        if len(single) > 1:
            flat.difference_update(single)
            flat.add(self.chars(_all_ranges(single)))
        if any(part.nullable and part is not self.empty for part in flat):
            flat.discard(self.empty)
        if not flat or len(flat) == 1:
            return flat.pop() if flat else self.nothing
        return self._make("or", _ordered(flat), nullable=any(part.nullable for part in flat))

    def both(self, parts: Iterable[Language]) -> Language:
        """Return the intersection."""
        flat = self._flatten("and", parts)
        flat.discard(self.anything)
        if self.nothing in flat or any(part.form == "not" and part.parts[0] in flat for part in flat):
            return self.nothing
        if self.empty in flat:
            return self.empty if all(part.nullable for part in flat) else self.nothing
        if not flat or len(flat) == 1:
            return flat.pop() if flat else self.anything
        return self._make("and", _ordered(flat), nullable=all(part.nullable for part in flat))

    def without(self, part: Language) -> Language:
        """Return all texts that are not in `part`."""
        if part.form == "not":
            return part.parts[0]
        if part is self.nothing or part is self.anything:
            return self.anything if part is self.nothing else self.nothing
        return self._make("not", (part,), nullable=not part.nullable)

    def repeat(self, part: Language, low: int, high: int | None) -> Language:
        """Return `low` to `high` texts of `part` in a row."""
        if part.nullable:
            low = 0
        if high == 0 or part is self.empty or (part is self.nothing and low == 0):
            return self.empty
        if part is self.nothing or (low, high) == (1, 1):
            return part
        if part.form == "repeat" and (part.low, part.high) == (0, None):
            return part
        return self._make("repeat", (part,), nullable=low == 0, low=low, high=high)

    def _flatten(self, form: _Form, parts: Iterable[Language]) -> set[Language]:
        return {leaf for part in parts for leaf in (part.parts if part.form == form else (part,))}

    # --- derivatives -------------------------------------------------------------------------------------------------

    def steps(self, language: Language) -> _Steps:
        """Return disjoint ranges that cover the alphabet, each with the derivative by its characters."""
        if language not in self._steps:
            self._steps[language] = self._derive(language)
            self.spend(len(self._steps[language]))
        return self._steps[language]

    def _derive(self, language: Language) -> _Steps:
        match language.form:
            case "nothing" | "empty":
                return ((chars.ALL, self.nothing),)
            case "chars":
                rest = chars.invert(language.ranges)
                hit = (language.ranges, self.empty)
                return (hit, (rest, self.nothing)) if rest else (hit,)
            case "then":
                return self._derive_then(*language.parts)
            case "or":
                return self._combined([self.steps(part) for part in language.parts], self.either)
            case "and":
                return self._combined([self.steps(part) for part in language.parts], self.both)
            case "not":
                return tuple((ranges, self.without(rest)) for ranges, rest in self.steps(language.parts[0]))
            case "repeat":
                high = None if language.high is None else language.high - 1
                more = self.repeat(language.parts[0], max(language.low - 1, 0), high)
                return self._merged((ranges, self.then(rest, more)) for ranges, rest in self.steps(language.parts[0]))

    def _derive_then(self, first: Language, second: Language) -> _Steps:
        through = self._merged((ranges, self.then(rest, second)) for ranges, rest in self.steps(first))
        return self._combined([through, self.steps(second)], self.either) if first.nullable else through

    def _combined(self, tables: list[_Steps], combine: Callable[[Iterable[Language]], Language]) -> _Steps:
        result = tables[0]
        for table in tables[1:]:
            self.spend(len(result) * len(table) // 4)
            pairs = ((chars.meet(one, two), (a, b)) for one, a in result for two, b in table)
            result = self._merged((common, combine(rests)) for common, rests in pairs if common)
        return result

    def _merged(self, steps: Iterable[tuple[Ranges, Language]]) -> _Steps:
        by_rest: dict[Language, list[Ranges]] = {}
        for ranges, rest in steps:
            by_rest.setdefault(rest, []).append(ranges)
        return tuple((chars.joined(parts), rest) for rest, parts in by_rest.items())

    def contains(self, language: Language, text: str) -> bool:
        """Return whether `text` is in `language`."""
        for char in text:
            language = next(rest for ranges, rest in self.steps(language) if chars.contains(ranges, char))
        return language.nullable

    # --- from patterns -----------------------------------------------------------------------------------------------

    def of_pattern(self, pattern: str, dialect: Dialect) -> Language:
        """Return the texts that a pattern accepts: as a whole in RE2, with a match anywhere in ECMA."""
        key = (pattern, dialect)
        if key not in self._compiled:
            self._compiled[key] = self._of_tree(parse(pattern, dialect), search=dialect == "ecma")
        return self._compiled[key]

    def _of_tree(self, tree: Tree, *, search: bool) -> Language:
        if not search:
            return _Compiler(self).compile(tree, _Rest(self.empty, self.empty)).first
        found = _Compiler(self).compile(tree, _Rest(self.anything, self.anything))
        elsewhere = self.then(self.anything if found.first is found.later else self.something, found.later)
        return self.either([found.first, elsewhere])


@dataclass(frozen=True, slots=True)
class _Rest:
    """What may follow a part: `first` where nothing has been read yet, `later` where something has."""

    first: Language
    later: Language


class _Compiler:
    def __init__(self, languages: Languages) -> None:
        self._languages = languages

    def compile(self, tree: Tree, rest: _Rest) -> _Rest:
        """Return what may follow from the beginning of `tree`, when `rest` may follow its end."""
        make = self._languages
        match tree:
            case Edge(start=True):
                return _Rest(rest.first, make.nothing)
            case Edge():
                return _Rest(make.both([rest.first, make.empty]), make.both([rest.later, make.empty]))
            case Look(part, negative):
                seen = self.compile(part, _Rest(make.anything, make.anything))
                first, later = (make.without(s) if negative else s for s in (seen.first, seen.later))
                return _Rest(make.both([rest.first, first]), make.both([rest.later, later]))
            case Sequence(parts) if has_assertions(tree):
                for part in reversed(parts):
                    rest = self.compile(part, rest)
                return rest
            case Choice(parts) if has_assertions(tree):
                rests = [self.compile(part, rest) for part in parts]
                return _Rest(make.either(r.first for r in rests), make.either(r.later for r in rests))
            case _:
                return self._append(self._plain(tree), rest)

    def _append(self, language: Language, rest: _Rest) -> _Rest:
        make = self._languages
        later = make.then(language, rest.later)
        if rest.first is rest.later:
            return _Rest(later, later)
        if not language.nullable:
            return _Rest(later, later)
        read = make.then(make.both([language, make.something]), rest.later)
        return _Rest(make.either([read, rest.first]), later)

    def _plain(self, tree: Tree) -> Language:
        """Return the language of a tree without assertions."""
        make = self._languages
        match tree:
            case Chars(ranges):
                return make.chars(ranges)
            case Sequence(parts):
                language = make.empty
                for part in reversed(parts):
                    language = make.then(self._plain(part), language)
                return language
            case Choice(parts):
                return make.either(map(self._plain, parts))
            case Repeat(part, low, high):
                return make.repeat(self._plain(part), low, high)
            case Edge() | Look():
                raise AssertionError("a tree without assertions was promised")


def _ordered(parts: Iterable[Language]) -> tuple[Language, ...]:
    return tuple(sorted(parts, key=lambda part: part.number))


def _all_ranges(parts: Iterable[Language]) -> Ranges:
    return chars.joined(part.ranges for part in parts)
