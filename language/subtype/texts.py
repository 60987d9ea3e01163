"""Questions about text: find one that is in all of some sets of text and in none of others.

Lengths and patterns are kept apart: the axis of lengths is cut where a bound of a forbidden set lies, and within one
piece only patterns count, so `string(..10000)` costs no automaton of 10000 states.
"""

from collections.abc import Sequence

from cellc.language.regex import Language, Languages
from cellc.language.regex.words import find_word
from cellc.language.subtype.lengths import common_length, pieces, spans
from cellc.language.subtype.sets import Text, Words
from cellc.language.text_forms import full_match


def find_text(languages: Languages, within: Sequence[Text | Words], without: Sequence[Text | Words]) -> str | None:
    """Return a text that is in all of `within` and in none of `without`."""
    finite = [part.words for part in within if isinstance(part, Words)]
    if finite:
        candidates = sorted(frozenset.intersection(*finite))
        return next((word for word in candidates if _fits(languages, word, within, without)), None)
    wanted = [part for part in within if isinstance(part, Text)]
    allowed = languages.both(language_of(languages, part) for part in wanted)
    for first, last in pieces(*common_length(wanted), [part for part in without if isinstance(part, Text)]):
        active = [part for part in without if isinstance(part, Words) or spans(part, first, last)]
        refused = languages.either(language_of(languages, part) for part in active)
        found = _find(languages, languages.both([allowed, languages.without(refused)]), first, last)
        if found is not None:
            return found
    return None


_PLAIN = r"[\t\n -~]*[\t -~]|"
"""Texts that every regular expression engine sees alike: in ASCII, without a newline at the end."""


def _find(languages: Languages, language: Language, low: int, high: int | None) -> str | None:
    r"""Return a text of `language`; a plain one where there is a choice.

    Engines differ about what `\d`, `\w`, `.` and a `$` before a last newline match beyond ASCII, so a witness that
    hangs on that would convince nobody.
    """
    found = find_word(languages, language, low, high)
    if found is None or full_match(_PLAIN, found):
        return found
    plain = languages.of_pattern(_PLAIN, "re2")
    return find_word(languages, languages.both([language, plain]), low, high) or found


def language_of(languages: Languages, part: Text | Words) -> Language:
    """Return the texts of `part`, whatever their length."""
    if isinstance(part, Words):
        return languages.either(map(languages.word, sorted(part.words)))
    if part.pattern is None:
        return languages.anything
    return languages.of_pattern(part.pattern, part.dialect)


def _fits(languages: Languages, word: str, within: Sequence[Text | Words], without: Sequence[Text | Words]) -> bool:
    return all(_has(languages, part, word) for part in within) and not any(
        _has(languages, part, word) for part in without
    )


def _has(languages: Languages, part: Text | Words, word: str) -> bool:
    if isinstance(part, Words):
        return word in part.words
    if len(word) < part.low or (part.high is not None and len(word) > part.high):
        return False
    return part.pattern is None or languages.contains(language_of(languages, part), word)
