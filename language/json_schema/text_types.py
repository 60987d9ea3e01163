"""Sets of text as types: literals, and `String` with an RE2 pattern for whole texts."""

from collections.abc import Sequence

from cellc.language.json_schema.writing import exported_pattern
from cellc.language.regex import Languages, NotRegular, parse, show_pattern
from cellc.language.regex.parse import Chars, Choice, Edge, Repeat, Tree, has_assertions, sequence
from cellc.language.regex.parse import Sequence as Row
from cellc.language.regex.rebuild import pattern_for
from cellc.language.subtype.goals import Meter, OverBudget
from cellc.language.subtype.sets import Text, Words
from cellc.language.subtype.texts import find_text, language_of
from cellc.language.text_forms import PATTERNS, pattern_problem
from cellc.language.types import NAMES, Literal, String, Type

_WORK = 50_000

_ANY_TEXT = Repeat(Chars(((0, 0xD7FF), (0xE000, 0x10FFFF))), 0, None)

_EXPORTED = {exported_pattern(PATTERNS[name]): type_ for name, type_ in NAMES.items() if name in PATTERNS}
_EXPORTED[exported_pattern(PATTERNS["decimal"])] = String(pattern=PATTERNS["decimal"])
"""The types whose exported pattern says exactly what they are; a decimal's text is put together with its numbers."""


def text_types(within: Sequence[Text | Words], without: Sequence[Text | Words]) -> tuple[list[Type], list[str]]:
    """Return the types of the texts in all of `within` and none of `without`, and what they do not carry."""
    languages = Languages(Meter(_WORK).spend)
    finite = [part.words for part in within if isinstance(part, Words)]
    if finite:
        words = sorted(frozenset.intersection(*finite))
        kept = [w for w in words if find_text(languages, [*within, Words(frozenset({w}))], without) is not None]
        return [Literal(word) for word in kept], []
    parts = [part for part in within if isinstance(part, Text)]
    low = max((part.low for part in parts), default=0)
    high = min((part.high for part in parts if part.high is not None), default=None)
    patterned = list(dict.fromkeys(part for part in parts if part.pattern is not None))
    if not patterned and not without:
        return [String(low, high)], []
    if len(patterned) == 1 and not without:
        known = _EXPORTED.get(patterned[0].pattern or "")
        if known is not None and (low, high) == (0, None):
            return [known], []
    pattern = _whole_pattern(languages, patterned, without)
    lost = [] if pattern is not None else ["a pattern, or texts that are excluded, that no RE2 pattern says"]
    return [String(low, high, pattern)], lost


def _whole_pattern(languages: Languages, parts: Sequence[Text], without: Sequence[Text | Words]) -> str | None:
    """Return an RE2 pattern for the whole texts that all of `parts` accept and none of `without`."""
    if any(isinstance(part, Text) and (part.low, part.high) != (0, None) for part in without):
        return None
    if len(parts) == 1 and not without and parts[0].dialect == "ecma":
        tree = _as_whole(parse(parts[0].pattern or "", "ecma"))
        text = None if tree is None else show_pattern(tree)
        if text is not None and pattern_problem(text) is None:
            return text
    try:
        allowed = [language_of(languages, part) for part in parts]
        refused = [languages.without(language_of(languages, part)) for part in without]
        text = pattern_for(languages, languages.both([*allowed, *refused]))
    except (OverBudget, NotRegular):
        return None
    return text if text is not None and pattern_problem(text) is None else None


def _as_whole(tree: Tree) -> Tree | None:
    """Return the tree of the whole texts in which `tree` is found; None where it has assertions inside."""
    if isinstance(tree, Choice) and has_assertions(tree):
        arms = [_as_whole(part) for part in tree.parts]
        return None if None in arms else Choice(tuple(arm for arm in arms if arm is not None))
    parts = list(tree.parts) if isinstance(tree, Row) else [tree]
    front, back = [_ANY_TEXT], [_ANY_TEXT]
    if parts and parts[0] == Edge(start=True):
        front, parts = [], parts[1:]
    if parts and parts[-1] == Edge(start=False):
        back, parts = [], parts[:-1]
    if any(map(has_assertions, parts)):
        return None
    return sequence([*front, *parts, *back])
