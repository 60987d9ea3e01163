"""Runs a grammar's tables over a text: a contextual lexer, and an LALR(1) parser that builds nodes as it reduces.

The tables are the parsing library's (`grammar_tables.py`); running them is half of a check, so it is done here, with
two things that a general library cannot assume:

- Which words may come next is asked of a few expressions over *all* kinds of word. What they find is what an expression
  over the expected kinds alone would find whenever it is one of those; else that one is made and asked. (A keyword is
  matched as a name first: where only the keyword is expected, it is the longest that fits, and so the same.)
- An expression is a chain of rules, from `a if b else c` down to a name, most of which only hand their one child on.
  Where such a chain ends depends on the states and on the next word; it is remembered, and taken in one step.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

END: Final = "$END"

Build: TypeAlias = Callable[[list[Any]], Any]
"""Makes a node of the parts of a rule."""

Layout: TypeAlias = Callable[[Iterator["Word"], str], Iterator["Word"]]
"""What stands between the words of a text and the rules: adds words, or drops some."""


class Rule(NamedTuple):
    """A rule of `size` parts for `origin`. `kept` are the parts that count, each with whether its parts are taken out.

    `method` builds the node; a rule that is `single` hands a lone child on; without a method the value is the list.
    """

    size: int
    origin: str
    method: str
    kept: tuple[tuple[int, bool], ...]
    single: bool


class Terminal(NamedTuple):
    """A kind of word: its expression, and whether it comes before what else fits (`first`)."""

    name: str
    pattern: str
    first: bool


class Tables(NamedTuple):
    """A grammar. `states`: by symbol, the next state, or `~n` to reduce by rule n. Terminals in order of preference.

    `words` are the keywords, by their text, that the terminal `name` matches as well. `skipped` are expressions for
    what stands between words, `anywhere` the kinds of word that every state accepts.
    """

    states: list[dict[str, int]]
    starts: dict[str, tuple[int, int]]
    rules: list[Rule]
    terminals: list[Terminal]
    name: str
    words: dict[str, str]
    skipped: list[str]
    anywhere: list[str]


class Word(str):
    """A word of the text, with its kind and place; layout words have no characters."""

    __slots__ = ("end_pos", "start_pos", "type")
    type: str
    start_pos: int
    end_pos: int

    @property
    def value(self) -> str:
        """The characters."""
        return str(self)


def make_word(type_: str, text: str, start: int, end: int) -> Word:
    """Return a word of a kind, from `start` to `end`."""
    word = Word(text)
    word.type, word.start_pos, word.end_pos = type_, start, end
    return word


class Unexpected(Exception):  # noqa: N818 -- named for what it is
    """The text goes on at `start` to `end` with a word of `kind` (empty: no word) where one of `expected` must come."""

    def __init__(self, kind: str, start: int, end: int, text: str, expected: frozenset[str]) -> None:
        super().__init__(kind)
        self.kind, self.start, self.end, self.text, self.expected = kind, start, end, text, expected


class _Step(NamedTuple):
    size: int
    origin: str
    build: Build
    passes: bool


@dataclass(slots=True)
class Machine:
    """Tables with the methods of `builder`, ready to run, by any number of threads."""

    tables: Tables
    builder: object
    _steps: list[_Step] = field(init=False)
    _lexer: "_Lexer" = field(init=False)
    _chains: dict[tuple[int, int, str], int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._steps = [_step(rule, self.builder) for rule in self.tables.rules]
        self._lexer = _Lexer(self.tables)

    def parse(self, text: str, start: str, layout: Layout) -> Any:
        """Return what `text` is as a `start`. Raises Unexpected, and what `layout` raises."""
        first, last = self.tables.starts[start]
        stack = [first]
        values: list[Any] = []
        word: Word | None = None
        for word in layout(self._lexer.words(text, stack), text):
            self._reduce(stack, values, word.type, word)
            stack.append(self.tables.states[stack[-1]][word.type])
            values.append(word)
        at = word.end_pos if word is not None else 0
        self._reduce(stack, values, END, make_word(END, "", at, at), last)
        return values[-1]

    def _reduce(self, stack: list[int], values: list[Any], kind: str, word: Word, last: int = -1) -> None:
        """Reduce until a word of `kind` can come next, or the state `last` is reached."""
        states = self.tables.states
        while stack[-1] != last:
            row = states[stack[-1]]
            action = row.get(kind)
            if action is None:
                raise Unexpected(kind, word.start_pos, word.end_pos, str(word), frozenset(row))
            if action >= 0:
                return
            size, origin, build, passes = self._steps[~action]
            if passes:
                stack[-1] = self._chains.get((stack[-2], stack[-1], kind)) or self._chain(stack[-2], stack[-1], kind)
                continue
            children = values[-size:] if size else []
            if size:
                del stack[-size:], values[-size:]
            values.append(build(children))
            stack.append(states[stack[-1]][origin])

    def _chain(self, below: int, top: int, kind: str) -> int:
        """Return the state above `below` when all rules that hand on their one child, from `top`, have been reduced."""
        at = top
        while (action := self.tables.states[at].get(kind, 0)) < 0 and self._steps[~action].passes:
            at = self.tables.states[below][self._steps[~action].origin]
        self._chains[below, top, kind] = at
        return at


def _step(rule: Rule, builder: object) -> _Step:
    method: Build = getattr(builder, rule.method) if rule.method else list
    indices = [index for index, _ in rule.kept]
    passes = rule.size == 1 and rule.single and rule.kept == ((0, False),)
    if any(spliced for _, spliced in rule.kept):
        return _Step(rule.size, rule.origin, _splicing(rule.kept, method, single=rule.single), passes)
    if rule.single and len(indices) == 1:
        return _Step(rule.size, rule.origin, lambda children: children[indices[0]], passes)
    if len(indices) == rule.size:
        return _Step(rule.size, rule.origin, method, passes)
    return _Step(rule.size, rule.origin, lambda children: method([children[i] for i in indices]), passes)


def _splicing(kept: tuple[tuple[int, bool], ...], method: Build, *, single: bool) -> Build:
    def build(children: list[Any]) -> Any:
        parts: list[Any] = []
        for index, spliced in kept:
            if spliced:
                parts += children[index]
            else:
                parts.append(children[index])
        return parts[0] if single and len(parts) == 1 else method(parts)

    return build


class _Lexer:
    """Finds the next word that a state accepts."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._all = frozenset(t.name for t in tables.terminals)
        self._first = frozenset(t.name for t in tables.terminals if t.first)
        self._anywhere = frozenset(tables.anywhere)
        # possessive: no part of a comment is given back to find a word in it
        self._skip = re.compile(f"(?:{'|'.join(tables.skipped)})*+")
        self._known: dict[frozenset[str], re.Pattern[str]] = {}
        self._wide: list[re.Pattern[str] | None] = [None] * len(tables.states)

    def words(self, text: str, stack: list[int]) -> Iterator[Word]:
        """Yield the words of `text`, each of a kind that the state on top of `stack` accepts. Raises Unexpected."""
        at = 0
        while at < len(text):
            state = stack[-1]
            found = (self._wide[state] or self._widen(state)).match(text, at)
            kind = self._kind(found, self._tables.states[state])
            if found is None or kind is None:
                start = self._past_blanks(text, at)
                if start == len(text):
                    return
                found, kind = self._narrowly(text, start, self._tables.states[state])
            start, at = found.span(found.lastgroup or 0)
            yield make_word(kind, text[start:at], start, at)

    def _past_blanks(self, text: str, at: int) -> int:
        blanks = self._skip.match(text, at)
        return blanks.end() if blanks is not None else at

    def _kind(self, found: re.Match[str] | None, row: dict[str, int]) -> str | None:
        """Return the kind of the word that was found, if `row` accepts it."""
        if found is None:
            return None
        kind = found.lastgroup
        if kind == self._tables.name:
            word = self._tables.words.get(found.group(kind))
            kind = word if word in row else kind
        return kind if kind in row or kind in self._anywhere else None

    def _widen(self, state: int) -> re.Pattern[str]:
        """Return the expression for all kinds of word, of those that come first only the ones that `state` accepts."""
        unasked = self._first.difference(self._tables.states[state])
        self._wide[state] = pattern = self._matcher(self._all - unasked)
        return pattern

    def _narrowly(self, text: str, start: int, row: dict[str, int]) -> tuple[re.Match[str], str]:
        """Return the word at `start` by the kinds that `row` accepts alone. Raises Unexpected."""
        accepted = self._anywhere.union(self._all.intersection(row))
        found = self._matcher(accepted).match(text, start)
        kind = self._kind(found, row)
        if found is not None and kind is not None:
            return found, kind
        found = self._matcher(self._all).match(text, start)
        if found is None:
            raise Unexpected("", start, start + 1, text[start], frozenset(row))
        kind = self._kind(found, dict.fromkeys(self._all, 0)) or ""
        raise Unexpected(kind, start, found.end(), text[start : found.end()], frozenset(row))

    def _matcher(self, names: frozenset[str]) -> re.Pattern[str]:
        """Return the expression for words of these kinds, after blanks; keywords are left to the name, if asked."""
        kinds = names.difference(self._tables.words.values()) if self._tables.name in names else names
        pattern = self._known.get(kinds)
        if pattern is None:
            groups = (f"(?P<{t.name}>{t.pattern})" for t in self._tables.terminals if t.name in kinds)
            pattern = self._known[kinds] = re.compile(f"{self._skip.pattern}(?:{'|'.join(groups)})")
        return pattern
