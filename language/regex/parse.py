r"""Regular expressions as trees, from two dialects: RE2 (the language's own) and ECMA 262 (JSON Schema's).

Supported: literals, `.`, classes with ranges and negation, `\d \w \s` and their opposites (ASCII, as both dialects
mean them), the general categories `\p{L}` or `\p{Letter}`, escapes, `| * + ? {n} {n,} {n,m}` (lazy ones too: the
language is the same), groups of every kind, `^ $ \A \z`, `(?i)` and `(?s)` at the start or for a group, and lookahead
where it is not repeated. Not regular, or not supported: back-references, lookbehind, `\b`, `(?m)`, possessive repeats,
scripts.
"""

import re
from functools import lru_cache
from typing import Literal, TypeAlias

import msgspec

from cellc.language.regex import chars
from cellc.language.regex.chars import Ranges

Dialect: TypeAlias = Literal["re2", "ecma"]


class NotRegular(ValueError):  # noqa: N818 -- named for what the pattern is
    """The pattern does not parse, or uses what is not supported."""


class Chars(msgspec.Struct, frozen=True):
    """One character of these."""

    ranges: Ranges


class Sequence(msgspec.Struct, frozen=True):
    """One part after the other; without parts, the empty text."""

    parts: tuple["Tree", ...]


class Choice(msgspec.Struct, frozen=True):
    """One of the parts."""

    parts: tuple["Tree", ...]


class Repeat(msgspec.Struct, frozen=True):
    """`part`, `low` to `high` times."""

    part: "Tree"
    low: int
    high: int | None


class Edge(msgspec.Struct, frozen=True):
    """The start or the end of the text."""

    start: bool


class Look(msgspec.Struct, frozen=True):
    """What follows matches `part`, or must not."""

    part: "Tree"
    negative: bool


Tree: TypeAlias = Chars | Sequence | Choice | Repeat | Edge | Look

EMPTY = Sequence(())

_MOST_REPEATS = 100_000
_MOST_UNROLLED = 8
_MOST_DEPTH = 100
_QUANTIFIER = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_NEWLINES = {"re2": ((10, 10),), "ecma": ((10, 10), (13, 13), (0x2028, 0x2029))}
_ECMA_SPACES = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_SPACES: dict[Dialect, Ranges] = {
    "re2": ((9, 10), (12, 13), (32, 32)),
    "ecma": chars.normal((ord(space), ord(space)) for space in _ECMA_SPACES),
}
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_POSIX: dict[str, Ranges] = {
    "alpha": ((65, 90), (97, 122)),
    "digit": chars.DIGIT,
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "upper": ((65, 90),),
    "lower": ((97, 122),),
    "space": ((9, 13), (32, 32)),
    "xdigit": ((48, 57), (65, 70), (97, 102)),
    "word": chars.WORD,
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
}


@lru_cache(maxsize=2048)
def parse(pattern: str, dialect: Dialect) -> Tree:
    """Return the tree of `pattern`. Raises NotRegular."""
    parser = _Parser(pattern, dialect)
    tree = parser.choice()
    if not parser.at_end():
        raise NotRegular(f"unexpected `{parser.peek()}` at {parser.place}")
    return tree


def has_assertions(tree: Tree) -> bool:
    """Return whether edges or lookahead occur in `tree`."""
    match tree:
        case Edge() | Look():
            return True
        case Sequence(parts) | Choice(parts):
            return any(map(has_assertions, parts))
        case Repeat(part):
            return has_assertions(part)
        case Chars():
            return False


def sequence(parts: list[Tree]) -> Tree:
    """Return the parts one after the other; a single part is itself."""
    return parts[0] if len(parts) == 1 else Sequence(tuple(parts))


class _Parser:
    """Recursive descent over one pattern. `place` is the index of the next character."""

    def __init__(self, pattern: str, dialect: Dialect) -> None:
        self._text = pattern
        self._dialect = dialect
        self._ignore_case = False
        self._dot_all = False
        self._depth = 0
        self.place = 0

    def at_end(self) -> bool:
        return self.place >= len(self._text)

    def peek(self) -> str:
        return self._text[self.place : self.place + 1]

    def _take(self, wanted: str) -> bool:
        if self._text.startswith(wanted, self.place):
            self.place += len(wanted)
            return True
        return False

    def _next(self) -> str:
        if self.at_end():
            raise NotRegular("the pattern ends too early")
        self.place += 1
        return self._text[self.place - 1]

    def choice(self) -> Tree:
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise NotRegular("nested too deeply")
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self) -> Tree:
        parts: list[Tree] = []
        while not self.at_end() and self.peek() not in "|)":
            parts.append(self._quantified())
        return sequence(parts)

    def _quantified(self) -> Tree:
        part = self._atom()
        bounds = self._bounds()
        if bounds is None:
            return part
        self._take("?")  # lazy: the same language
        if self.peek() in {"*", "+", "?"} or _QUANTIFIER.match(self._text, self.place):
            raise NotRegular(f"two repeats at {self.place}")
        low, high = bounds
        if isinstance(part, Edge | Look):
            raise NotRegular("a repeated assertion")
        return _unrolled(part, low, high) if has_assertions(part) else Repeat(part, low, high)

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return bounds
        match = _QUANTIFIER.match(self._text, self.place)
        if match is None:
            return None
        self.place = match.end()
        low = int(match[1])
        high = low if match[2] is None else int(match[3]) if match[3] else None
        if (high is not None and high < low) or max(low, high or 0) > _MOST_REPEATS:
            raise NotRegular(f"bad repeat {match[0]}")
        return low, high

    def _atom(self) -> Tree:
        char = self._next()
        match char:
            case ".":
                return Chars(chars.ALL if self._dot_all else chars.invert(_NEWLINES[self._dialect]))
            case "^":
                return Edge(start=True)
            case "$":
                return Edge(start=False)
            case "(":
                return self._group()
            case "[":
                return Chars(self._class())
            case "\\":
                return self._escape()
            case "*" | "+" | "?":
                raise NotRegular(f"nothing to repeat at {self.place - 1}")
            case _:
                if 0xD800 <= ord(char) <= 0xDFFF:
                    raise NotRegular("half of a surrogate pair")
                return self._chars(((ord(char), ord(char)),))

    def _chars(self, ranges: Ranges) -> Chars:
        return Chars(chars.fold(ranges) if self._ignore_case else ranges)

    # --- groups ---

    def _group(self) -> Tree:
        flags = (self._ignore_case, self._dot_all)
        if self._take("?=") or self._take("?!"):
            negative = self._text[self.place - 1] == "!"
            return Look(self._close(self.choice()), negative)
        if self._take("?"):
            self._group_head()
            if self._text[self.place - 1] == ")":  # `(?i)`: until the end of the enclosing group
                return EMPTY
        tree = self._close(self.choice())
        self._ignore_case, self._dot_all = flags
        return tree

    def _close(self, tree: Tree) -> Tree:
        if not self._take(")"):
            raise NotRegular("a group is not closed")
        return tree

    def _group_head(self) -> None:
        """Read what follows `(?`: a name, or flags up to `:` or `)`."""
        name = re.compile(r"P?<([A-Za-z_]\w*)>").match(self._text, self.place)
        if name:
            self.place = name.end()
            return
        flags = re.compile(r"([is]*)(?:-([is]*))?[:)]").match(self._text, self.place)
        if flags is None:
            raise NotRegular(f"a group that is not supported at {self.place - 2}")
        if flags[0] == ")" or (flags[0][-1] == ")" and self._depth > 1):
            raise NotRegular("flags in the middle of a group")
        on, off = flags[1], flags[2] or ""
        self._ignore_case = ("i" in on) or (self._ignore_case and "i" not in off)
        self._dot_all = ("s" in on) or (self._dot_all and "s" not in off)
        self.place = flags.end()

    # --- escapes and classes ---

    def _escape(self) -> Tree:
        letter = self.peek()
        edges = {"A": Edge(start=True), "z": Edge(start=False)} if self._dialect == "re2" else {}
        if letter in edges:
            self.place += 1
            return edges[letter]
        return self._chars(self._escaped_set())

    def _escaped_set(self) -> Ranges:
        """Read what follows a backslash as a set of characters."""
        letter = self._next()
        sets = {"d": chars.DIGIT, "w": chars.WORD, "s": _SPACES[self._dialect]}
        if letter in sets:
            return sets[letter]
        if letter.lower() in sets:
            return chars.invert(sets[letter.lower()])
        if letter in "pP":
            return self._category(negative=letter == "P")
        code = self._escaped_code(letter)
        return ((code, code),)

    def _escaped_code(self, letter: str) -> int:
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter == "a" and self._dialect == "re2":
            return 7
        if letter in "xu":
            return self._hexadecimal(letter)
        if letter == "c" and self._dialect == "ecma" and self.peek().isascii() and self.peek().isalpha():
            return ord(self._next()) % 32
        if letter == "0" and not self.peek().isdigit():
            return 0
        if letter.isalnum() or not " " <= letter <= "~":
            raise NotRegular(f"\\{letter} is not supported")
        return ord(letter)

    def _hexadecimal(self, letter: str) -> int:
        forms = r"\{([0-9A-Fa-f]{1,6})\}" + ("|([0-9A-Fa-f]{2})" if letter == "x" else "|([0-9A-Fa-f]{4})")
        match = re.compile(forms).match(self._text, self.place)
        if match is None or (letter == "u" and self._dialect == "re2"):
            raise NotRegular(f"\\{letter} at {self.place}")
        self.place = match.end()
        code = int(match[1] or match[2], 16)
        if 0xD800 <= code <= 0xDBFF:
            code = self._low_surrogate(code)
        if code > chars.LAST or 0xD800 <= code <= 0xDFFF:
            raise NotRegular("no such character")
        return code

    def _low_surrogate(self, high: int) -> int:
        match = re.compile(r"\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})").match(self._text, self.place)
        if match is None:
            raise NotRegular("half of a surrogate pair")
        self.place = match.end()
        return 0x10000 + (high - 0xD800) * 0x400 + int(match[1], 16) - 0xDC00

    def _category(self, *, negative: bool) -> Ranges:
        match = re.compile(r"\{(\^?)(?:(?:gc|General_Category)=)?(\w+)\}|([LMNPSZ])").match(self._text, self.place)
        if match is None:
            raise NotRegular(f"a character property at {self.place}")
        self.place = match.end()
        try:
            found = chars.category(match[2] or match[3])
        except KeyError as problem:
            raise NotRegular(f"the character property {match[0]}") from problem
        return chars.invert(found) if negative != bool(match[1]) else found

    def _class(self) -> Ranges:
        negative = self._take("^")
        found: Ranges = chars.NONE
        if self._dialect == "re2" and self._take("]"):
            found = ((93, 93),)
        while not self._take("]"):
            found = chars.join(found, self._class_item())
        found = chars.fold(found) if self._ignore_case else found
        return chars.invert(found) if negative else found

    def _class_item(self) -> Ranges:
        posix = re.compile(r"\[:(\^?)(\w+):\]").match(self._text, self.place) if self._dialect == "re2" else None
        if posix is not None:
            return self._posix(posix)
        low = self._class_char()
        if self.peek() != "-" or self._text[self.place + 1 : self.place + 2] in {"]", ""}:
            return low
        self.place += 1
        high = self._class_char()
        (first, *more), (last, *others) = low, high
        if more or others or first[0] != first[1] or last[0] != last[1] or first[0] > last[0]:
            raise NotRegular(f"a bad range in a class at {self.place}")
        return chars.joined([((first[0], last[0]),)])

    def _posix(self, match: re.Match[str]) -> Ranges:
        if match[2] not in _POSIX:
            raise NotRegular(f"the class {match[0]}")
        self.place = match.end()
        return chars.invert(_POSIX[match[2]]) if match[1] else _POSIX[match[2]]

    def _class_char(self) -> Ranges:
        char = self._next()
        if char != "\\":
            return ((ord(char), ord(char)),)
        if self._dialect == "ecma" and self._take("b"):
            return ((8, 8),)
        return self._escaped_set()


def _unrolled(part: Tree, low: int, high: int | None) -> Tree:
    """Return a repeat of a part with assertions as so many copies, each of which knows where it stands."""
    if high is None or high > _MOST_UNROLLED:
        raise NotRegular("a repeated assertion")
    tree: Tree = EMPTY
    for _ in range(high - low):
        tree = Choice((sequence([part, tree]), EMPTY))
    return sequence([*[part] * low, tree])
