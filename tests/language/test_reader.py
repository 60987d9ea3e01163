"""YAML with the place of every character, and what of YAML is refused."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellc.language import reader
from cellc.language.diagnostics import Report
from cellc.language.reader import MAX_CHARACTERS, Mapping, Scalar, Sequence, YamlNode, read
from cellc.language.span import Source
from cellc.language.text import Text

WORDS = st.text(alphabet="abcXYZ059_é漢😀", min_size=1, max_size=6)
BREAKS = st.sampled_from(["\n", "\r\n", "\r"])
STYLES = ["plain", "single", "double", "literal", "folded"]


def tree(text: str) -> tuple[YamlNode | None, Report]:
    report = Report()
    return read(Source("file", text), report), report


def codes(text: str) -> list[str]:
    return [d.code for d in tree(text)[1].diagnostics]


def write(style: str, lines: list[list[str]], gap: int, indent: int, chomp: str, eol: str) -> str:
    """Return a scalar of words over lines, in a style of YAML, as the value of a key that is indented by two."""
    margin = " " * (2 + indent)
    between = eol * gap + margin
    body = between.join(" ".join(words) for words in lines)
    match style:
        case "plain":
            return body
        case "single":
            return f"'{body} it''s'"
        case "double":
            return f'"{body} \\t\\u00e9\\U0001F600\\\\ joined \\{eol}{margin}here"'
    header = ("|" if style == "literal" else ">") + chomp
    return f"{header}{eol}{margin}{body}{eol}"


@given(
    style=st.sampled_from(STYLES),
    lines=st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=1, max_size=4),
    gap=st.integers(1, 3),
    indent=st.integers(1, 5),
    chomp=st.sampled_from(["", "-", "+"]),
    eol=BREAKS,
    bom=st.booleans(),
)
def test_the_place_of_each_word_is_that_word(
    style: str, lines: list[list[str]], gap: int, indent: int, chomp: str, eol: str, bom: bool
) -> None:
    value = write(style, lines, gap, indent, chomp, eol)
    text = ("\ufeff" if bom else "") + f"outer:{eol}  key: {value}{eol}  last: end{eol}"
    root, report = tree(text)
    assert report.diagnostics == ()
    assert isinstance(root, Mapping)
    inner = root.entries[0][1]
    assert isinstance(inner, Mapping)
    scalar = inner.entries[0][1]
    assert isinstance(scalar, Scalar)
    at = 0
    for word in [word for line in lines for word in line]:
        at = scalar.content.index(word, at)
        span = scalar.text.span(at, at + len(word))
        assert text[span.start : span.end] == word
        at += len(word)


@given(
    st.sampled_from(STYLES), st.lists(st.lists(WORDS, min_size=1), min_size=1, max_size=3), st.integers(1, 3), BREAKS
)
def test_each_character_is_itself_or_a_whole_escape(style: str, lines: list[list[str]], gap: int, eol: str) -> None:
    text = f"outer:{eol}  key: {write(style, lines, gap, 2, '+', eol)}{eol}"
    root, _ = tree(text)
    assert isinstance(root, Mapping)
    assert isinstance(root.entries[0][1], Mapping)
    scalar = root.entries[0][1].entries[0][1]
    assert isinstance(scalar, Scalar)
    ends = [(scalar.text.start_of(i), scalar.text.end_of(i)) for i in range(len(scalar.content))]
    assert all(start < end for start, end in ends)
    assert all(before[1] <= after[0] for before, after in pairwise(ends))
    for character, (start, end) in zip(scalar.content, ends, strict=True):
        if end - start == 1 and character not in " \n":
            assert text[start] == character


@given(st.text(alphabet="ab\n", max_size=30), st.data())
def test_a_part_of_a_text_keeps_its_places(content: str, data: st.DataObject) -> None:
    root, _ = tree("k: |+\n" + "".join(f"  {line}\n" for line in content.split("\n")) + "e: 1\n")
    text = root.entries[0][1].text if isinstance(root, Mapping) else pytest.fail("not a mapping")
    assert isinstance(text, Text)
    start = data.draw(st.integers(0, len(text.content)))
    end = data.draw(st.integers(start, len(text.content)))
    part = text.part(start, end)
    assert part.content == text.content[start:end]
    assert part.whole == text.span(start, end)
    assert [part.span(i, i + 1) for i in range(end - start)] == [text.span(i, i + 1) for i in range(start, end)]


def test_a_scalar_keeps_its_source_text() -> None:
    root, _ = tree("version: 1.10\nflag: yes\nnothing:\n")
    assert isinstance(root, Mapping)
    assert [value.content for _, value in root.entries if isinstance(value, Scalar)] == ["1.10", "yes", ""]


def test_collections_know_where_they_are() -> None:
    text = "a:\n  b: 1\n  c: [x, {y: z}]\n\n# end\nd: 2\n"
    root, _ = tree(text)
    assert isinstance(root, Mapping)
    inner = root.entries[0][1]
    assert text[inner.span.start : inner.span.end] == "b: 1\n  c: [x, {y: z}]"
    assert isinstance(inner, Mapping)
    items = inner.entries[1][1]
    assert isinstance(items, Sequence)
    assert items.flow
    assert text[items.span.start : items.span.end] == "[x, {y: z}]"


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a: &x 1\n", "E103", "&x"),
        ("a: *x\n", "E103", "*x"),
        ("a: !!str 1\n", "E103", "!!str"),
        ("a: !x [1]\n", "E103", "!x"),
        ("<<: {a: 1}\n", "E103", "<<"),
        ("{[a]: 1}\n", "E103", "[a]"),
        ("a: 1\n---\nb: 2\n", "E103", "---"),
        ("%YAML 1.2\n---\na: 1\n", "E101", "%"),
        ("a: 1\nb: 2\na: 3\n", "E102", "a"),
        ("a:\n\tb: 1\n", "E101", "\t"),
        ("a: x: y\n", "E101", ":"),
        ('a: "x\n', "E101", ""),
        ('a: "\\ud800"\n', "E101", "\\ud800"),
        ('a: "\\UFFFFFFFF"\n', "E101", None),
        ('a: "\\q"\n', "E101", "q"),
        ("a: \x00\n", "E101", "\x00"),
        ("a: b\u2028c\n", "E101", "\u2028"),
        ("a: b\ufeffc\n", "E101", "\ufeff"),
        ("a: [1, 2\n", "E101", ""),
        ("a: @x\n", "E101", "@"),
        ("", "E107", ""),
        ("# only a comment\n", "E107", ""),
    ],
)
def test_what_is_refused_is_pointed_at(text: str, code: str, place: str | None) -> None:
    report = tree(text)[1]
    assert [d.code for d in report.diagnostics] == [code]
    span = report.diagnostics[0].span
    if place is not None:
        assert text[span.start : span.end] == place


def test_a_duplicate_key_has_both_places() -> None:
    (found,) = tree("a: 1\nb: 2\na: 3\n")[1].diagnostics
    assert (found.span.start, found.labels[0].span.start) == (10, 0)


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 40)]
    report = tree("\n".join(lines))[1]
    assert [(d.code, d.span.start) for d in report.diagnostics] == [("E103", 4)]


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "a: " + "{b: " * 5_000, "- " * 5_000, "\n".join(" " * i + "a:" for i in range(500))]
)
def test_deep_nesting_is_refused_and_not_recursed_into(text: str) -> None:
    assert codes(text) == ["E117"]


@pytest.mark.parametrize("text", ["a" * (MAX_CHARACTERS + 1), "[" * 10_000_000, "a: b\n" * 2_000_000])
def test_a_large_file_is_refused_at_once(text: str) -> None:
    assert codes(text) == ["E104"]


@pytest.mark.parametrize(
    ("first", "part", "last"), [("[", "1,", "]"), ("{", "a: b, ", "}"), ("", "- a\n", ""), ("[", "'',\n", "]")]
)
def test_a_file_of_very_many_values_is_refused_before_it_has_been_read(
    first: str, part: str, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_NODES", 1_000)
    text = first + part * 1_000 + last
    report = tree(text)[1]
    (found,) = (d for d in report.diagnostics if d.code != "E102")
    assert (found.code, found.fields["limit"]) == ("E104", "as many")
    assert found.span.start < len(text) - 1


@pytest.mark.parametrize("style", ['a: "{}"', "a: '{}'", "a: {}b", "a: |\n {}\n"])
def test_long_runs_of_spaces_cost_linear_time(style: str) -> None:
    found, report = tree(style.replace("{}", "x" + " " * 300_000 + "y"))  # quadratic cost would meet the time limit
    assert found is not None
    assert report.diagnostics == ()
