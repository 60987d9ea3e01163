"""The short ways through YAML end where the library's own ways end: the same events, places and problems."""

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner

from cellc.language.yaml_events import EventParser, EventScanner

ROOT = Path(__file__).parents[2]

PARTS = (
    *(
        "a",
        "key",
        "b1",
        "list(T 1..3)",
        "it's",
        "x y",
        "  ",
        " ",
        "\n",
        "\n  ",
        "\n    ",
        "\n\n",
        "\r\n",
        "\t",
        "# c",
        "#",
    ),
    *(
        ": ",
        ":",
        ":\n",
        "- ",
        "-",
        "---",
        "...",
        "?",
        "? ",
        ", ",
        ",",
        "[",
        "]",
        "{",
        "}",
        "'",
        '"',
        "''",
        '"q"',
        "'s'",
    ),
    *(
        "|\n",
        ">-\n",
        "|2\n",
        "| # c\n",
        "%",
        "@",
        "&a ",
        "*a",
        "!t ",
        "\ufeff",
        "é",
        "\xa0",
        "http://x",
        "..",
        "1.",
        "\\n",
    ),
    *(
        "a: b\n",
        "a:\n  b: c\n",
        "- a\n- b\n",
        "{a: b}",
        "[a, b]",
        "a: |\n  t\n  u\n",
        "a: b\n\n# c\n",
        "\n   c",
        ": x\n",
    ),
)


class PlainScanner(Scanner):
    scanner_processing_version = processing_version = (1, 2)
    comment_handling = None
    reader: Any = None

    def __init__(self, text: str) -> None:
        self.reader = Reader(text)
        super().__init__()


class PlainParser(Parser):
    scanner: Any = None
    resolver: Any = None

    def __init__(self, scanner: PlainScanner) -> None:
        super().__init__(loader=scanner)
        self.scanner = self.resolver = scanner


def told(parser: Any) -> list[tuple[Any, ...]]:
    """Return what a parser says about its text, up to the end or the first problem."""
    said: list[tuple[Any, ...]] = []
    while True:
        try:
            event = parser.get_event()
        except MarkedYAMLError as problem:
            mark = problem.problem_mark or problem.context_mark
            return [*said, (problem.problem, problem.context, mark.index if mark else None)]
        except (YAMLError, ValueError, IndexError) as problem:
            return [*said, (type(problem),)]
        if event is None:
            return said
        details = [getattr(event, name, None) for name in ("value", "style", "flow_style", "anchor", "tag", "explicit")]
        said.append((type(event), event.start_mark.index, event.end_mark.index, *details))


@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join))
def test_any_text_is_told_as_ruamel_tells_it(text: str) -> None:
    if text.lstrip("\ufeff").startswith("%") or "\n%" in text:
        return  # directives are refused before they are read
    assert told(EventParser(EventScanner(text))) == told(PlainParser(PlainScanner(text)))


def test_the_examples_and_their_beginnings_are_told_as_ruamel_tells_them() -> None:
    for path in sorted((ROOT / "examples").rglob("*.cell.yaml")):
        whole = path.read_text(encoding="utf-8")
        for end in range(0, len(whole) + 1, 97):
            text = whole[: end or None]
            assert told(EventParser(EventScanner(text))) == told(PlainParser(PlainScanner(text)))
