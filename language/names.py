"""What may be a name in the Cell language."""

import re
from typing import Final

_RESERVED = (
    "and or not in is if elif else for while break continue match case try except as raise return pass commit "
    "true false null it within undo when after"
)
RESERVED: Final = frozenset(_RESERVED.split())
"""Words that cannot be variables, nodes, cells or parts of an effect's name. All may be fields, keys and arguments."""

COMBINATORS: Final = ("par", "race", "quorum")
"""What holds several calls in flight; their arguments are calls that may have clauses."""

FOREIGN: Final = {"None": ("null", None), "True": ("true", True), "False": ("false", False)}
"""Python's words for values: how they are written here, and the value."""

IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
"""What one name looks like, from its first character to its last."""


def why_not(name: str) -> str:
    """Return why `name` cannot be a variable, node, cell or declared name; empty when it can."""
    if name in RESERVED:
        return "it is a word of the language"
    if not IDENTIFIER.match(name):
        return "a name is a letter or `_`, then letters, digits and `_`"
    return ""
