"""The canonical form, case by case: what is written, and what it becomes."""

import pytest

from tests.formatting.corpus import formatted

HEAD = "cellc: 1\ncells:\n  a:\n"


def body(text: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in text.strip("\n").split("\n"))


def of_cell(text: str) -> str:
    """Return the canonical form of a cell's entries, which are written at the left."""
    made = formatted(HEAD + body(text))
    assert made is not None
    assert made.startswith(HEAD)
    return "".join(line[4:] if line.strip() else line for line in made.removeprefix(HEAD).splitlines(keepends=True))


CELLS = {
    "flow collections have no room inside their brackets": (
        "in: { a : int ,b: [ int ] }\ndo: pass",
        "in: {a: int, b: [int]}\ndo: pass",
    ),
    "quotes that nothing needs go": ("in: {a: 'int(1..)'}\ndo: 'return a'", "in: {a: int(1..)}\ndo: return a"),
    "quotes stay where YAML would split": ('topology:\n  return: {a: "[x, y]", b: "{c: d}"}', None),
    "double quotes unless they need escapes": (
        'topology:\n  return: {a: \'[x]\', b: "x[\\"k\\"]"}',
        'topology:\n  return: {a: "[x]", b: \'x["k"]\'}',
    ),
    "a text in quotes keeps both pairs": ("topology:\n  return: {kind: \"'card'\"}", None),
    "a version stays text": ("do: return f(v='1.10')", None),
    "a colon needs quotes": ("topology:\n  a: 'f(x={y:  z})'", 'topology:\n  a: "f(x={y: z})"'),
    "a block of one line goes to its key": ("topology:\n  a: |-\n    f(x)", "topology:\n  a: f(x)"),
    "a block of one line stays where that needs quotes": ("topology:\n  a: |-\n    f(x={y: z})", None),
    "folded and indented blocks become literal ones": (
        "do: |2-\n    x = 1\n    return x",
        "do: |\n  x = 1\n  return x",
    ),
    "several statements in quotes become a block": ('do: "x=1\\nreturn x"', "do: |\n  x = 1\n  return x"),
    "a script of one line stays beside its key": ("do: return   1", "do: return 1"),
    "a script in a block stays one": ("do: |\n  return 1", None),
    "blocks of one line get lines of their own": (
        "do: |\n  if x: pass  # c\n  else: return",
        "do: |\n  if x:\n    pass  # c\n  else:\n    return",
    ),
    "one blank line stays one, none at a block's start": (
        "do: |\n\n  x = 1\n\n\n  if x:\n\n    pass\n\n  # c\n  return",
        "do: |\n  x = 1\n\n  if x:\n    pass\n\n  # c\n  return",
    ),
    "parentheses around operands are the author's, others go": (
        "do: |\n  x = ((a ?? 0) * 2) + f((b))\n  while (x): pass",
        "do: |\n  x = ((a ?? 0) * 2) + f(b)\n  while x:\n    pass",
    ),
    "literals keep their spelling": (
        "do: |\n  return [1_000, 1.50, 'a', \"b\", 90s, f'{ x }', r['k'], {'k': 1}]",
        None,
    ),
    "clauses have an order": (
        "topology:\n  a: f(x) undo g(it) after b when c",
        "topology:\n  a: f(x) when c after b undo g(it)",
    ),
    "values in one column stay in one": ("topology:\n  a:      f()\n  long:   g()\n  return: a", None),
    "values in several columns do not": (
        "topology:\n  a:    f()\n  long:   g()",
        "topology:\n  a: f()\n  long: g()",
    ),
    "a column moves with the longest key": (
        "topology:\n  a:       f()\n  long:    g()",
        "topology:\n  a:    f()\n  long: g()",
    ),
    "comments behind lines in one column stay in one": (
        "do: |\n  x = 1       # a\n  yy = 2      # b\n  return x   # c",
        "do: |\n  x = 1   # a\n  yy = 2  # b\n  return x  # c",
    ),
    "a last comma on its line keeps a bracket open": ("do: |\n  return [\n    1,\n  ]", None),
    "a comma elsewhere does not": ("do: |\n  return [\n    1, 2,]", "do: |\n  return [1, 2]"),
    "comments between arguments stay": (
        "do: |\n  f(a=1, # one\n    # two\n    b=2)",
        "do: |\n  f(\n    a=1,  # one\n    # two\n    b=2,\n  )",
    ),
    "a statement with a comment in an expression stays": ("do: |\n  x = (a +  # c\n       b  *2)", None),
    "a comment at the end of a block goes with its column": (
        "do: |\n  if x:\n      pass\n      # inner\n  # outer\n  return",
        "do: |\n  if x:\n    pass\n    # inner\n  # outer\n  return",
    ),
    "a flow collection with comments becomes a block": (
        "in: {a: int,  # one\n    # two\n    b: int}  # all\ndo: pass",
        "in:  # all\n  a: int  # one\n  # two\n  b: int\ndo: pass",
    ),
    "a list is deeper than its key": ("errors:\n- E  # c\n# d\ndo: pass", "errors:\n  - E  # c\n# d\ndo: pass"),
    "other text keeps its lines": (
        "description: >\n     one\n       two\n\n     three\ndo: pass",
        "description: >\n  one\n    two\n\n  three\ndo: pass",
    ),
    "other quotes stay": ("description: 'a'\ndo: pass", None),
    "a long line breaks in its brackets": (
        f"do: |\n  receipt = charge(order=order, total={'x' * 60}, currency={'y' * 40})",
        f"do: |\n  receipt = charge(\n    order=order,\n    total={'x' * 60},\n    currency={'y' * 40},\n  )",
    ),
    "a long condition gets parentheses": (
        f"do: |\n  if {'x' * 60} and {'y' * 60}:\n    pass",
        f"do: |\n  if (\n    {'x' * 60}\n    and {'y' * 60}\n  ):\n    pass",
    ),
    "a long flow becomes a block with its clauses below": (
        f"topology:\n  a: f({'x' * 60}) when {'y' * 60} after b",
        f"topology:\n  a: |-\n    f({'x' * 60})\n      when {'y' * 60}\n      after b",
    ),
    "a long flow collection becomes a block": (
        f"in: {{{'x' * 60}: int, {'y' * 60}: int}}\ndo: pass",
        f"in:\n  {'x' * 60}: int\n  {'y' * 60}: int\ndo: pass",
    ),
    "what cannot be broken is longer than a line": (f"do: return {'x' * 130}", None),
}


@pytest.mark.parametrize("case", CELLS)
def test_the_form_of(case: str) -> None:
    written, expected = CELLS[case]
    assert of_cell(written) == (expected or written) + "\n"


FILES = {
    "a missing last line break is added": ("cellc: 1\ntypes: {}", "cellc: 1\ntypes: {}\n"),
    "blank lines at the ends go": ("\n\ncellc: 1\n\n\n", "cellc: 1\n"),
    "CRLF stays": ("cellc:  1\r\ntypes:\r\n    A: int", "cellc: 1\r\ntypes:\r\n  A: int\r\n"),
    "the first line break decides": ("cellc: 1\ntypes:\r\n  A: int\r\n", "cellc: 1\ntypes:\n  A: int\n"),
    "a lone CR becomes LF": ("cellc: 1\rtypes: {}\r", "cellc: 1\ntypes: {}\n"),
    "a byte order mark stays": ("\ufeffcellc:  1\n", "\ufeffcellc: 1\n"),
    "the document's marks stay": ("--- # c\ncellc:  1\n...\n", "---  # c\ncellc: 1\n...\n"),
    "tabs between words become spaces": (
        "cellc: 1\ncells:\n  a:\n    do: |\n      x\t=\t1\t# c\td\n      return 'a\tb'\n",
        "cellc: 1\ncells:\n  a:\n    do: |\n      x = 1  # c\td\n      return 'a\tb'\n",
    ),
    "text without a last line break stays without": (
        "cellc: 1\ndescription: |\n  a",
        "cellc: 1\ndescription: |-\n  a\n",
    ),
    "letters are letters": ("cellc: 1\ndescription:  größe 😀\n", "cellc: 1\ndescription: größe 😀\n"),
    "holes are formatted, text is not": (
        "cellc: 1\neffects:\n  e: {with: {a: \"${ x+1 }  a+b $${ x }\", b: '5'}}\n",
        "cellc: 1\neffects:\n  e: {with: {a: \"${x + 1}  a+b $${ x }\", b: '5'}}\n",
    ),
    "characters that only escapes can hold stay escapes": (
        "cellc: 1\ncells:\n  a:\n    do: \"return  '\\u2028'\"\n",
        "cellc: 1\ncells:\n  a:\n    do: \"return  '\\u2028'\"\n",
    ),
}


@pytest.mark.parametrize("case", FILES)
def test_the_form_of_a_file(case: str) -> None:
    written, expected = FILES[case]
    assert formatted(written) == expected
    assert formatted(expected) == expected


@pytest.mark.parametrize(
    "text", ["", "cellc: 1\ncells: {a: [}\n", "cellc: 1\ncells:\n  a:\n    do: x +\n", "cellc: 2\n"]
)
def test_what_does_not_read_has_no_form(text: str) -> None:
    assert formatted(text) is None
