r"""What people write by habit from Python, JavaScript or YAML, and what we say about it: a table, tried from the top.

An entry fits where its `before` ends the text up to the place that does not parse (in a script: of that line) and its
`at` begins the text there. `reason` and `hint` may use the named groups of both and `{word}`, the word that cannot
stand there. What is underlined runs from the group `mark` of `before`, else from the word, to the end of `at`, else
of the word; or it is the group `only` of `before`. `fix` is what to put there instead, where that is certain to be
meant: an entry that is certain in some texts only stands before one for all of them. `grammar/malformed/` pairs
snippets with the messages they give; a test proves each, and that each entry has one.
"""

from dataclasses import dataclass
from typing import Final

from cellc.language.names import RESERVED


@dataclass(frozen=True, slots=True)
class Habit:
    """One entry; see the module's docstring.

    `kinds` of the word, the text's kind `where`, and a kind of word that `needs` to be possible there narrow it.
    """

    name: str
    reason: str
    hint: str = ""
    before: str = ""
    at: str = ""
    kinds: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    needs: str = ""
    fix: str | None = None


_NAME = r"[A-Za-z_]\w*"
_PATH = rf"{_NAME}(?:\.{_NAME})*"
_WORD = "(?:" + "|".join(sorted(RESERVED)) + ")"
_ASSIGN = "=(?![=>])"
_STARTS_WORD = r"(?:^|[^\w.])"
_TEXTS = ("STRING", "FORMAT")
_VALUE_TEXTS = ("expression", "line", "script", "format")
_OPERAND = r"(?:[\w.]+|\"[^\"\\]*\"|'[^'\\]*')(?:\([^()]*\))?"
_LINE_END = r"[ \t]*(?:#.*)?(?:\n|\Z)"
_VALUES = (*_TEXTS, "NAME", "NUMBER", "DURATION", "TRUE", "FALSE", "NULL", "LBRACE")
_BLOCK_START = r"^\s*(?P<opener>if|elif|else|for|while|match|case|try|except)\b"
_BLOCK = _BLOCK_START + ".*"

BEFORE_BRACKETS: Final = (
    Habit("brace-block", "blocks have no braces", "end the line with `:` and indent the block",
          before=_BLOCK, at=r"\{\s*(?:\n|\Z)", where=("script",)),
    Habit("prefixed-text", "`{mark}` before a text is not in the language", "a backslash in a text is written twice",
          before=r"(?:^|\W)(?P<mark>[rRbBuUF]|[rRbBfF]{2})", kinds=(*_TEXTS, "?"), at="[\"']"),
    Habit("open-text", "this text has no closing quote", "close it in the same line", kinds=("?",), at="[\"'].*"),
)  # fmt: skip
"""Entries that explain why brackets do not match."""

_LAYOUT: Final = (
    Habit("missing-indentation", "this line must be indented", "a block stands deeper than the line with its `:`",
          kinds=("NAME", "IF", "FOR", "TRY", "RETURN", "RAISE", "PASS", "WHILE", "MATCH"), needs="_INDENT"),
    Habit("empty-block", "the block after `:` is empty", "write `pass` to do nothing", needs="_INDENT"),
    Habit("continued-line", "a statement goes on below only inside brackets", "put the whole of it in `( )`",
          at=r"(?:[-+*/%.?<>=]|and\b|or\b|if\b|else\b).*", kinds=("_INDENT",)),
    Habit("unexpected-indentation", "this line is indented, but the line above opens no block",
          "give it the indentation of the line above", kinds=("_INDENT",)),
    Habit("else-if", "`else if` is written `elif`", before=r"(?P<mark>else)\s*", at=r"if\b", where=("script",),
          fix="elif"),
    Habit("missing-colon", "`{opener}` needs a `:` at the end of its line", before=_BLOCK_START + "[^#]*",
          kinds=("_NL", "$END"), needs="COLON", where=("script",), fix=":"),
    Habit("missing-colon", "`{opener}` needs a `:` at the end of its line", before=_BLOCK,
          kinds=("_NL", "$END"), needs="COLON", where=("script",)),
    Habit("finally", "`finally` is not in the language", "`undo` after a call says how it is taken back",
          at=r"finally\b", where=("script",)),
    Habit("try-alone", "a `try` needs an `except` with the errors that it handles", needs="EXCEPT"),
    Habit("bare-except", "`except` needs the errors that it handles", "name them, as in `except Declined as e:`",
          before=r"^\s*(?P<only>except)\s*", at=":"),
    Habit("except-brackets", "the errors of an `except` have no brackets", "write `except A, B as e:`",
          before=r"^\s*except\s*", at=r"\("),
    Habit("case-condition", "a case has no condition", "test inside its block: `if ...:`",
          before=r"^\s*case\b.+", at=r"if\b", where=("script",)),
    Habit("case-list", "a case takes one type", "join them by `|`: `case 'a' | 'b':`", before=r"^\s*case\b.+",
          at=r",(?=\s*[\w'\"])", where=("script",), fix=" |"),
    Habit("case-default", "`{other}:` is written `case _:`", before=r"^\s*", needs="CASE", where=("script",),
          at=r"(?P<other>default|else|otherwise)\s*:", fix="case _:"),
    Habit("lonely-branch", "`{only}` does not follow a block that it belongs to",
          "give it the indentation of that block's first line", before=r"^\s*(?P<only>elif|else|except|case)\b.*",
          where=("script",)),
)  # fmt: skip

_ASSIGNMENT: Final = (
    Habit("reserved-target", "`{only}` is a word of the language", "choose another name",
          before=rf"^\s*(?P<only>{_WORD})\s*", at=_ASSIGN),
    Habit("augmented-assignment", "`{mark}=` is not in the language", "write `{name} = {name} {mark} ...`",
          before=rf"^\s*(?P<name>{_NAME})\s*(?P<mark>\*\*|//|\?\?|[-+*/%])",
          at=rf"{_ASSIGN}(?=\s*{_OPERAND}{_LINE_END})", where=("script",), fix="= {name} {mark}"),
    Habit("augmented-assignment", "`{mark}=` is not in the language", "write `{name} = {name} {mark} ...`",
          before=rf"(?P<name>{_PATH})\s*(?P<mark>\*\*|//|\?\?|[-+*/%])", at=_ASSIGN),
    Habit("increment", "`{mark}` is not in the language", "write `{name} = {name} {op}{op2} 1`",
          before=rf"^\s*(?P<name>{_NAME})(?P<mark>\+(?P<op>\+)|-(?P<op2>-))", kinds=("_NL", "$END"),
          where=("script",), fix=" = {name} {op}{op2} 1"),
    Habit("increment", "`{mark}` is not in the language", "write `{name} = {name} {op}{op2} 1`",
          before=rf"(?P<name>{_PATH})(?P<mark>\+(?P<op>\+)|-(?P<op2>-))", kinds=("_NL", "$END")),
    Habit("strict-equality", "`{mark}=` is written `{mark}`", before=r"(?P<mark>[=!]=)", at="=(?!=)",
          fix="{mark}"),
    Habit("strict-equality", "`{mark}=` is written `{mark}`", before=r"(?P<mark>[=!]=)", at="="),
    Habit("walrus", "a name gets its value by `=` alone", before=rf"^\s*{_NAME}\s*(?P<mark>:)", at=_ASSIGN,
          where=("script",), fix="="),
    Habit("walrus", "a name gets its value by `=` alone", before=r"(?P<mark>:)", at=_ASSIGN),
    Habit("item-assignment", "a value cannot be changed in place",
          "make a new one: `{name} = put({name}, {key}, ...)`",
          before=rf"^\s*(?P<mark>(?P<name>{_PATH})\[(?P<key>[^\[\]]+)\]\s*)", at=_ASSIGN, where=("script",)),
    Habit("field-assignment", "a value cannot be changed in place",
          "make a new one: `{name} = merge({name}, {{{field}: ...}})`",
          before=rf"^\s*(?P<mark>(?P<name>{_PATH})\.(?P<field>{_NAME})\s*)", at=_ASSIGN, where=("script",)),
    Habit("several-targets", "a statement gives a value to one name", "write one line for each name",
          before=rf"^\s*(?P<mark>{_NAME}\s*)", at=rf",\s*{_NAME}[^=\n]*=", where=("script",)),
    Habit("chained-assignment", "a statement gives a value to one name", "to compare, write `==`",
          before=rf"^\s*{_NAME}\s*(?::[^=]*)?=\s*{_PATH}\s*", at=_ASSIGN, where=("script",)),
    Habit("declaration-word", "`{only}` is not needed", "a name is there from its first `=`",
          before=r"^\s*(?P<only>let|const|var|val|auto)\s+", kinds=("NAME",), where=("script",), fix=""),
    Habit("node-assignment", "a node gets its name from its YAML key", "write `{name}: ...`",
          before=rf"^\s*(?P<mark>(?P<name>{_NAME})\s*)", at=_ASSIGN, where=("line",)),
    Habit("single-equals", "`=` does not compare", "write `==`", at=_ASSIGN, where=("expression", "line", "script"),
          fix="=="),
)  # fmt: skip

_WORDS: Final = (
    Habit("lambda", "`lambda` is not in the language", "`by=` takes an expression over `it`: `sorted(xs, by=it.price)`",
          before=_STARTS_WORD + r"(?P<only>lambda)\b\s*"),
    Habit("arrow-function", "`=>` is not in the language", "`by=` takes an expression over `it`", at="=>"),
    Habit("arrow-function", "`=>` is not in the language", "`by=` takes an expression over `it`", before="(?P<mark>=)",
          at=">"),
    Habit("definition", "`{only}` is not in the language", "write another cell under `cells:` and call it",
          before=_STARTS_WORD + r"(?P<only>def|class|function|fn)\s+"),
    Habit("import", "`{only}` is not in the language", "name the other module under `use:`",
          before=r"^\s*(?P<only>import|from|require)\s+"),
    Habit("with", "`with` is not in a script", "there is nothing to close: handlers perform the effects",
          before=r"^\s*(?P<only>with)\s+"),
    Habit("await", "`{only}` is not needed", "a call waits for its result; `par(...)` runs several at once",
          before=_STARTS_WORD + r"(?P<only>async|await)\s+", fix=""),
    Habit("print", "`{only}` is not in the language", "write `log.info(message=...)` and list it under `effects:`",
          before=r"^\s*(?P<only>print|echo|puts)\s+"),
    Habit("loop-in-line", "a topology has no loops", "write `par(f(x) for x in xs, limit=10)`",
          before=r"^\s*(?P<only>for)\s+", kinds=("NAME",), where=("line",)),
    Habit("return-in-line", "a node has no `return`", "the output stands beside the nodes, under `return:`",
          before=r"^\s*(?P<only>return)\s+", where=("line",)),
    Habit("other-word", "`{only}` is not in the language",
          before=_STARTS_WORD + r"(?P<only>yield|del|global|nonlocal|assert|throw|new|switch|unless|until|loop|do)\s+",
          kinds=("NAME", "STRING", "NUMBER", "LPAR")),
    Habit("if-in-line", "`if` needs an `else`", "a node is skipped by `when`: `f(x) when c`",
          before=r".*\sif\s.*", kinds=("$END",), needs="ELSE", where=("line",)),
    Habit("if-without-else", "`if` needs an `else` in an expression", before=r".*\sif\s.*", needs="ELSE"),
    Habit("after-call", "`after` takes the names of nodes", before=rf"\bafter\s+{_NAME}(?:\s*,\s*{_NAME})*\s*",
          at=r"[(.]", where=("line",)),
    Habit("misread-word", "`{only}` is a word of the language and cannot stand here",
          before=_STARTS_WORD + rf"(?P<only>{_WORD})\s+", kinds=_VALUES),
    Habit("clause-word", "`{word}` belongs after a call, at the end of its line",
          kinds=("WHEN", "AFTER", "WITHIN", "UNDO")),
    Habit("misplaced-word", "`{word}` is a word of the language and cannot stand here",
          kinds=("IF", "ELSE", "ELIF", "FOR", "WHILE", "MATCH", "TRY", "EXCEPT", "RETURN", "RAISE", "PASS", "BREAK",
                 "CONTINUE", "COMMIT", "IN", "IS", "AS", "AND", "OR", "CASE")),
)  # fmt: skip

_SIGNS: Final = (
    Habit("and-sign", "`{sign}` is written `and`", at="(?P<sign>&&)", where=_VALUE_TEXTS, fix="and"),
    Habit("and-sign", "`{sign}` is written `and`", at="(?P<sign>&&?)", where=_VALUE_TEXTS),
    Habit("or-sign", "`{sign}` is written `or`", at=r"(?P<sign>\|\|)", where=_VALUE_TEXTS, fix="or"),
    Habit("or-bar", "`|` stands between types only", "between conditions write `or`", at=r"\|",
          where=_VALUE_TEXTS),
    Habit("not-sign", "`!` is written `not`", at=rf"!(?={_OPERAND}\s*(?:[:&|)]|and\b|or\b|if\b|else\b|{_LINE_END}))",
          where=("expression", "line", "script"), fix="not"),
    Habit("not-sign", "`!` is written `not`", at="!(?!=)", where=("expression", "line", "script")),
    Habit("diamond", "`<>` is written `!=`", before="(?P<mark><)", at=">", fix="!="),
    Habit("arrow", "`->` belongs to a pipeline, which is a topology in one line", before="(?P<mark>-)", at=">"),
    Habit("semicolon", "a statement ends with its line", "delete the `;`", at=rf";(?={_LINE_END})", fix=""),
    Habit("semicolon", "a statement ends with its line", "delete the `;`", at=";"),
    Habit("optional-chaining", "`?.` is not in the language", "test first: `x.y if x != null else null`", at=r"\?\."),
    Habit("question", "`c ? a : b` is written `a if c else b`", at=r"\?", where=("expression", "line", "script")),
    Habit("dollar", "names are written as they are", "`${{...}}` belongs to the templates under `with:`", at=r"\$\{?"),
    Habit("backtick", "a text stands in single or double quotes", at="`"),
    Habit("backslash", "a line is not continued by `\\`", "it goes on below inside brackets", at=r"\\"),
    Habit("spread-list", "a list cannot be spread into arguments", "name each argument; `**r` spreads a record",
          before=r"[(,]\s*", at=r"\*(?!\*)"),
    Habit("spread-record", "`{sign}` cannot stand in a record or list", "join records by `merge(a, b)`, lists by `+`",
          before=r"[\[{,]\s*", at=r"(?P<sign>\*\*?|\.\.\.?)"),
    Habit("call-colon", "arguments are named by `=`", "write `{name}=...`",
          before=rf"{_NAME}\((?:.*,)?\s*(?P<name>{_NAME})\s*", at=":", where=_VALUE_TEXTS,
          fix="="),
    Habit("slice-step", "a slice has no step", "write `reversed(xs[a:b])` or a comprehension", before=r"\[.*:.*",
          at=":", needs="RSQB"),
    Habit("format-spec", "an f-string has no formats", "write a call: `{{format(x, ...)}}`", at="[:!=]",
          where=("format",)),
    Habit("tuple", "there are no tuples", "write a list: `[a, b]`", before=r"\(.*", at=",", needs="RPAR",
          where=_VALUE_TEXTS),
    Habit("bare-list", "a list stands in brackets", "write `[a, b]`", at=",", where=("expression", "line", "script")),
)  # fmt: skip

_LITERALS: Final = (
    Habit("other-letters", "names are of ASCII letters, digits and `_`", "other characters stand inside quotes",
          before=rf"(?:(?<!\w)(?P<mark>{_NAME}))?", at=r"[^\x00-\x7f]\w*", kinds=("?",)),
    Habit("two-texts", "two texts stand side by side", "join them by `+`", before="[\"']\\s*", kinds=_TEXTS),
    Habit("odd-number", "`{number}` is neither a number nor a duration",
          "a duration has one number and one unit: `90s`",
          kinds=("?",), at=r"(?P<number>\d[\w.]*)"),
    Habit("bare-fraction", "a number starts with a digit", "write `0{number}`", at=r"(?P<number>\.\d+)",
          where=_VALUE_TEXTS, fix="0{number}"),
    Habit("bare-fraction", "a number starts with a digit", "write `0{number}`", at=r"(?P<number>\.\d+)"),
    Habit("format-quote", "this f-string ends at its own quote", "use the other quote inside it",
          before=r"(?P<only>f(?:\"[^\"]*\{[^\"}]*\"|'[^']*\{[^'}]*'))\s*", kinds=_VALUES),
    Habit("missing-operator", "an operator or `,` is missing before `{word}`", before=r"[\w\"')\]}]\s*", kinds=_VALUES,
          where=_VALUE_TEXTS),
    Habit("missing-operand", "something must follow `{mark}`",
          before=r"(?:^|.*[^-+*/%<>=?!])(?P<mark>[-+*/%<>=?!]+)\s*",
          kinds=("_NL", "$END"), needs="NAME"),
    Habit("missing-operand-word", "something must follow `{mark}`",
          before=r"(?:^|\W)(?P<mark>and|or|not|in|is|as|if|else|for|raise|when|after|within|undo)\s*",
          kinds=("_NL", "$END")),
)  # fmt: skip

_TYPES: Final = (
    Habit("enum-comma", "the words of an `enum` are separated by `|`", "write `enum(a | b)`", before=r"enum\([^()]*",
          at=",", fix=" |"),
    Habit("map-comma", "`map` takes the type of its values only", "its keys are texts: `map(int)`",
          before=r"map\([^()]*", at=",", where=("type", "script")),
    Habit("bounds-comma", "bounds are written as a range", "as in `list(T 1..10)`, `int(1..10)`",
          before=r"\([^()]*", at=",", where=("type",)),
    Habit("three-dots", "a range is written with two dots", "at least 1 is `(1..)`, at least 0.5 is `(0.5..)`",
          before=r"(?P<mark>\.\.)", at=r"\.+", where=("type",)),
    Habit("bounds-dash", "a range is written with `..`", "write `{low}..{high}`",
          before=r"(?P<mark>(?P<low>\d+)\s*-\s*(?P<high>\d+))", at=r"(?=\))", where=("type",),
          fix="{low}..{high}"),
    Habit("bounds-name", "bounds are written as a range", "at most 80 is `(..80)`, at least 1 is `(1..)`",
          before=rf"\(\s*{_NAME}\s*", at="=", where=("type",)),
    Habit("array-suffix", "a list is written `[T]`", before=_PATH + r"\s*", at=r"\[\s*\]", where=("type",)),
    Habit("generic-brackets", "`{name}` takes no type in square brackets",
          "a list is `[T]`, a map `map(T)`, a value that may be null `T?`", before=rf"(?P<name>{_PATH})\s*", at=r"\[",
          where=("type",)),
    Habit("question-first", "`?` stands after the type", "write `T?`", at=r"\?", where=("type",)),
    Habit("open-pattern", "this regular expression has no closing `/`", "write `string(/.../)`", before=r"\(\s*",
          at="/.*", where=("type",)),
    Habit("type-semicolon", "the fields of a record are separated by `,`", before=r"\{.*", at=";"),
)  # fmt: skip

HABITS: Final = (*_TYPES, *_LAYOUT, *_ASSIGNMENT, *_WORDS, *_SIGNS, *_LITERALS)
"""All other entries, those for fewer cases first."""
