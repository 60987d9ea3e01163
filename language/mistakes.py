"""Why a text does not parse, in the user's words: brackets first, then the table of habits, then what was expected.

The parsing library says where it stopped, at what kind of word, and which kinds could have stood there. That is the
place; the words come from here. Kinds beside those of the grammar: `?` a character that begins no word, `$END` the end
of the text.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from cellc.language.habits import BEFORE_BRACKETS, HABITS, Habit

Where: TypeAlias = Literal["type", "expression", "line", "pipeline", "script", "format"]
"""What kind of text it is; `format` is an expression inside an f-string."""

_REACH: Final = 200  # how far back an entry of the table can see, so that it costs the same in any text
_CLOSER: Final = {"(": ")", "[": "]", "{": "}"}
# a quote that is never closed takes its line: trying each of its characters again would cost the square of its length
_QUOTED_OR_BRACKET = re.compile(r""""(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|\#[^\n]*|[()\[\]{}]""")
_SIGNS: Final = {"COLON": "`:`", "COMMA": "`,`", "EQUAL": "`=`", "RPAR": "`)`", "RSQB": "`]`", "RBRACE": "`}`"}
_NAMES: Final = {"NAME": "a name", "IN": "`in`", "ELSE": "`else`", "EXCEPT": "`except`", "CASE": "`case`"}


@dataclass(frozen=True, slots=True)
class Stop:
    """Where parsing stopped: a word of `kind` from `start` to `end`, where one of the kinds `expected` had to come."""

    where: Where
    start: int
    end: int
    kind: str
    expected: frozenset[str]


class Mistake(NamedTuple):
    """A problem in a text: its place there and what to say. `code` is empty for the text's own code.

    `fix` is what to put at which place of the text, where that is certain.
    """

    start: int
    end: int
    reason: str
    hint: str = ""
    code: str = ""
    opens: bool = False
    fix: tuple[int, int, str] | None = None


def explain(text: str, stop: Stop) -> Mistake:
    """Return what to say about a text that does not parse."""
    line_start = text.rfind("\n", 0, stop.start) + 1 if stop.where == "script" else 0
    before = text[max(line_start, stop.start - _REACH) : stop.start]
    return (
        _first_fit(BEFORE_BRACKETS, text, before, stop)
        or bracket_mistake(text)
        or _first_fit(HABITS, text, before, stop)
        or _plain(text, stop)
    )


def _first_fit(habits: Iterable[Habit], text: str, before: str, stop: Stop) -> Mistake | None:
    return next((mistake for habit in habits if (mistake := _fit(habit, text, before, stop))), None)


def _fit(habit: Habit, text: str, before: str, stop: Stop) -> Mistake | None:
    """Return what `habit` says, if the text around the stop is of its kind."""
    if (habit.where and stop.where not in habit.where) or (habit.kinds and stop.kind not in habit.kinds):
        return None
    if habit.needs and habit.needs not in stop.expected:
        return None
    earlier = re.search(f"(?:{habit.before})\\Z", before)
    here = re.compile(habit.at).match(text, stop.start)
    if earlier is None or here is None:
        return None
    start, end = stop.start, here.end() if habit.at else stop.end
    base = stop.start - len(before)
    if "mark" in earlier.groupdict() and earlier["mark"] is not None:
        start = base + earlier.start("mark")
    if "only" in earlier.groupdict():
        start, end = base + earlier.start("only"), base + earlier.end("only")
    words: Mapping[str, str] = {"word": text[stop.start : stop.end], **earlier.groupdict(""), **here.groupdict("")}
    fix = _replacement(text, start, end, habit.fix.format_map(words)) if habit.fix is not None else None
    return Mistake(start, end, habit.reason.format_map(words), habit.hint.format_map(words), fix=fix)


def _replacement(text: str, start: int, end: int, by: str) -> tuple[int, int, str]:
    """Return a replacement that joins no two words, and takes the space after what it deletes."""
    if not by:
        return start, end + len(text[end:]) - len(text[end:].lstrip(" ")), by
    before = " " if _joined(text[start - 1 : start], by[0]) else ""
    after = " " if _joined(by[-1], text[end : end + 1]) else ""
    return start, end, f"{before}{by}{after}"


def _joined(left: str, right: str) -> bool:
    return re.fullmatch(r"\w\w", left + right) is not None


def _plain(text: str, stop: Stop) -> Mistake:
    wanted = [{**_SIGNS, **_NAMES}.get(kind, "") for kind in sorted(stop.expected)]
    hint = f"{' or '.join(wanted)} must come here" if 0 < len(wanted) <= 3 and all(wanted) else ""
    word = text[stop.start : stop.end]
    if stop.kind == "$END":
        reason = "it ends too early"
    elif stop.kind == "_NL":
        reason, hint = "the line ends too early", hint or "a statement goes on below only inside brackets"
    elif stop.kind == "?":
        reason = f"the character `{word}` cannot stand here"
    else:
        reason = f"`{word}` cannot stand here"
    return Mistake(stop.start, stop.end, reason, hint)


def bracket_mistake(text: str) -> Mistake | None:
    """Return the first bracket of `text` that has no partner, or None when all have one."""
    open_: list[re.Match[str]] = []
    for found in _QUOTED_OR_BRACKET.finditer(text):
        bracket = found.group()
        if bracket in _CLOSER:
            open_.append(found)
        elif bracket in _CLOSER.values():
            if not open_:
                return Mistake(found.start(), found.end(), f"`{bracket}` closes nothing", code="E115")
            opened = open_.pop().group()
            if _CLOSER[opened] != bracket:
                hint = f"write `{_CLOSER[opened]}`"
                return Mistake(found.start(), found.end(), f"`{opened}` is closed by `{bracket}`", hint, "E115")
    if open_:
        last = open_[-1]
        return Mistake(last.start(), last.end(), f"`{last.group()}` is never closed", code="E115", opens=True)
    return None
