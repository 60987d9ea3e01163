"""Regular expressions as languages: the same texts as Python's and RE2's own engines, and exact inclusion."""

import itertools
import random
import re

import interegular
import pytest
import re2

from cellc.language.regex import Language, Languages, NotRegular, parse, show_pattern
from cellc.language.regex.rebuild import pattern_for
from cellc.language.regex.words import find_word

WORDS = ["".join(letters) for size in range(5) for letters in itertools.product("abc1", repeat=size)]
_LEAVES = ["a", "b", "c", ".", "[ab]", "[^a]", "[a-b]", "(?:)", r"\d", r"\w"]
_REPEATS = ["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"]


def _pattern(chance: random.Random, depth: int) -> str:
    if depth == 0 or chance.random() < 0.3:
        return chance.choice(_LEAVES)
    one, two = _pattern(chance, depth - 1), _pattern(chance, depth - 1)
    forms = [one + two, one + two, f"(?:{one}|{two})", f"({one}|)", f"(?:{one}){chance.choice(_REPEATS)}"]
    forms += [f"^{one}", f"{one}$", f"(?={one}){two}", f"(?!{one}){two}"]
    return chance.choice(forms)


def _languages() -> Languages:
    return Languages(lambda _: None)


def _is_within(languages: Languages, one: Language, two: Language) -> bool:
    return find_word(languages, languages.both([one, languages.without(two)])) is None


def _same(languages: Languages, one: Language, two: Language) -> bool:
    return one is two or (_is_within(languages, one, two) and _is_within(languages, two, one))


def _check(seed: int) -> bool:
    """Compare one random pattern with the engines; False where it is not supported."""
    pattern = _pattern(random.Random(seed), 4)  # noqa: S311 -- a sample, no secret
    languages = _languages()
    try:
        found = languages.of_pattern(pattern, "ecma")
    except NotRegular:
        return False
    engine = re.compile(pattern)
    wrong = [word for word in WORDS if languages.contains(found, word) != bool(engine.search(word))]
    assert not wrong, (pattern, wrong)
    assert _same(languages, found, languages.of_pattern(show_pattern(parse(pattern, "ecma")), "ecma")), pattern
    whole = pattern_for(languages, found)
    if whole is not None:
        assert _same(languages, found, languages.of_pattern(whole, "re2")), (pattern, whole)
        matcher = re2.compile(whole)
        assert all(bool(matcher.fullmatch(w)) == languages.contains(found, w) for w in WORDS[::7]), (pattern, whole)
    return True


def test_random_patterns_accept_what_the_engines_accept() -> None:
    assert sum(map(_check, range(300))) > 250


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_sweep_of_random_patterns() -> None:
    assert sum(map(_check, range(1_000, 13_000))) > 10_000


@pytest.mark.parametrize(
    "pattern",
    [
        r"[A-Z]{3}-\d{4}",
        r"(?i)ab|C",
        r"[^\W\d]+",
        r"a\.b\x{e9}?",
        r"[[:alpha:]]+",
        r"\pL+",
        r"\p{Lu}",
        "(?s).+",
        r"\A\s\z",
    ],
)
def test_the_subset_means_what_re2_means(pattern: str) -> None:
    languages = _languages()
    found = languages.of_pattern(pattern, "re2")
    words = ["", "a", "B", "AB", "ab", "c", "ABC-1234", "é", "a.b", "a.bé", " ", "\n", "\v", "a\nb", "9", "_", "ß"]
    matcher = re2.compile(pattern)
    assert [languages.contains(found, w) for w in words] == [bool(matcher.fullmatch(w)) for w in words]


@pytest.mark.parametrize(
    "pattern",
    [r"(a)\1", r"\bword", "(?<=a)b", "a++", "(?m)^a", "(", "a)", "[b-a]", "*", "(?=a)*", "a{3,2}", r"\p{Greek}"],
)
def test_what_is_not_supported_is_refused(pattern: str) -> None:
    with pytest.raises(NotRegular):
        _languages().of_pattern(pattern, "ecma")


def test_a_text_of_a_length_is_found() -> None:
    languages = _languages()
    even = languages.of_pattern("(?:ab)*", "re2")
    assert find_word(languages, even, 3) == "abab"
    assert find_word(languages, even, 3, 3) is None
    assert find_word(languages, languages.of_pattern(".{0,10000}", "re2"), 10_001) is None


def _plain_pattern(chance: random.Random, depth: int) -> str:
    """Return a pattern of what both libraries know: no anchors, no lookahead."""
    if depth == 0 or chance.random() < 0.3:
        return chance.choice(["a", "b", "c", "[ab]", "[^a]", "[a-c]", r"\d", "a{2}"])
    one, two = _plain_pattern(chance, depth - 1), _plain_pattern(chance, depth - 1)
    return chance.choice([one + two, f"({one}|{two})", f"({one}){chance.choice(_REPEATS[:-1])}", f"({one}|)"])


def _compare_inclusion(seeds: range) -> dict[bool, int]:
    counts = {True: 0, False: 0}
    for seed in seeds:
        chance = random.Random(seed)  # noqa: S311 -- a sample, no secret
        one, two = (_plain_pattern(chance, 3) for _ in "12")
        two = chance.choice([two, f"({one}|{two})", f"({one})*"])
        languages = _languages()
        answer = _is_within(languages, languages.of_pattern(one, "re2"), languages.of_pattern(two, "re2"))
        oracle = interegular.parse_pattern(one).to_fsm().issubset(interegular.parse_pattern(two).to_fsm())
        assert answer == oracle, (one, two)
        counts[answer] += 1
    return counts


def test_inclusion_is_what_automata_say() -> None:
    assert min(_compare_inclusion(range(150)).values()) > 20


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_sweep_of_inclusion_against_automata() -> None:
    assert min(_compare_inclusion(range(1_000, 6_000)).values()) > 500
