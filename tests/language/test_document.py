"""Whole modules: the tree, the place of every name in it, the document's shape, and that any text gives diagnostics."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellc.language import ast
from cellc.language.diagnostics import Report
from cellc.language.document import parse_module
from cellc.language.span import Source

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("*.cell.yaml"))


def parse(text: str) -> tuple[ast.Module, list[str]]:
    """Return the module and its problems as `CODE line:column underlined`."""
    report, source = Report(), Source("m.cell.yaml", text)
    module = parse_module(source, report)
    assert module is not None
    found = []
    for d in report.diagnostics:
        position = source.position(d.span.start)
        found.append(f"{d.code} {position.line}:{position.column} {source.cut(d.span)}")
    return module, found


def problems(text: str) -> list[str]:
    return parse(text)[1]


def hints(text: str) -> list[str]:
    report = Report()
    parse_module(Source("m.cell.yaml", text), report)
    return [f"{d.message} | {d.hint}" for d in report.diagnostics]


def walk(node: Any) -> list[Any]:
    if isinstance(node, tuple):
        return [found for item in node for found in walk(item)]
    if not isinstance(node, ast.Syntax):
        return []
    return [node, *(found for name in node.__struct_fields__ for found in walk(getattr(node, name)))]


def bare(node: Any) -> Any:
    """Return a node as nested tuples without places: a short form for comparisons."""
    if isinstance(node, tuple):
        return tuple(bare(item) for item in node)
    if isinstance(node, ast.Ident):
        return node.text
    if not isinstance(node, ast.Syntax):
        return node
    parts = [getattr(node, name) for name in node.__struct_fields__ if "span" not in name]
    return (type(node).__name__, *(bare(part) for part in parts))


def assert_names_are_where_they_say(text: str, module: ast.Module) -> None:
    for node in walk(module):
        if isinstance(node, ast.Ident | ast.Name):
            assert text[node.span.start : node.span.end].strip("\"'") == node.text
        if isinstance(node, ast.Binary):
            assert text[node.op_span.start : node.op_span.end] == node.op
        if hasattr(node, "span"):
            assert node.span.start <= node.span.end


# --- the examples ---


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_an_example_reads_without_a_diagnostic_and_its_names_are_in_place(path: Path, eol: str) -> None:
    text = path.read_text(encoding="utf-8").replace("\n", eol)
    module, found = parse(text)
    assert found == []
    assert_names_are_where_they_say(text, module)


def test_hello_is_this_tree() -> None:
    (path,) = (path for path in EXAMPLES if path.name == "hello.cell.yaml")
    module, _ = parse(path.read_text(encoding="utf-8"))
    (cell,) = module.cells
    assert bare(cell.input) == (("FieldType", "name", False, ("RangedType", "string", Decimal(1), Decimal(80))),)
    assert bare(cell.body) == (
        "DoBody",
        (
            ("Assign", "now", None, ("Flow", ("Call", "time.now", ()), None, (), None, None)),
            (
                "Return",
                (
                    "Flow",
                    (
                        "RecordExpr",
                        (
                            ("Entry", "greeting", ("Format", ("Hello, ", ("Name", "name"), "!"))),
                            ("Entry", "at", ("Name", "now")),
                        ),
                    ),
                    None,
                    (),
                    None,
                    None,
                ),
            ),
        ),
    )


# --- places, in every style of scalar ---

SCRIPT = 'total = price * größer + f(amount=total, note="é😀", when=other)'.replace("größer", "greater")
LAYOUTS = {
    "plain": "    do: {script}{eol}",
    "plain over lines": "    do:{eol}      {script}{eol}",
    "single": "    do: '{script}'{eol}",
    "literal": "    do: |{eol}        {script}{eol}        again = total{eol}",
    "literal with indicators": "    do: |2-{eol}      {script}{eol}",
    "folded": "    do: >-{eol}      {script}{eol}",
    "literal in CRLF after a comment": "    # é{eol}    do: |+{eol}{eol}      {script}{eol}{eol}",
}


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_names_in_a_script_are_in_place_in_every_style(layout: str, eol: str) -> None:
    head = f"cellc: 1{eol}description: größe 😀{eol}cells:{eol}  a:{eol}    in: {{price: int}}{eol}"
    text = head + layout.format(script=SCRIPT, eol=eol)
    module, found = parse(text)
    assert found == []
    assert_names_are_where_they_say(text, module)
    assert len([n for n in walk(module) if isinstance(n, ast.Name)]) >= 4


NAMES = st.from_regex(r"[a-z]{1,5}_", fullmatch=True)


@given(NAMES, NAMES, NAMES, st.sampled_from(["\n", "\r\n"]), st.integers(1, 4), st.sampled_from(["'", '"', ""]))
def test_names_are_in_place_whatever_stands_around_them(
    a: str, b: str, c: str, eol: str, width: int, quote: str
) -> None:
    pad, gap = " " * width, eol + " " * (8 + width)
    lines = [
        "cellc: 1",
        f"types: {{T: {{{a}: {quote}{b} | null{quote}}}}}",
        "cells:",
        f"  {a}:",
        f"{pad}   in:{pad}{{{b}?: T}}",
        f"{pad}   topology:",
        f"{pad}     {c}: {quote}{b}(x={a}.{c}, y=[{b}{gap}for {b} in {c}]){gap}when {a} != {b}{quote}",
        f"{pad}     return: {{{a}: {quote}{c} + {b}{quote}, 'é{a}': [{c}]}}",
    ]
    text = eol.join(lines) + eol
    module, found = parse(text)
    assert found == []
    assert_names_are_where_they_say(text, module)


# --- Cell text in YAML ---


def test_lost_quotes_are_reported_with_both_fixes() -> None:
    text = "cellc: 1\ntypes:\n  A: {kind: 'card'}\n"
    assert problems(text) == ["E114 3:13 'card'"]
    (hint,) = hints(text)
    assert "write card without quotes" in hint
    assert "`\"'card'\"`" in hint


def test_text_split_at_a_comma_is_one_problem() -> None:
    assert problems("cellc: 1\ntypes:\n  A: {s: enum(a, b), n: int}\n") == ["E115 3:10 enum(a, b)"]
    assert problems("cellc: 1\ntypes:\n  A: [enum(a, b)]\n") == ["E115 3:7 enum(a, b)"]


def test_a_script_whose_lines_yaml_joins_needs_a_bar() -> None:
    text = "cellc: 1\ncells:\n  a:\n    do:\n      x = 1\n      y = 2\n"
    assert problems(text) == ["E112 5:7 x = 1\n      y = 2"]
    assert "do: |" in hints(text)[0]


def test_a_bad_body_hides_nothing_elsewhere() -> None:
    text = """\
cellc: 1
types:
  T: lst(
cells:
  a:
    do: |
      x = 1
      y += 1
  b:
    in: {x: 1 |}
    do: |
      if x = 1:
        pass
  c:
    topology:
      n: f(
      return: {a: g(b) +}
"""
    assert problems(text) == [
        "E115 3:9 (",
        "E112 8:9 +=",
        "E110 10:16 ",
        "E112 12:12 =",
        "E115 16:11 (",
        "E111 17:24 +",
    ]


def test_brackets_as_deep_as_one_likes_are_refused_without_recursion() -> None:
    deep = "(" * 20_000 + "1" + ")" * 20_000
    minus = "- " * 20_000 + "1"
    plus = " + ".join("1" * 20_000)
    for text in (deep.replace("(", "[").replace(")", "]"), minus, plus, "not " * 20_000 + "x"):
        module, found = parse(f"cellc: 1\ncells:\n  a:\n    do: |\n      x = {text}\n")
        assert [problem[:4] for problem in found] == ["E117"]
        assert module.cells[0].body is None


def test_an_f_string_takes_the_escapes_of_texts() -> None:
    module, found = parse('cellc: 1\ncells:\n  a:\n    do: |\n      f(x=f"\\u00e9\\x41{n}\\U0001F600\\n")\n')
    assert found == []
    (formatted,) = (node for node in walk(module) if isinstance(node, ast.Format))
    assert formatted.parts[0] == "éA"
    assert formatted.parts[2] == "😀\n"


# --- templates ---


def template(value: str) -> Any:
    module, found = parse(f"cellc: 1\neffects:\n  e:\n    with:\n      v: {value}\n")
    assert found == []
    config = module.effects[0].config
    assert config is not None
    return bare(config.entries[0][1])


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5", 5),
        ("0x1F", 31),
        ("true", True),
        ("'true'", "true"),
        ("null", None),
        ("~", None),
        ("1.50", Decimal("1.50")),
        ("yes", "yes"),
        (".nan", ".nan"),
        ("UPDATE stock SET qty = qty - :qty WHERE sku = :sku", "UPDATE stock SET qty = qty - :qty WHERE sku = :sku"),
        ("$${x} costs $5 {a}", "${x} costs $5 {a}"),
    ],
)
def test_a_template_without_holes_is_a_value(written: str, value: object) -> None:
    assert template(written) == ("Constant", value)


def test_a_template_that_is_one_hole_is_its_expression() -> None:
    assert template("${order.id}") == ("Field", ("Name", "order"), "id")
    assert template('"${ {a: 1}.a }"') == ("Field", ("RecordExpr", (("Entry", "a", ("Constant", 1)),)), "a")
    assert template("'${f(\"}\")}'")[0] == "Call"


def test_a_template_with_text_around_is_text() -> None:
    assert template("${env.URL}/charges") == ("Format", (("Field", ("Name", "env"), "URL"), "/charges"))
    assert template("a ${b} $${c} ${d}") == ("Format", ("a ", ("Name", "b"), " ${c} ", ("Name", "d")))


def test_collections_in_templates_stay_collections() -> None:
    assert template("{a: [1, '${b}'], X-Y: {}}") == (
        "TemplateRecord",
        (
            ("a", ("TemplateList", (("Constant", 1), ("Name", "b")))),
            ("X-Y", ("TemplateRecord", ())),
        ),
    )


def test_a_bad_hole_is_pointed_at_and_the_rest_is_read() -> None:
    text = 'cellc: 1\neffects:\n  e:\n    with: {a: "x ${b", c: "${d +}", e: "é\\t${f g}"}\n'
    assert problems(text) == ["E111 4:18 ${", "E111 4:32 +", "E111 4:48 g"]


# --- the document's shape ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[1]", ["E107 1:1 [1]"]),
        ("just text", ["E107 1:1 just text"]),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(text: str, expected: list[str]) -> None:
    report, source = Report(), Source("m", text)
    assert parse_module(source, report) is None
    assert [f"{d.code} 1:1 {source.cut(d.span)}" for d in report.diagnostics] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("module: a\n", ["E106 1:1 "]),
        ("cellc: 2\n", ["E108 1:8 2"]),
        ("cellc: 1\nmodul: x\n", ["E105 2:1 modul"]),
        ("cellc: 1\nversion: 1.10\n", ["E107 2:10 1.10"]),
        ("cellc: 1\ncells: [a]\n", ["E107 2:1 cells"]),
        ("cellc: 1\ncells:\n", []),
        ("cellc: 1\ncells:\n  a: 5\n", ["E107 3:6 5"]),
        ("cellc: 1\ncells:\n  a: {out: int}\n", ["E106 3:3 a"]),
        ("cellc: 1\ncells:\n  a: {do: pass, topology: {}}\n", ["E107 3:3 a"]),
        ("cellc: 1\ncells:\n  a: {do: pass, inn: {}}\n", ["E105 3:17 inn"]),
        ("cellc: 1\ncells:\n  a: {do: pass, errors: E}\n", ["E107 3:25 E"]),
        ("cellc: 1\ncells:\n  a: {do: pass, errors: [E, 5]}\n", ["E107 3:29 5"]),
        ("cellc: 1\ncells:\n  if: {do: pass}\n", ["E109 3:3 if"]),
        ("cellc: 1\ncells:\n  a-b: {do: pass}\n", ["E109 3:3 a-b"]),
        ("cellc: 1\ncells:\n  a: {do: pass, in: {match: int}}\n", ["E109 3:22 match"]),
        ("cellc: 1\ncells:\n  a:\n    topology: {for: f(x)}\n", ["E109 4:16 for"]),
        ("cellc: 1\neffects:\n  a.if: {in: {if: int}}\n", ["E109 3:3 a.if"]),
        ("cellc: 1\neffects:\n  a: {timeout: 5}\n", ["E107 3:16 5"]),
        ("cellc: 1\neffects:\n  a: {timeout: 99999999999d}\n", ["E107 3:16 99999999999d"]),
        ("cellc: 1\neffects:\n  a: {delivery: twice}\n", ["E107 3:17 twice"]),
        ("cellc: 1\neffects:\n  a: {retry: {attempts: 0, factr: 2}}\n", ["E107 3:25 0", "E105 3:28 factr"]),
        ("cellc: 1\ntypes:\n  A: [int, string]\n", ["E107 3:3 A"]),
        ("cellc: 1\ntypes:\n  A: {b c: int}\n", ["E109 3:7 b c"]),
        ("cellc: 1\ntypes:\n  A:\n", ["E110 3:5 "]),
        ("cellc: 1\ncells:\n  a:\n    do: ''\n", ["E112 4:9 "]),
    ],
)  # fmt: skip
def test_each_mistake_of_shape_is_one_diagnostic_at_its_place(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


def test_an_unknown_key_has_a_suggestion() -> None:
    assert hints("cellc: 1\neffects:\n  a: {deliverey: once}\n") == [
        "an effect has no key `deliverey` | did you mean `delivery`?"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "use:\n  a: {path: ./a.cell.yaml, version: ^1.2}\n",
        "events:\n  a.b: {data: T, key: data.x, keep: 30d}\n",
        "triggers:\n  a: {http: POST /orders, key: body.id}\n",
        'triggers:\n  a: {cron: "0 2 * * 1-5", timezone: Europe/Paris, run: b, with: {}, catch_up: 1h}\n',
        "effects:\n  a: {limits: {concurrency: 20, rate: 50/s}}\n",
        "effects:\n  a: {key_lifetime: 3d}\n",
        "effects:\n  a: {probe: b}\n",
        "effects:\n  a: {retry: {on: [E]}}\n",
        "cells:\n  a: {python: 'x.y:Z'}\n",
        "cells:\n  a: {topology: b -> c -> d}\n",
        "cells:\n  a:\n    topology:\n      n:\n        call: f(x) when y within 3d\n        catch: {Timeout: g(x)}\n",
        "cells:\n  a:\n    topology:\n      n: {call: f(x), until: it.done, every: 5s, max: 3, from: {a: b}}\n",
    ],
)
def test_every_form_of_the_edition_is_read(text: str) -> None:
    assert problems("cellc: 1\n" + text) == []


def test_retry_and_timeout_are_values() -> None:
    module, _ = parse(
        "cellc: 1\neffects:\n  a: {timeout: 1.5h, retry: {attempts: 5, delay: 200ms, factor: 2, jitter: 0.2}}\n"
    )
    (effect,) = module.effects
    assert bare(effect.timeout) == ("Duration", timedelta(hours=1.5))
    assert bare(effect.retry) == (
        "RetryDecl",
        5,
        ("Duration", timedelta(milliseconds=200)),
        Decimal(2),
        None,
        Decimal("0.2"),
        (),
    )


def test_optional_and_odd_fields_keep_their_names() -> None:
    module, found = parse("cellc: 1\ntypes:\n  A: {a?: int, 'b-c': [int], if: {d: T?}}\n")
    assert found == []
    assert [(f.name.text, f.optional) for f in module.types[0].type.fields] == [
        ("a", True),
        ("b-c", False),
        ("if", False),
    ]


def test_absent_errors_and_effects_are_not_empty_ones() -> None:
    module, _ = parse("cellc: 1\ncells:\n  a: {do: pass}\n  b: {do: pass, errors: [], effects: [x.y]}\n")
    assert (module.cells[0].errors, module.cells[0].effects) == (None, None)
    assert (module.cells[1].errors, bare(module.cells[1].effects)) == ((), ("x.y",))


# --- any text at all ---

PIECES = (
    "cellc: 1\n¦cells:\n¦types:\n¦  a:\n¦    do: |\n¦      ¦    topology:\n¦    in: ¦    with:\n¦{¦}¦[¦]¦(¦)¦, ¦: ¦'¦\""
    '¦|¦>¦-¦\n¦\r\n¦\t¦  ¦#¦&a¦*a¦!¦%¦if x¦for x in y¦else¦try:¦x¦1¦1.5¦30s¦a.b¦=¦==¦+¦??¦f"{¦}"¦${¦$${¦é¦😀¦\\'
    "¦\\u00e9¦\x00¦\u2028¦\ufeff¦not ¦is ¦as ¦when ¦raise ¦return ¦enum(a | b)"
)
TEXTS = st.lists(st.sampled_from(PIECES.split("¦")), max_size=40).map("".join)


@settings(max_examples=300)
@given(st.one_of(st.text(), TEXTS))
def test_any_text_gives_a_module_or_diagnostics(text: str) -> None:
    report = Report()
    module = parse_module(Source("any", text), report)
    assert module is not None or report.diagnostics
    for d in report.diagnostics:
        assert d.message
        assert d.hint is not None
        assert 0 <= d.span.start <= d.span.end <= len(text)


@settings(max_examples=300)
@given(TEXTS)
def test_any_script_gives_a_module_and_diagnostics_inside_it(script: str) -> None:
    lines = "".join(f"      {line}\n" for line in script.split("\n"))
    parse_module(Source("any", f"cellc: 1\ncells:\n  a:\n    do: |\n{lines}"), Report())


def test_every_line_of_a_script_that_does_not_read_is_told_and_none_because_of_another() -> None:
    lines = ["n += 1", "for i on xs:", "  n -= 2", "return n"]
    script = "".join(f"      {line}\n" for line in lines)
    found = problems(f"cellc: 1\ncells:\n  a:\n    do: |\n{script}")
    assert [problem[:4] for problem in found] == ["E112", "E112", "E112"]
    alone = problems("cellc: 1\ncells:\n  a:\n    do: |\n      try:\n        f()\n      x = 1\n      y = 2\n")
    assert len(alone) == 1
