"""From the grammar's files to the tables of `lalr.py`: the only module that knows the parsing library.

The four files are one grammar. Making its tables takes longer than a small check; whoever starts many processes keeps
them (`parser.tables`), and this module is then not even imported.
"""

from collections.abc import Sequence
from typing import Any, Final

import lark
from lark.grammar import Rule as LibraryRule
from lark.parsers.lalr_analysis import Shift

from cellc.language.lalr import Rule, Tables, Terminal

_NAME: Final = "NAME"
_ANYWHERE: Final = "_NL"


class _Marks:
    """Tells the library that line breaks are accepted in every state."""

    always_accept = (_ANYWHERE,)

    def process(self, stream: Any) -> Any:
        """Return the words as they are; the library asks for this method."""
        return stream


def make_tables(grammar: str, starts: Sequence[str]) -> Tables:
    """Return the tables of `grammar` for these start rules."""
    parser: Any = lark.Lark(grammar, parser="lalr", start=list(starts), maybe_placeholders=False, postlex=_Marks())
    table = parser.parser.parser._parse_table  # noqa: SLF001 -- the library shows its tables in no other way
    rules = list({arg: None for row in table.states.values() for action, arg in row.values() if action is not Shift})
    number = {rule: index for index, rule in enumerate(rules)}
    assert sorted(table.states) == list(range(len(table.states)))  # noqa: S101 -- states are numbers, from 0
    rows = [table.states[state] for state in range(len(table.states))]
    return Tables(
        states=[{str(s): arg if action is Shift else ~number[arg] for s, (action, arg) in row.items()} for row in rows],
        starts={start: (table.start_states[start], table.end_states[start]) for start in starts},
        rules=[_rule(rule) for rule in rules],
        terminals=_terminals(parser),
        name=_NAME,
        words={
            t.pattern.value: t.name for t in parser.terminals if t.pattern.type == "str" and t.pattern.value.isalpha()
        },
        skipped=[parser.get_terminal(name).pattern.to_regexp() for name in parser.ignore_tokens],
        anywhere=[_ANYWHERE],
    )


def _rule(rule: LibraryRule) -> Rule:
    """Return a rule as the library would build its trees: words without a meaning dropped, `_rules` taken out."""
    kept: list[tuple[int, bool]] = []
    for index, part in enumerate(rule.expansion):
        symbol: Any = part
        if not symbol.is_term:
            kept.append((index, symbol.name.startswith("_")))
        elif not symbol.filter_out or rule.options.keep_all_tokens:
            kept.append((index, False))
    origin = str(rule.origin.name)
    single = bool(rule.options.expand1) and not rule.alias
    built = not origin.startswith("_") and not (single and kept == [(kept[0][0], False)])
    return Rule(len(rule.expansion), origin, str(rule.alias or origin) if built else "", tuple(kept), single)


def _terminals(parser: Any) -> list[Terminal]:
    """Return the kinds of word in the library's order: by priority, then the longest first."""
    found = [t for t in parser.terminals if t.name not in parser.ignore_tokens]
    found.sort(key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name))
    return [Terminal(str(t.name), t.pattern.to_regexp(), t.priority > 0) for t in found]
